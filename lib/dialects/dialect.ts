import type { GatewayError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { Framing } from '../wire/framing.ts'

/** What providers speak. */
export type DialectName = 'openai' | 'responses' | 'anthropic' | 'gemini' | 'converse' | 'cohere' | 'ollama'

/** What clients speak. */
export type ClientDialect = 'openai' | 'responses' | 'anthropic'

/** Named deviations of a host that speaks a dialect; data of the provider's row. */
export type Flags = {
  /** What the output cap is called. `byModel`: `max_completion_tokens` for reasoning models, else `max_tokens`. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens' | 'byModel'
  /** Whether the host takes role `developer`; else it becomes `system`. */
  developerRole?: boolean
  /** Whether `stream_options.include_usage` may be sent to get the usage event. */
  streamUsage?: boolean
  /** Request parameters the host refuses: dropped (and named) or refused, as `drop_params` says. */
  refusedParams?: readonly string[]
  /** Its cache is written only where a request says so (`cache_control`): a hold without marks need not cover that premium. */
  cacheByMark?: boolean
  /** `model` is part of the URL and ignored in the body. */
  modelInPath?: boolean
  /** The host refuses fields it does not know: those of other tongues (reasoning of earlier turns, cache marks) are left out. */
  strictFields?: boolean
  /** Takes reasoning of earlier turns back that nobody signed; else it is left out (Anthropic's own API refuses it). */
  unsignedThinking?: boolean
}

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
  /** Name of the parameter that lets the provider bill without bound (hosted tools), if there is one. */
  unbounded?: string
}

export type ExchangeOptions = {
  upstreamModel: string
  /** What the reply calls the model. Undefined: the provider's own name passes. */
  publicModel: string | undefined
  /** The deployment's default parameters; what the client sent wins. */
  params: Record<string, Json>
  flags: Flags
  /** How the host frames its stream, where its envelope differs from the dialect's own way. */
  framing?: Framing
  /** The output cap to send, whatever the client sent; undefined: leave as it is. */
  outputCap?: number
  /** The model's largest output: for dialects in which a cap is mandatory. */
  maxOutputTokens: number
  dropParams: boolean
  additionalDropParams: readonly string[]
  /** US$ of a usage, for `usage.cost`; undefined: unknown price, no `cost` is written. */
  dollars: (usage: Usage) => number | undefined
  requestId: string
  /** Milliseconds since 1970. */
  now: number
}

/** One client request bound to one deployment: what to send, and how to read what comes back in the client's tongue. */
export type Exchange = {
  body: string
  /** Headers the dialect itself demands (versions, betas). */
  headers: Record<string, string>
  /** Names of parameters that were left out. */
  dropped: string[]
  /** A reply that is not streamed and has a 2xx status. A 200 with an error inside is a failure. */
  whole(body: Uint8Array): WholeReply
  /** A streamed reply with a 2xx status. */
  stream(): StreamReader
  /** A reply with an error status, of any shape (HTML, array, empty, 2 MB). */
  failure(status: number, headers: Record<string, string>, body: Uint8Array): Failure
}

export type WholeReply = { body: Uint8Array | string; seen: Seen } | { failure: Failure }

/** What was observed over the shoulder of a reply. */
export type Seen = {
  usage?: Usage
  finish?: string
  /** The provider's own model name and id. */
  model?: string
  id?: string
  /** UTF-8 bytes of text, reasoning and tool arguments, and how many events carried any: what an estimate is made from. */
  contentBytes: number
  contentEvents: number
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
  push(chunk: Uint8Array): StreamStep
  end(): StreamStep
  /** An in-band error in the client's dialect, for after content was sent: never looks like an end of the answer. */
  fail(error: GatewayError): Uint8Array
  readonly seen: Seen
}

export type StreamStep = {
  bytes: Uint8Array[]
  content: boolean
  tail: Uint8Array[]
  finished: boolean
  failure?: Failure
}
