import type { ChatPart, ChatRequest, UserBlock } from '../core/chat.ts'
import type { Failure } from '../core/failure.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Framing } from '../wire/framing.ts'
import type { SseEvent } from '../wire/sse.ts'
import type { Dollars, ExchangeOptions } from './dialect.ts'
import type { StreamPrinter } from './stream-printer.ts'

/** What a client speaks: its request is read into the hub, the hub's parts are printed back to it. */
export type ClientTongue = {
  /** What ids of its replies start with. */
  idPrefix: string
  parseRequest(body: JsonObject): ChatRequest
  /** Parameters of other tongues that ask for what its replies cannot tell (and its bounds do not count): refused, or dropped. */
  cannotTell?: readonly string[]
  /** Its calls are called with JSON alone. */
  callsAreJson?: true
  /** Members of a request whose numbers are handed on as they were written; absent: `tools` and `response_format`. */
  exact?: readonly string[]
  printReply(parts: readonly ChatPart[], meta: ReplyMeta): string
  streamPrinter(meta: ReplyMeta): StreamPrinter
  /** An in-band error event. */
  printError(error: { error: Record<string, unknown> }, requestId: string): Uint8Array
  /** A sign of life between events; absent: a comment. */
  beat?: Uint8Array
  /** Likely input tokens of a request, for tongues whose streams begin with such a number. */
  estimate?(body: JsonObject): number
}

/** What a provider speaks: the hub is printed into its request, its replies are read into parts. */
export type UpstreamTongue = {
  /** How its streams are framed; absent: server-sent events. */
  framing?: Framing
  /** Takes files of type `audio/...` from users; else they are refused before they get here. */
  audio?: true
  /** Binds the free text of tools by a grammar; else one is refused before it gets here. */
  grammars?: true
  /** Whether this host must be sent the bytes of what a request names by its address; absent: it fetches for itself. */
  needsBytes?: (block: UserBlock & { type: 'image' | 'file'; source: { url: string } }, options: HostOptions) => boolean
  /** Whether it can search with this tool, which another tongue offers; absent: never. */
  searches?: (offer: { tool: JsonObject; request: ChatRequest; options: HostOptions }) => boolean
  printRequest(request: ChatRequest, options: RequestOptions): PrintedRequest
  /** The parts of a whole reply, `finish` last; a `failure` part where it is none. */
  parseReply(body: Json): ChatPart[]
  /** `choices`: how many answers were asked for. */
  streamParser(choices?: number): StreamParser
  failure(status: number, headers: Record<string, string>, body: Uint8Array): Failure
}

/** Which host and model a request is for. */
export type HostOptions = Pick<ExchangeOptions, 'upstreamModel' | 'baseModel' | 'flags'>

export type RequestOptions = Pick<
  ExchangeOptions,
  'upstreamModel' | 'baseModel' | 'flags' | 'outputCap' | 'maxOutputTokens' | 'dropParams' | 'requestId'
> & {
  /** The deployment's default parameters that the client's tongue does not know: sent as they are. */
  native: JsonObject
}

export type PrintedRequest = {
  body: JsonObject
  headers: Record<string, string>
  dropped: string[]
  /** Undoes in one reply what printing did to the request (renamed tools, a schema sent as a tool). */
  restore: () => PartFilter
  /** The body to send once more after such a refusal, without what was refused; undefined: the refusal stands. */
  amend?: (failure: Failure) => string | undefined
}

/** Stateful: one per reply. A whole reply ends with `finish`, so whatever is held back comes out there. */
export type PartFilter = (part: ChatPart) => readonly ChatPart[]

/**
 * Events of one stream to parts. `finish` is given only once the answer is complete; `usage` replaces what was said
 * before. `end` is called when the bytes ended. `ending`: the finish reason was seen, and usage or an end marker may follow.
 */
export type StreamParser = {
  /** `json`: its data, where the caller has parsed it. */
  push(event: SseEvent, json?: Json): ChatPart[]
  end(): ChatPart[]
  ending?(): boolean
}

export type ReplyMeta = {
  id: string
  /** Seconds since 1970. */
  created: number
  /** Undefined: the provider's own name for the model. */
  model: string | undefined
  includeUsage: boolean
  /** The client has the beginning of this stream already: what opens one is not printed again. */
  resumed?: { index?: number }
  dollars: Dollars
  /** What the client sent: some replies repeat it. */
  request?: JsonObject
  /** Likely input tokens, of a stream in a tongue that begins with them. */
  promptTokens?: number
}
