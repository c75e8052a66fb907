import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'

/**
 * First calls of the answers in the last loop of tools (what came before it needs no seals any more) that the client has handed
 * back without sealed reasoning, newest first.
 */
export function lostSeals(body: JsonObject): string[] {
  const lost: string[] = []
  for (const message of listOf(body.messages).toReversed()) {
    if (!isObject(message) || (message.role !== 'assistant' && message.role !== 'tool')) break
    const id = isSealed(message) ? undefined : firstCall(message)
    if (id !== undefined) lost.push(id)
  }
  // A conversation that ends with the assistant, or without calls, is no loop.
  return objectOf(listOf(body.messages).at(-1)).role === 'tool' ? lost : []
}

/** The request as a client would have sent it that keeps what it gets. */
export function withSeals(body: JsonObject, found: ReadonlyMap<string, JsonObject[]>): JsonObject {
  const messages = listOf(body.messages).map((message): Json => {
    const id = isObject(message) && !isSealed(message) ? firstCall(message) : undefined
    const details = id === undefined ? undefined : found.get(id)
    return details && isObject(message) ? { ...message, reasoning_details: details } : message
  })
  return { ...body, messages }
}

const firstCall = (message: JsonObject): string | undefined =>
  message.role === 'assistant' ? stringOf(objectOf(listOf(message.tool_calls)[0]).id) : undefined

const isSealed = ({ reasoning_details: details, thinking_blocks: blocks }: JsonObject): boolean =>
  [...listOf(details), ...listOf(blocks)].map(objectOf).some(({ signature, data }) => Boolean(signature ?? data))
