import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf, tryParseExact } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import type { ChatCall } from '../dialect.ts'
import { lastLoop, type Side } from '../tool-loop.ts'
import { plainId } from './names.ts'
import { tagged } from './signatures.ts'

/**
 * First calls of the answers in the last loop of tools that the client has handed back without sealed reasoning, newest first.
 * Some clients leave out a thinking block that has no text, and the seal goes with it.
 */
export const lostSeals = ({ messages }: JsonObject): string[] =>
  lastLoop(listOf(messages).map(objectOf), sideOf)
    .flatMap((message) => (isSealed(message) ? [] : (firstCall(message) ?? [])))
    .toReversed()

/** A message may hold results and words of the user's at once. */
function sideOf(message: JsonObject): Side {
  if (message.role === 'assistant') return 'answer'
  if (message.role === 'system') return 'aside'
  return holdsResult(message) ? 'result' : 'user'
}

/** Whether its last answer with calls came back sealed: what such a client gets needs not be kept for it. */
export function keepsSeals({ messages }: JsonObject): boolean {
  const last = listOf(messages)
    .map(objectOf)
    .findLast((message) => firstCall(message) !== undefined)
  return last !== undefined && isSealed(last)
}

/** The request as a client would have sent it that keeps what it gets. Numbers in the input of calls stay as they were written. */
export function withSeals(call: ChatCall, found: ReadonlyMap<string, JsonObject[]>): ChatCall {
  const sealed = (body: JsonObject): Json[] => listOf(body.messages).map((message) => withSeal(message, found))
  const messages = sealed(objectOf(tryParseExact(call.text)))
  return {
    ...call,
    body: { ...call.body, messages: sealed(call.body) },
    text: splice(call.text, { set: { messages } }),
  }
}

function withSeal(message: Json, found: ReadonlyMap<string, JsonObject[]>): Json {
  if (!isObject(message) || isSealed(message)) return message
  const details = found.get(firstCall(message) ?? '')
  if (!details) return message
  // Thoughts without a seal are those of the details, or nobody vouches for them.
  const rest = listOf(message.content).filter((block) => typeOf(block) !== 'thinking')
  return { ...message, content: [...details.map(blockOf), ...rest] }
}

function blockOf({ type, text, signature, data, format, id }: JsonObject): JsonObject {
  const of = typeof format === 'string' ? { format } : {}
  if (type === 'reasoning.encrypted') return { type: 'redacted_thinking', data: tagged(stringOf(data) ?? '', of) }
  const sealer = { ...of, ...(typeof id === 'string' && { callId: id }) }
  return { type: 'thinking', thinking: text ?? '', signature: tagged(stringOf(signature) ?? '', sealer) }
}

const typeOf = (block: Json): string => stringOf(objectOf(block).type) ?? ''

const holdsResult = ({ role, content }: JsonObject): boolean =>
  role === 'user' && listOf(content).some((block) => typeOf(block) === 'tool_result')

function firstCall({ role, content }: JsonObject): string | undefined {
  if (role !== 'assistant') return undefined
  const id = stringOf(objectOf(listOf(content).find((block) => typeOf(block) === 'tool_use')).id)
  return id === undefined ? undefined : plainId(id)
}

const isSealed = ({ content }: JsonObject): boolean =>
  listOf(content)
    .map(objectOf)
    .some(
      ({ type, signature, data }) =>
        (type === 'thinking' && Boolean(signature)) || (type === 'redacted_thinking' && Boolean(data)),
    )
