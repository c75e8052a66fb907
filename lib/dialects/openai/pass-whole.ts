import type { Failure } from '../../core/failure.ts'
import { isObject, type Json, type JsonObject, listOf, stringOf, tryParse } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import { malformed } from '../broken-reply.ts'
import type { ExchangeOptions, Seen, WholeReply } from '../dialect.ts'
import { errorInside } from './failure.ts'
import { completed, withUsage } from './pass-gaps.ts'
import { callWatch } from './watch-calls.ts'
import { contentBytesOf } from './watch-content.ts'
import { isCredible, usageOf } from './watch-usage.ts'

export type ReadOptions = Pick<ExchangeOptions, 'publicModel' | 'dollars'>

/** Finish reasons that are no end of an answer: the host gave up. */
export const failingReasons: ReadonlySet<string> = new Set(['error', 'insufficient_system_resource', 'network_error'])

/** Whether a body with a 2xx status says that it is an error. */
export const saysError = (body: JsonObject): boolean =>
  body.object === 'error' || (Boolean(body.error) && !(isObject(body.error) && Object.keys(body.error).length === 0))

/** The JSON of a 2xx reply, or why it is none. A page of HTML was not billed by anyone; half a JSON may have been. */
export function parsedBody(body: Uint8Array): { text: string; json: JsonObject } | { failure: Failure } {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
  const json: Json | undefined = tryParse(text)
  if (Array.isArray(json) && isObject(json[0]) && saysError(json[0])) return { failure: errorInside(json, false) }
  if (!isObject(json)) {
    const mayHaveCost = !text.trimStart().startsWith('<')
    return { failure: malformed('The provider answered with something that is not JSON.', mayHaveCost) }
  }
  if (saysError(json)) return { failure: errorInside(json, false) }
  return { text, json }
}

/** A whole chat completion: its bytes as they came, but for the model's name and the cost. */
export function readWhole(body: Uint8Array, options: ReadOptions): WholeReply {
  const parsed = parsedBody(body)
  if ('failure' in parsed) return parsed
  const { text, json } = parsed
  const choices = listOf(json.choices).filter(isObject)
  const usage = usageOf(json)
  if (!choices.some(isAnswer)) {
    return { failure: malformed('The provider answered without a choice.', usage !== undefined) }
  }
  const seen = seenIn(json, choices)
  if (seen.finish !== undefined && failingReasons.has(seen.finish)) {
    const message = 'The provider gave up in the middle of its answer.'
    return { failure: { kind: 'server', status: 500, message, mayHaveCost: true } }
  }
  if (isCredible(usage, seen.contentBytes)) seen.usage = usage
  const half = halfCall(choices)
  if (half) return { failure: half, ...(seen.usage && { seen }) }
  return { body: edited(body, text, json, seen, options), seen }
}

/** Azure leaves the message out where its filter took all of an answer; that is an answer all the same, and is billed. */
export const isAnswer = ({ message, finish_reason: reason }: JsonObject): boolean =>
  isObject(message) || reason === 'content_filter'

/** Clients read the message of every choice, and the arguments of its calls as text. */
function withMessages(text: string, choices: Json | undefined): string {
  let out = text
  for (const [at, choice] of listOf(choices).entries()) {
    if (!isObject(choice) || !isAnswer(choice)) continue
    const place = ['choices', String(at)]
    const message = { role: 'assistant', content: null, refusal: null }
    if (isObject(choice.message)) out = completed(out, choice.message, [...place, 'message'])
    else out = splice(out, { set: { message } }, place)
  }
  return out
}

function halfCall(choices: readonly JsonObject[]): Failure | undefined {
  const calls = callWatch()
  for (const [index, { message, finish_reason: reason }] of choices.entries()) {
    if (isObject(message)) calls.sight(index, message)
    const failure = calls.failure(index, stringOf(reason) ?? '')
    if (failure) return failure
  }
  return undefined
}

function seenIn(json: JsonObject, choices: readonly JsonObject[]): Seen {
  const seen: Seen = { contentBytes: 0, contentEvents: 0 }
  const model = stringOf(json.model)
  const id = stringOf(json.id)
  if (model) seen.model = model
  const tier = stringOf(json.service_tier)
  if (id) seen.id = id
  if (tier) seen.tier = tier
  for (const choice of choices) {
    if (isObject(choice.message)) seen.contentBytes += contentBytesOf(choice.message)
    const reason = stringOf(choice.finish_reason)
    if (reason && (seen.finish === undefined || failingReasons.has(reason))) seen.finish = reason
  }
  if (seen.contentBytes > 0) seen.contentEvents = 1
  return seen
}

/** Also for other replies of this dialect: puts in the public model name, and the cost where a usage is. */
export function editedReply(text: string, json: JsonObject, seen: Seen, options: ReadOptions): string {
  const { publicModel } = options
  let out = text
  if (publicModel !== undefined && json.model !== publicModel) out = splice(out, { set: { model: publicModel } })
  const { usage } = seen
  if (!usage || !isObject(json.usage)) return out
  return withUsage(out, json.usage, { usage, cost: options.dollars(usage, seen) })
}

function edited(body: Uint8Array, ...rest: Parameters<typeof editedReply>): Uint8Array | string {
  const [text, json, ...others] = rest
  const out = editedReply(withMessages(text, json.choices), json, ...others)
  return out === text ? body : out
}
