import type { ChatPart, FinishReason } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { failed, malformed } from '../broken-reply.ts'
import { logprobsPart } from '../logprobs.ts'
import { errorInside } from '../openai/failure.ts'
import { type CallText, callText } from './calls.ts'
import { citations } from './citations.ts'
import { usageOf } from './usage.ts'

/** A whole answer as parts: its contents, what they cite, what the model planned, and its calls. */
export function parseReply(body: Json): ChatPart[] {
  const reply = objectOf(body)
  const { message } = reply
  if (!isObject(message)) {
    const error = reply.message !== undefined || reply.error !== undefined
    return [failed(error ? errorInside(reply, false) : malformed('The provider answered without a message.'))]
  }
  const contents = listOf(message.content)
  const calls = listOf(message.tool_calls).filter(isObject)
  const texts = calls.map((call, at) => openCall(contents.length + at, call))
  const cites = citations()
  const citedIn = (block: number): ChatPart[] =>
    listOf(message.citations).flatMap((one) => (blockOf(one, contents) === block ? cites.parts(one, block) : []))
  return [
    startPart(reply),
    ...listOf(reply.logprobs).flatMap(likelyParts),
    ...contents.flatMap((content, block) => [...cites.note(contentParts(content, block)), ...citedIn(block)]),
    ...citedIn(contents.length),
    ...planParts(stringOf(message.tool_plan) ?? '', contents.length),
    ...texts.flatMap(({ parts }) => parts),
    ...usageParts(reply.usage),
    finishPart(
      stringOf(reply.finish_reason) ?? '',
      texts.map(({ call }) => call),
    ),
  ]
}

/** A call that stands whole, or begins. */
export function openCall(block: number, given: JsonObject): { call: CallText; parts: ChatPart[] } {
  const { name, arguments: args } = objectOf(given.function)
  const call = callText(block)
  const id = stringOf(given.id) || `call_${block}`
  const text = typeof args === 'string' ? args : isObject(args) ? JSON.stringify(args) : ''
  return { call, parts: [{ type: 'call', block, id, name: stringOf(name) ?? '' }, ...call.add(text)] }
}

export const startPart = ({ id }: JsonObject): ChatPart => ({
  type: 'start',
  ...(typeof id === 'string' && id !== '' ? { id } : {}),
})

/** Text or thinking, whole or a piece. */
export function contentParts(content: Json, block: number): ChatPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', block, text: content }]
  const { text, thinking } = objectOf(content)
  if (typeof thinking === 'string' && thinking !== '') return [{ type: 'reasoning', block, text: thinking }]
  return typeof text === 'string' && text !== '' ? [{ type: 'text', block, text }] : []
}

/** How likely a piece of text was, which may be of several tokens: as likely as all of them together. */
export function likelyParts(value: Json | undefined): ChatPart[] {
  const { text, logprobs } = objectOf(value)
  const numbers = listOf(logprobs).flatMap((one) => numberOf(one) ?? [])
  if (numbers.length === 0) return []
  return logprobsPart([{ token: text ?? '', logprob: numbers.reduce((sum, one) => sum + one) }])
}

/** Without its own word for it, a citation is of the last text. Of the plan it is where there are no contents, or none of that number. */
function blockOf(citation: Json, contents: readonly Json[]): number {
  const { content_index: index } = objectOf(citation)
  return Math.min(numberOf(index) ?? Math.max(0, contents.length - 1), contents.length)
}

/** What the model says it will do before it calls: no part of the answer, and paid for. */
export const planParts = (text: string, block: number): ChatPart[] =>
  text === ''
    ? []
    : [
        { type: 'hidden', bytes: Buffer.byteLength(text) },
        { type: 'other', block, value: { type: 'tool_plan', text } },
      ]

export function usageParts(reported: Json | undefined): ChatPart[] {
  const usage = usageOf(reported)
  return usage ? [{ type: 'usage', usage }] : []
}

const reasons: Record<string, FinishReason> = {
  MAX_TOKENS: 'length',
  ERROR_LIMIT: 'length',
  TOOL_CALL: 'tool_calls',
  ERROR_TOXIC: 'content_filter',
}
const gaveUp = new Set(['ERROR', 'TIMEOUT', 'USER_CANCEL'])

/** How the answer ended. A call whose arguments are no JSON cannot be made, unless it was cut: then the client is told why. */
export function finishPart(native: string, calls: readonly CallText[]): ChatPart {
  if (gaveUp.has(native)) {
    const message = 'The provider gave up in the middle of its answer.'
    return failed({ kind: native === 'TIMEOUT' ? 'timeout' : 'server', status: 500, message, mayHaveCost: true })
  }
  const reason = reasons[native] ?? 'stop'
  const cut = reason === 'length' || reason === 'content_filter'
  if (!cut && calls.some((call) => call.broken())) {
    return failed(malformed('The provider called a function with arguments that are not JSON.'))
  }
  return { type: 'finish', reason, native }
}
