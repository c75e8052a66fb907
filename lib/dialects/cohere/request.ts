import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { toolNames } from '../anthropic/names.ts'
import { withNames } from '../fit-names.ts'
import { inWords, unfenced } from '../format-words.ts'
import type { PartFilter, PrintedRequest, RequestOptions } from '../tongue.ts'
import { printMessages } from './messages.ts'
import { printRest } from './params.ts'
import { printThinking } from './thinking.ts'
import { printTools } from './tools.ts'

/** Hotter is not to be had: its scale ends here (Cohere's API reference). */
const hottest = 1
const mostStops = 5
/** Names of tools hold letters, digits and underscores, and do not begin with a digit (Cohere's reference of its errors). */
const illegalInNames = /^\d|[^a-zA-Z0-9_]/g
const longestName = 128

/** A request of Cohere's chat API. What cannot be said is named in `dropped`, or thrown (params.ts says which). */
export function printRequest(asked: ChatRequest, options: RequestOptions): PrintedRequest {
  const { native, dropParams, upstreamModel } = options
  const names = toolNames(longestName, illegalInNames)
  const told =
    asked.format !== undefined && (asked.tools.length > 0 || (asked.rest.documents ?? native.documents) !== undefined)
  const request = withNames(told ? inWords(asked) : asked, names)
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
  const restore = (): PartFilter => {
    const unwrap: PartFilter = told ? unfenced() : (part) => [part]
    return (part) => unwrap(part.type === 'call' ? { ...part, name: names.restore(part.name) } : part)
  }
  return { body, headers: {}, dropped, restore }
}

/** It cannot be asked for beside tools or documents (Cohere's reference): there it is told. */
function printFormat(format: ChatRequest['format']): JsonObject {
  if (format === undefined) return {}
  const schema = format.type === 'json_schema' ? { json_schema: format.schema } : {}
  return { response_format: { type: 'json_object', ...schema } }
}
