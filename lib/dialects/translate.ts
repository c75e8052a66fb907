import type { ChatRequest } from '../core/chat.ts'
import { errorBody, GatewayError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject, objectOf, roundsNumbers, tryParseExact } from '../core/json.ts'
import type { ChatCall, Exchange, ExchangeOptions, WholeReply } from './dialect.ts'
import { type FetchedMedia, withMedia } from './media.ts'
import { partsCallTexts } from './half-calls.ts'
import { prefilled } from './resume.ts'
import { note, nothingSeen } from './seen.ts'
import type { ClientTongue, PartFilter, ReplyMeta, UpstreamTongue } from './tongue.ts'
import { refuseAudio } from './translate-audio.ts'
import { unwrapCustomCalls } from './translate-custom.ts'
import { notAnAnswer, translatedStream } from './translate-stream.ts'

/**
 * An exchange between two different tongues, through the hub: any client tongue in front of any upstream tongue. `media`: what
 * was fetched of the request beforehand.
 */
export function translator(client: ClientTongue, upstream: UpstreamTongue, media?: FetchedMedia) {
  return (call: ChatCall, options: ExchangeOptions): Exchange => {
    const dropped: string[] = []
    const { request: read, native } = readRequest(client, call, options, dropped)
    const asked = media ? withMedia(read, media) : read
    const { after } = options
    if (!upstream.audio) refuseAudio(asked)
    const request = after ? prefilled(asked, after) : asked
    const printed = upstream.printRequest(request, { ...options, native })
    const meta: ReplyMeta = {
      id: after?.id ?? `${client.idPrefix}${options.requestId}`,
      created: Math.floor(options.now / 1000),
      model: after?.model ?? options.publicModel,
      ...(after && { resumed: after }),
      includeUsage: call.includeUsage,
      dollars: options.dollars,
      request: call.body,
      ...(call.stream && client.estimate && { promptTokens: client.estimate(call.body) }),
    }
    const restore = (): PartFilter => {
      const undo = printed.restore()
      const unwrap = unwrapCustomCalls(request.tools)
      const gather = client.gatherSeals && options.keepSeals ? client.gatherSeals(options.keepSeals) : same
      return (part) => undo(part).flatMap(unwrap).flatMap(gather)
    }
    return {
      body: JSON.stringify(printed.body),
      headers: printed.headers,
      dropped: [...new Set([...dropped, ...(request.advisory ?? []), ...printed.dropped])],
      whole: (body) => whole(body, { client, upstream, meta, restore: restore() }),
      stream: () => {
        const printer = after?.printed?.printer ?? client.streamPrinter(meta)
        return translatedStream({
          parser: upstream.streamParser(),
          framing: options.framing ?? upstream.framing ?? 'sse',
          parseReply: (json) => upstream.parseReply(json),
          restore: restore(),
          printer,
          ...(after && { after }),
          ...(client.beat && { beat: client.beat }),
          printError: (error: GatewayError) =>
            printer.fail?.(errorBody(error)) ?? client.printError(errorBody(error), options.requestId),
        })
      },
      failure: (status, headers, body) => upstream.failure(status, headers, body),
      ...(printed.amend && { amend: printed.amend }),
    }
  }
}

const same: PartFilter = (part) => [part]

/** Parameters that say the same thing: where the client sent one, the deployment's default for the other must not win. */
const synonyms: readonly (readonly string[])[] = [
  ['max_tokens', 'max_completion_tokens', 'max_output_tokens'],
  ['reasoning_effort', 'reasoning', 'thinking', 'enable_thinking'],
  ['stop', 'stop_sequences'],
  ['response_format', 'text'],
]

function readRequest(
  client: ClientTongue,
  call: ChatCall,
  options: ExchangeOptions,
  dropped: string[],
): { request: ChatRequest; native: JsonObject } {
  const body: JsonObject = {}
  for (const [name, value] of Object.entries({ ...call.body, ...schemasOf(call, client.exact) })) {
    if (value === null) continue
    if (refused(name, options)) dropped.push(name)
    else body[name] = value
  }
  const defaults: JsonObject = {}
  for (const [name, value] of Object.entries(options.params)) {
    const same = synonyms.find((names) => names.includes(name)) ?? [name]
    if (value !== null && !same.some((other) => other in body)) defaults[name] = value
  }
  const request = client.parseRequest({ ...defaults, ...body })
  // A default is no promise of the client's: it must not ask for more than the worst case that was paid for.
  if (request.maxTokens !== undefined && !synonyms[0]?.some((name) => name in body)) {
    request.maxTokens = Math.min(request.maxTokens, options.maxOutputTokens)
  }
  const rest = Object.entries(request.rest)
  const native = Object.fromEntries(rest.filter(([name]) => name in defaults))
  return { request: { ...request, rest: Object.fromEntries(rest.filter(([name]) => !(name in defaults))) }, native }
}

/** Parameters that hold JSON schemas, with their numbers as the client wrote them: nothing in them is counted here. */
function schemasOf({ text, body }: ChatCall, exactly = ['tools', 'response_format'] as readonly string[]): JsonObject {
  const names = exactly.filter((name) => name in body)
  if (names.length === 0 || !roundsNumbers(text)) return {}
  const exact = objectOf(tryParseExact(text))
  return Object.fromEntries(names.flatMap((name) => (exact[name] === undefined ? [] : [[name, exact[name]]])))
}

/** True where the parameter is to be left out; throws where it must not be. */
function refused(name: string, options: ExchangeOptions): boolean {
  if (options.additionalDropParams.includes(name)) return true
  if (!options.flags.refusedParams?.includes(name)) return false
  if (options.dropParams) return true
  throw new GatewayError('unsupported_parameter', {
    param: name,
    message: `${name} is not supported by this model's host: leave it out, or set drop_params: true.`,
  })
}

type Whole = {
  client: ClientTongue
  upstream: UpstreamTongue
  meta: ReplyMeta
  restore: PartFilter
}

function whole(bytes: Uint8Array, { client, upstream, meta, restore }: Whole): WholeReply {
  const text = new TextDecoder().decode(bytes)
  const json: Json | undefined = tryParseExact(text)
  if (!isObject(json)) return { failure: notAnAnswer(text) }
  const received = upstream.parseReply(json)
  const seen = nothingSeen()
  const halves = partsCallTexts()
  for (const part of received) {
    note(seen, part)
    const failure = part.type === 'failure' ? part.failure : halves.failure(part)
    if (failure) return { failure, ...(seen.usage && { seen }) }
  }
  return { body: client.printReply(received.flatMap(restore), meta), seen }
}
