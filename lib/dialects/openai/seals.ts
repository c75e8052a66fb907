import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { lastLoop, type Side } from '../tool-loop.ts'

/** First calls of the answers in the last loop of tools that the client has handed back without sealed reasoning, newest first. */
export const lostSeals = ({ messages }: JsonObject): string[] =>
  lastLoop(listOf(messages).map(objectOf), sideOf)
    .flatMap((message) => (isSealed(message) ? [] : (firstCall(message) ?? [])))
    .toReversed()

const sideOf = ({ role }: JsonObject): Side => (role === 'assistant' ? 'answer' : role === 'tool' ? 'result' : 'user')

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
