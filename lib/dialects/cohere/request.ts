import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { PrintedRequest, RequestOptions } from '../tongue.ts'
import { printMessages } from './messages.ts'
import { printRest } from './params.ts'
import { printThinking } from './thinking.ts'
import { printTools } from './tools.ts'

/** Hotter is not to be had: its scale ends here (Cohere's API reference). */
const hottest = 1
const mostStops = 5

/** A request of Cohere's chat API. What cannot be said is named in `dropped`, or thrown (params.ts says which). */
export function printRequest(request: ChatRequest, options: RequestOptions): PrintedRequest {
  const { native, dropParams, upstreamModel } = options
  const dropped: string[] = []
  const cap = options.outputCap ?? request.maxTokens
  const { temperature, topP, topK, stop } = request
  const stops = stop?.slice(0, mostStops)
  if (stop && stop.length > mostStops) dropped.push('stop')
  // It has no word for who asks; that changes nothing in the answer.
  if (request.user !== undefined) dropped.push('user')
  const body: JsonObject = {
    ...native,
    ...printRest(request.rest, { dropParams, dropped }),
    model: upstreamModel,
    messages: printMessages(request.messages),
    ...printTools(request, dropped),
    ...printFormat(request.format),
    ...printThinking(request, { upstreamModel, cap }, dropped),
    ...(cap === undefined ? {} : { max_tokens: cap }),
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, hottest) }),
    ...(topP === undefined ? {} : { p: topP }),
    ...(topK === undefined ? {} : { k: topK }),
    ...(stops === undefined ? {} : { stop_sequences: stops }),
    stream: request.stream,
  }
  return { body, headers: {}, dropped, restore: () => (part) => [part] }
}

function printFormat(format: ChatRequest['format']): JsonObject {
  if (format === undefined) return {}
  const schema = format.type === 'json_schema' ? { json_schema: format.schema } : {}
  return { response_format: { type: 'json_object', ...schema } }
}
