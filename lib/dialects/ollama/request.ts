import type { ChatRequest, ChatTool } from '../../core/chat.ts'
import { type JsonObject, objectOf, stringOf } from '../../core/json.ts'
import { type ForcedCall, forcedCall } from '../forced-call.ts'
import { inWords, unfenced } from '../format-words.ts'
import type { PrintedRequest, RequestOptions } from '../tongue.ts'
import { unsupported } from '../unsupported.ts'
import { printMessages } from './messages.ts'
import { sortParams } from './params.ts'

/**
 * A request of Ollama's chat API. Bounds and sampling are `options` there. `stream` is always said, because it is on where
 * nothing is said. What cannot be expressed is named in `dropped`, or thrown (params.ts says which).
 */
export function printRequest(asked: ChatRequest, options: RequestOptions): PrintedRequest {
  // A model that is held to a format cannot write a call: where it is free to, the format is told instead.
  const forced = forcedCall(asked)
  const told = asked.format !== undefined && asked.tools.length > 0 && !forced && asked.toolChoice !== 'none'
  const request = told ? inWords(asked) : asked
  const { dropParams, upstreamModel, native } = options
  const dropped: string[] = []
  const defaults = sortParams(native, { dropParams: true, dropped: [] })
  const given = sortParams(request.rest, { dropParams, dropped })
  if (request.user !== undefined) dropped.push('user')
  const printed = { ...defaults.options, ...given.options, ...sampling(request, options.outputCap) }
  const messages = printMessages(request.messages)
  const body: JsonObject = {
    ...defaults.top,
    ...given.top,
    model: upstreamModel,
    messages: forced ? instructed(messages, forced.words) : messages,
    ...printTools(request, { forced, dropParams }, dropped),
    ...printThink(request, upstreamModel),
    ...(forced ? { format: forced.schema } : printFormat(request.format)),
    ...(Object.keys(printed).length === 0 ? {} : { options: printed }),
    stream: request.stream,
  }
  return {
    body,
    headers: {},
    dropped,
    restore: () => forced?.restore(`call_${options.requestId}`) ?? (told ? unfenced() : (part) => [part]),
  }
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

/** Instructions stand in one message, first: templates of many models know no other place for them. */
function instructed(messages: readonly JsonObject[], words: string): JsonObject[] {
  const [first, ...others] = messages
  if (first?.role !== 'system') return [{ role: 'system', content: words }, ...messages]
  return [{ ...first, content: `${stringOf(first.content) ?? ''}\n\n${words}` }, ...others]
}

/**
 * The model always chooses by itself. That it may not call at all is said by offering nothing; a call that must be made is the
 * answer's format, because the server holds a model to that and to nothing else.
 */
function printTools(
  request: ChatRequest,
  { forced, dropParams }: { forced: ForcedCall | undefined; dropParams: boolean },
  dropped: string[],
): JsonObject {
  const { tools, toolChoice } = request
  if (request.hostedTools?.length) dropped.push('tools')
  if (tools.length === 0 || toolChoice === 'none' || forced) return {}
  if (toolChoice !== undefined && toolChoice !== 'auto') {
    if (!dropParams) throw unsupported('tool_choice', toolChoice)
    dropped.push('tool_choice')
  }
  if (request.parallelToolCalls === false) dropped.push('parallel_tool_calls')
  if (tools.some((tool) => tool.strict === true)) dropped.push('tools.strict')
  return { tools: tools.map(printTool) }
}

const printTool = ({ name, description, parameters }: ChatTool): JsonObject => ({
  type: 'function',
  function: {
    name,
    description: description ?? '',
    parameters: { type: 'object', properties: {}, ...objectOf(parameters) },
  },
})
