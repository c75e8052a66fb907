import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import { type JsonObject, objectOf } from '../../core/json.ts'
import type { PrintedRequest, RequestOptions } from '../tongue.ts'
import { unsupported } from '../unsupported.ts'
import { printMessages } from './messages.ts'
import { sortParams } from './params.ts'

/**
 * A request of Ollama's chat API. Bounds and sampling are `options` there. `stream` is always said, because it is on where
 * nothing is said. What cannot be expressed is named in `dropped`, or thrown (params.ts says which).
 */
export function printRequest(request: ChatRequest, options: RequestOptions): PrintedRequest {
  const { dropParams, upstreamModel, native } = options
  const dropped: string[] = []
  const defaults = sortParams(native, { dropParams: true, dropped: [] })
  const given = sortParams(request.rest, { dropParams, dropped })
  if (request.user !== undefined) dropped.push('user')
  const printed = { ...defaults.options, ...given.options, ...sampling(request, options.outputCap) }
  const body: JsonObject = {
    ...defaults.top,
    ...given.top,
    model: upstreamModel,
    messages: printMessages(request.messages),
    ...printTools(request, dropParams, dropped),
    ...printThink(request, upstreamModel),
    ...printFormat(request.format),
    ...(Object.keys(printed).length === 0 ? {} : { options: printed }),
    stream: request.stream,
  }
  return { body, headers: {}, dropped, restore: () => (part) => [part] }
}

function sampling(
  { temperature, topP, topK, stop, maxTokens }: ChatRequest,
  outputCap: number | undefined,
): JsonObject {
  const cap = outputCap ?? maxTokens
  return {
    ...(cap === undefined ? {} : { num_predict: cap }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(stop === undefined ? {} : { stop }),
  }
}

function printFormat(format: ChatRequest['format']): JsonObject {
  if (format === undefined) return {}
  return { format: format.type === 'json_schema' ? format.schema : 'json' }
}

/** Models that think at levels; the others think, or do not. */
const levelled = /gpt-oss/
const levels: Record<string, string> = { minimal: 'low', low: 'low', medium: 'medium' }

function printThink({ reasoning }: ChatRequest, model: string): JsonObject {
  if (reasoning === undefined) return {}
  if (reasoning.off) return { think: false }
  const { effort } = reasoning
  return { think: levelled.test(model) && effort !== undefined ? (levels[effort] ?? 'high') : true }
}

/** The model always chooses by itself. That it may not call at all is said by offering nothing. */
function printTools(request: ChatRequest, dropParams: boolean, dropped: string[]): JsonObject {
  const { tools, toolChoice } = request
  if (request.hostedTools?.length) dropped.push('tools')
  if (tools.length === 0 || toolChoice === 'none') return {}
  const only = typeof toolChoice === 'object' ? toolChoice.name : undefined
  if (only !== undefined || toolChoice === 'required') {
    if (!dropParams) throw unsupported('tool_choice', toolChoice)
    dropped.push('tool_choice')
  }
  if (request.parallelToolCalls === false) dropped.push('parallel_tool_calls')
  if (tools.some((tool) => tool.strict === true)) dropped.push('tools.strict')
  return { tools: tools.filter((tool) => only === undefined || tool.name === only).map(printTool) }
}

const printTool = ({ name, description, parameters }: ChatTool): JsonObject => ({
  type: 'function',
  function: {
    name,
    description: description ?? '',
    parameters: { type: 'object', properties: {}, ...objectOf(parameters) },
  },
})
