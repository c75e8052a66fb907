import { isObject, type JsonObject, listOf, objectOf } from '../../core/json.ts'
import type { ReplyMeta } from '../tongue.ts'

export type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed'

/** A response with nothing in it yet. Every field of the API is there, because typed clients insist; most repeat the request. */
export function emptyResponse(meta: ReplyMeta, model: string, status: Status): JsonObject {
  const { request = {} } = meta
  const { effort, summary } = objectOf(request.reasoning)
  const { format, verbosity } = objectOf(request.text)
  return {
    id: meta.id,
    object: 'response',
    created_at: meta.created,
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    reasoning: { effort: effort ?? null, summary: summary ?? null },
    service_tier: 'default',
    store: request.store ?? true,
    temperature: request.temperature ?? null,
    text: {
      format: isObject(format) ? format : { type: 'text' },
      ...(verbosity === undefined ? {} : { verbosity }),
    },
    tool_choice: request.tool_choice ?? 'auto',
    tools: listOf(request.tools ?? []),
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? null,
    truncation: request.truncation ?? 'disabled',
    usage: null,
    user: request.user ?? null,
    metadata: objectOf(request.metadata),
  }
}

/** What no provider counted is nothing: clients that read counts cannot do without. */
export const noCounts: JsonObject = {
  input_tokens: 0,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: 0,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 0,
}
