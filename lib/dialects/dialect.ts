import type { GatewayError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Units } from '../core/money.ts'
import type { FetchMedia } from '../core/ports.ts'
import type { Passes, Usage } from '../core/usage.ts'
import type { Framing } from '../wire/framing.ts'
import type { CacheTtl } from './cache-ttl.ts'
import type { Flags } from './flags.ts'
import type { AskedTier } from './service-tier.ts'
import type { StreamPrinter } from './stream-printer.ts'

/** What providers speak. */
export type DialectName = 'openai' | 'responses' | 'anthropic' | 'gemini' | 'converse' | 'cohere' | 'ollama'

/** Those whose providers seal reasoning, and want it back with the results of calls. */
export const sealingDialects: ReadonlySet<DialectName> = new Set(['responses', 'anthropic', 'gemini', 'converse'])

/** What clients speak. */
export type ClientDialect = 'openai' | 'responses' | 'anthropic'

/** A client's request as it came, checked for shape, before any deployment was chosen. */
export type ChatCall = {
  /** The body as received: same-dialect requests are patched in it. */
  text: string
  body: JsonObject
  model: string
  stream: boolean
  includeUsage: boolean
  /** Headers of the client that its dialect gives a meaning (versions, betas), by lower-case name. */
  headers?: Record<string, string>
}

/** What bounds the worst case of a request, for any deployment. */
export type Bounds = {
  /** No provider can count more input tokens than this: bytes of the prompt and framing, media by formula. */
  inputTokens: number
  /** The client's own output cap, per choice. */
  outputCap?: number
  /** Choices (`n`, `best_of`). */
  choices: number
  /** The request asks for prompt caching somewhere, so writing the cache may be billed. */
  cacheMarked?: boolean
  /** For how long at most it asks to have a cache kept; absent: perhaps for any time. */
  cacheTtl?: CacheTtl
  /** The service tier that it asks for; absent: whichever the provider chooses. */
  tier?: AskedTier
  /** Most of what is not sold by tokens (pictures, characters, seconds, searches), where the endpoint can be sold by it. */
  units?: Units
  /** Name of the parameter that lets the provider bill without bound (hosted tools), if there is one. */
  unbounded?: string
  /** What it may cost at most where it is served, as the request says to a provider that chooses its hosts. */
  maxPrice?: MaxPrice
}

/** US dollars per million tokens, and per request and picture. */
export type MaxPrice = { prompt?: number; completion?: number; request?: number; image?: number }

export type ExchangeOptions = {
  upstreamModel: string
  /** What the model is, where its own name may not say (`model_info.base_model`): rules of families go by it. */
  baseModel?: string
  /** What the reply calls the model. Undefined: the provider's own name passes. */
  publicModel: string | undefined
  /** The deployment's default parameters; what the client sent wins. */
  params: Record<string, Json>
  flags: Flags
  /** The shape of an endpoint other than chat, as the provider's row names it; absent: OpenAI's. */
  codec?: string
  /** How the host frames its stream, where its envelope differs from the dialect's own way. */
  framing?: Framing
  /** The output cap to send, whatever the client sent; undefined: leave as it is. */
  outputCap?: number
  /** The model's largest output: for dialects in which a cap is mandatory. */
  maxOutputTokens: number
  dropParams: boolean
  additionalDropParams: readonly string[]
  /** US$ of a usage, for `usage.cost`, at the tier that the reply says has served it; undefined: unknown price, no `cost` is written. */
  dollars: Dollars
  requestId: string
  /** Milliseconds since 1970. */
  now: number
  /** The model may search the web where a client offers that, in whichever tongue (`offered-search.ts`). */
  webSearch?: boolean
  /** What is at addresses in the request, for hosts that read none; absent: the request is refused there. */
  fetchMedia?: FetchMedia
  /** Told what a client may drop and the provider will want back: the first call, and the reasoning as `reasoning_details`. */
  keepSeals?: (callId: string, details: JsonObject[]) => void
  /** The request goes on where another deployment's answer broke off; `usage` is what that one is charged for. */
  after?: Interrupted & { usage: Usage }
}

/** A streamed answer that broke off in the middle of its text, as the client has it. */
export type Interrupted = {
  /** Every text the client got, exactly. It got nothing else: no call, no reasoning, no second choice. */
  text: string
  /** How the client's stream calls itself, where its dialect repeats that in every event. */
  id?: string
  model?: string
  /** The number of the block that the text is in, where the client's dialect counts blocks and its bytes were passed. */
  index?: number
  /** What printed it, to print the rest; absent where its bytes were passed. `block`: the number of the text's block. */
  printed?: { printer: StreamPrinter; block: number }
}

/** One client request bound to one deployment: what to send, and how to read what comes back in the client's tongue. */
export type Exchange = {
  body: string
  /** Sent instead of `body`, piece after piece: forms with files. */
  pieces?: readonly Uint8Array[]
  /** What names in braces of the endpoint's path stand for, and what its query says, where the request decides that. */
  path?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string>>
  /** The path behind the provider's address, where the client has written it itself. */
  ownPath?: string
  /** Headers the dialect itself demands (versions, betas). */
  headers: Record<string, string>
  /** Names of parameters that were left out. */
  dropped: string[]
  /** A reply that is not streamed and has a 2xx status. A 200 with an error inside is a failure. */
  whole(body: Uint8Array, headers?: Record<string, string>): WholeReply
  /** A streamed reply with a 2xx status. */
  stream(): StreamReader
  /** A reply with an error status, of any shape (HTML, array, empty, 2 MB). */
  failure(status: number, headers: Record<string, string>, body: Uint8Array): Failure
  /** For hosts whose first reply is a place to ask again: where (absent: at the same place); undefined: this is the answer. */
  again?: (body: Uint8Array) => { url?: string } | undefined
  /** The body to send once more after such a refusal, without what was refused; undefined: the refusal stands. */
  amend?: (failure: Failure) => string | undefined
}

/** US$ of a usage, at the price that the reply says it was served at; undefined: nobody knows. */
export type Dollars = (usage: Usage, served?: Served) => number | undefined

/** What of a reply decides by which of a model's prices it is charged. */
export type Served = Pick<Seen, 'tier' | 'pace' | 'passes'>

/** `contentType`: of a reply that is not JSON. A failure that the provider bills all the same says in `seen` what it counted. */
export type WholeReply =
  | { body: Uint8Array | string; seen: Seen; contentType?: string }
  | { failure: Failure; seen?: Seen }

/** What was observed over the shoulder of a reply. */
export type Seen = {
  usage?: Usage
  finish?: string
  /** The provider's own model name and id. */
  model?: string
  id?: string
  /** The service tier that it says has served it, in OpenAI's words. */
  tier?: string
  /** Multipliers of Anthropic's prices that it names (`service-tier.ts`): a faster speed, a place. */
  pace?: string
  /** Other models that it was written with. */
  passes?: Passes
  /** UTF-8 bytes of text, reasoning and tool arguments, and how many events carried any: what an estimate is made from. */
  contentBytes: number
  contentEvents: number
  /** Of what is not sold by tokens, as the reply tells. */
  units?: Units
  /** Nano-dollars that the provider says it has charged. `untrue`: it says something that cannot be. */
  cost?: number | 'untrue'
}

/**
 * Reads a stream as its bytes come. `push` and `end` give what may be sent on now:
 * - `bytes`: in order, for the client. Lifecycle events that carry no content come out too; the caller holds them back
 *   until `content` was true once.
 * - `content`: these bytes hold the first or a further piece of text, reasoning, refusal or tool call.
 * - `tail`: the end of a complete answer (finish, usage, `[DONE]`): for after the money is settled, where that comes first.
 * - `finished`: the answer is complete; nothing more need be read.
 * - `failure`: an error event, a malformed stream, or (from `end`) an answer that was cut: no bytes after it.
 */
export type StreamReader = {
  /** `headers`, lower-case names, are the reply's: known before the first byte. */
  open?(headers: Record<string, string>): void
  push(chunk: Uint8Array): StreamStep
  end(): StreamStep
  /** An in-band error in the client's dialect, for after content was sent: never looks like an end of the answer. */
  fail(error: GatewayError): Uint8Array
  /** What keeps a silent stream alive and means nothing, between any two pieces; absent: a comment of server-sent events. */
  readonly beat?: Uint8Array
  /** Headers of a reply that is no stream of events. `breaks`: it has no place for an error either, so the connection is broken off. */
  readonly headers?: Readonly<Record<string, string>>
  readonly breaks?: true
  /** The answer is there; nothing but usage and the end marker, which some hosts never send, can still come. */
  ending?(): boolean
  /** What the client has of an answer that broke off, where another deployment could go on from it; else undefined. */
  interrupted?(): Interrupted | undefined
  readonly seen: Seen
}

export type StreamStep = {
  bytes: Uint8Array[]
  content: boolean
  tail: Uint8Array[]
  finished: boolean
  failure?: Failure
}
