import { GatewayError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import { type Json, type JsonObject, stringOf } from '../core/json.ts'
import type { Exchange, ExchangeOptions, Seen, WholeReply } from './dialect.ts'
import { openaiFailure } from './openai/failure.ts'
import { withDefaults } from './openai/pass-body.ts'
import { isPrivate } from './openai/pass-private.ts'
import { plainRequestText } from './openai/pass-request.ts'
import { malformed } from './broken-reply.ts'
import { editedReply, parsedBody } from './openai/pass-whole.ts'
import { usageOf } from './openai/watch-usage.ts'
import { nothingSeen } from './seen.ts'
import { unsupported } from './unsupported.ts'

// What the endpoints other than chat have in common: one JSON request, one reply, in OpenAI's words for the client.

/** A client's request for one of them, checked for shape. */
export type PlainCall = { text: string; body: JsonObject; model: string }

/** A reply's headers, by lower-case names. */
export type ReplyHeaders = Record<string, string>

/** One such request in a provider's own words, and its reply in OpenAI's. */
export type Spoken = Partial<Pick<Exchange, 'headers' | 'path' | 'query' | 'failure' | 'pieces' | 'again'>> & {
  body: JsonObject | string
  dropped?: string[]
  read: (json: JsonObject, headers: ReplyHeaders) => { reply: JsonObject; seen: Seen } | { failure: Failure }
}

export type Speaker<Call> = (call: Call, options: ExchangeOptions) => Exchange

/** An exchange of a JSON request for a JSON reply that is written anew. */
export function exchangeOf(spoken: Spoken, options: ExchangeOptions): Exchange {
  const { body, dropped = [], headers = {}, read, ...rest } = spoken
  return {
    failure: failureOf(options),
    ...rest,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers,
    dropped,
    whole: (bytes, of = {}) => {
      const parsed = parsedBody(bytes)
      if ('failure' in parsed) return parsed
      const told = read(parsed.json, of)
      return 'failure' in told ? told : { body: JSON.stringify(told.reply), seen: told.seen }
    },
    stream: notStreamed,
  }
}

/** An exchange with a host of OpenAI's shape: the client's text, and the reply's, edited where they must be. */
export function passExchange(call: PlainCall, options: ExchangeOptions, look: Look): Exchange {
  return {
    ...plainRequestText(call.text, call.body, options),
    headers: {},
    whole: (bytes) => passWhole(bytes, options, look),
    stream: notStreamed,
    failure: failureOf(options),
  }
}

/** What a reply of OpenAI's shape shows beside its usage; `missing`: it is no answer. `edit` may change its text. */
export type Look = (json: JsonObject) => { seen?: Partial<Seen>; missing?: string; edit?: (text: string) => string }

export function passWhole(bytes: Uint8Array, options: ExchangeOptions, look: Look): WholeReply {
  const parsed = parsedBody(bytes)
  if ('failure' in parsed) return parsed
  const { text, json } = parsed
  const usage = usageOf(json)
  const { seen: more, missing, edit } = look(json)
  if (missing !== undefined) return { failure: malformed(missing, usage !== undefined) }
  const seen: Seen = { ...nothingSeen(), ...seenIn(json), ...more }
  if (seen.usage === undefined && usage && usage.prompt + usage.completion > 0) seen.usage = usage
  const out = editedReply(edit?.(text) ?? text, json, seen, options)
  return { body: out === text ? bytes : out, seen }
}

/** The provider's own names for the model and the answer. */
function seenIn(json: JsonObject): Pick<Seen, 'id' | 'model'> {
  const [id, model] = [stringOf(json.id), stringOf(json.model)]
  return { ...(id && { id }), ...(model && { model }) }
}

/** Reads an error in OpenAI's shape, or in none; hosts that send no `date` get ours, so that `retry-after` can be counted from it. */
export const failureOf =
  ({ now }: Pick<ExchangeOptions, 'now'>): Exchange['failure'] =>
  (status, headers, body) =>
    openaiFailure(status, { date: new Date(now).toUTCString(), ...headers }, body)

/** Whoever says that a request is not streamed is not asked for its stream. */
export function notStreamed(): never {
  throw new GatewayError('internal', { cause: 'this endpoint is not streamed' })
}

/** The request with the deployment's defaults, without what is for the gateway; `model` is the provider's name. */
export function effectiveBody(body: JsonObject, options: ExchangeOptions): JsonObject {
  const { additionalDropParams: left, params, upstreamModel } = options
  const all = Object.entries(withDefaults(body, params)).filter(([name]) => !isPrivate(name) && !left.includes(name))
  return { ...Object.fromEntries(all), model: upstreamModel }
}

/**
 * The members that stand beside the ones a shape has words for. `unknown`: names of OpenAI's that it has none for; they are
 * refused, or dropped and named where that is wanted. Names that are not OpenAI's are the provider's own and pass.
 */
export function besides(body: JsonObject, said: readonly string[], of: { unknown: readonly string[] } & Dropping) {
  const rest: JsonObject = {}
  const dropped: string[] = []
  for (const [name, value] of Object.entries(body)) {
    if (said.includes(name) || name === 'user' || name === 'metadata') continue
    if (!of.unknown.includes(name)) rest[name] = value
    else if (of.dropParams) dropped.push(name)
    else throw unsupported(name, value)
  }
  return { rest, dropped }
}
type Dropping = Pick<ExchangeOptions, 'dropParams'>

/** A number's or a text's name for where it stands, with what is there left out where there is nothing. */
export const given = (fields: Record<string, Json | undefined>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined))

/** A field as text: for addresses and forms, which know nothing else. */
export const plain = (value: Json | undefined): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)

/** Tokens of the prompt alone, as the provider counts them; undefined where it does not. */
export const promptUsage = (tokens: number | undefined) =>
  tokens === undefined || tokens <= 0 ? undefined : { prompt: Math.ceil(tokens), completion: 0 }
