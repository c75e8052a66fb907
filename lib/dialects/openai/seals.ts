import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'

/**
 * First calls of the answers in the last loop of tools (what came before it needs no seals any more) that the client has handed
 * back without sealed reasoning, newest first. What is said right behind results (agents remind, or ask for a summary) ends no
 * loop: Anthropic and Bedrock get it in one message with them, and without the seal they refuse it or it is answered unthought.
 */
export function lostSeals(body: JsonObject): string[] {
  const newestFirst = listOf(body.messages).map(objectOf).toReversed()
  const isAside = ({ role }: JsonObject): boolean => role !== 'assistant' && role !== 'tool'
  const turnBefore = (at: number): Json | undefined => newestFirst.slice(at).find((one) => !isAside(one))?.role
  // A conversation that ends with the assistant, or without calls, is no loop.
  if (turnBefore(0) !== 'tool') return []
  const end = newestFirst.findIndex((message, at) => isAside(message) && turnBefore(at) !== 'tool')
  return (end < 0 ? newestFirst : newestFirst.slice(0, end)).flatMap((message) =>
    isSealed(message) ? [] : (firstCall(message) ?? []),
  )
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
