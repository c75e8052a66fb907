import { type Json, type JsonObject, listOf, objectOf, stringOf, tryParseExact } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import type { ChatCall } from '../dialect.ts'
import { lastLoop, type Side } from '../tool-loop.ts'
import { sealed } from './sealed.ts'

/**
 * First calls of the answers in the last loop of tools that the client has handed back without sealed reasoning, newest first.
 * Clients that neither have their turns stored nor ask for seals (`include`) leave their reasoning out.
 */
export function lostSeals({ input }: JsonObject): string[] {
  return answersIn(lastLoop(listOf(input ?? null).map(objectOf), sideOf))
    .flatMap(({ call, isSealed }) => (isSealed ? [] : (call ?? [])))
    .toReversed()
}

/** Whether its last answer with calls came back sealed: what such a client gets needs not be kept for it. */
export const keepsSeals = ({ input }: JsonObject): boolean =>
  answersIn(listOf(input ?? null).map(objectOf)).findLast(({ call }) => call !== undefined)?.isSealed === true

/** The request as a client would have sent it that keeps what it gets. */
export function withSeals(call: ChatCall, found: ReadonlyMap<string, JsonObject[]>): ChatCall {
  const whole = (body: JsonObject): Json[] => withItems(listOf(body.input), found)
  const input = whole(objectOf(tryParseExact(call.text)))
  return { ...call, body: { ...call.body, input: whole(call.body) }, text: splice(call.text, { set: { input } }) }
}

function withItems(values: readonly Json[], found: ReadonlyMap<string, JsonObject[]>): Json[] {
  const items = [...values]
  // From the end, so that places in front of an answer stay as they are.
  for (const { call, isSealed, start, end } of answersIn(values.map(objectOf)).toReversed()) {
    const details = isSealed ? undefined : found.get(call ?? '')
    // Thoughts without a seal are those of the details, or nobody vouches for them.
    const said = values.slice(start, end).filter((item) => objectOf(item).type !== 'reasoning')
    if (details) items.splice(start, end - start, ...details.map(itemOf), ...said)
  }
  return items
}

function itemOf({ type, text = '', signature, data, format, id }: JsonObject): JsonObject {
  const of = typeof format === 'string' ? { format } : {}
  const words = stringOf(text) ?? ''
  const seal =
    type === 'reasoning.encrypted'
      ? sealed({ data: stringOf(data) ?? '', ...of })
      : sealed({
          text: words,
          signature: stringOf(signature) ?? '',
          ...of,
          ...(typeof id === 'string' && { callId: id }),
        })
  const summary = words === '' ? [] : [{ type: 'summary_text', text: words }]
  return { type: 'reasoning', summary, encrypted_content: seal }
}

/** `start` and `end` are places in the input; `call` is its first call. */
type Answer = { call?: string; isSealed: boolean; start: number; end: number }

/** Answers with their places: items of the assistant's that stand together. */
function answersIn(items: readonly JsonObject[]): Answer[] {
  const answers: Answer[] = []
  for (const [at, item] of items.entries()) {
    if (sideOf(item) !== 'answer') continue
    let open = answers.at(-1)
    if (open?.end !== at) {
      open = { isSealed: false, start: at, end: at }
      answers.push(open)
    }
    open.end = at + 1
    open.isSealed ||= item.type === 'reasoning' && Boolean(item.encrypted_content)
    const id = isCall(item) ? stringOf(item.call_id) : undefined
    if (id !== undefined) open.call ??= id
  }
  return answers
}

const isCall = ({ type }: JsonObject): boolean => stringOf(type)?.endsWith('_call') === true

/** Whose an item is. What tells the model of tools and rules stands beside the conversation; a compaction begins it anew. */
function sideOf(item: JsonObject): Side {
  const type = stringOf(item.type) ?? 'message'
  if (type === 'message') return item.role === 'assistant' ? 'answer' : item.role === 'user' ? 'user' : 'aside'
  if (type === 'compaction') return 'end'
  if (type === 'reasoning' || isCall(item)) return 'answer'
  return typeof item.call_id === 'string' ? 'result' : 'aside'
}
