import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { encodeSse } from '../../wire/sse.ts'
import type { ExchangeOptions, Seen } from '../dialect.ts'
import { printUsage } from './usage.ts'

/** The chunks of an answer that came whole: for each choice all of it, then its finish, then usage if it was asked for. */
export function chunksOfReply(
  body: Uint8Array | string,
  includeUsage: boolean,
): { bytes: Uint8Array[]; tail: Uint8Array[] } {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
  const { choices, usage, ...rest } = objectOf(tryParse(text))
  const chunk = (of: Json[], more: JsonObject = {}) =>
    encodeSse(JSON.stringify({ ...rest, object: 'chat.completion.chunk', choices: of, ...more }))
  const bytes: Uint8Array[] = []
  for (const [position, choice] of listOf(choices).entries()) {
    if (!isObject(choice)) continue
    const { message, finish_reason: reason, index = position, ...about } = choice
    const delta = deltaOf(objectOf(message))
    bytes.push(chunk([{ index, delta, finish_reason: null, ...about }]))
    // The document is whole, so the answer is: a host that names no reason has come to its end.
    const finish = stringOf(reason) || (delta.tool_calls === undefined ? 'stop' : 'tool_calls')
    bytes.push(chunk([{ index, delta: {}, finish_reason: finish }]))
  }
  const usageEvent = includeUsage && isObject(usage) ? [chunk([], { usage })] : []
  return { bytes, tail: [...usageEvent, encodeSse('[DONE]')] }
}

/** A message as one delta: calls get the index by which deltas of one call are put together. */
function deltaOf(message: JsonObject): JsonObject {
  const { tool_calls: calls, ...delta } = message
  if (!Array.isArray(calls) || calls.length === 0) return { role: 'assistant', ...delta }
  const indexed = calls.map((call, index) => (isObject(call) ? { ...call, index } : call))
  return { role: 'assistant', ...delta, tool_calls: indexed }
}

/** The usage event that the client asked for and the host gave elsewhere. */
export function usageChunk(seen: Seen, usage: Usage, options: ExchangeOptions): Uint8Array {
  return encodeSse(
    JSON.stringify({
      id: seen.id ?? `chatcmpl-${options.requestId}`,
      object: 'chat.completion.chunk',
      created: Math.floor(options.now / 1000),
      model: options.publicModel ?? seen.model ?? options.upstreamModel,
      choices: [],
      usage: printUsage(usage, (of) => options.dollars(of, seen)),
    }),
  )
}
