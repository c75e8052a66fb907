import type { ChatRequest } from '../core/chat.ts'
import { errorBody, GatewayError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject, numberOf, objectOf, roundsNumbers, tryParseExact } from '../core/json.ts'
import { eachChoice } from './choices.ts'
import type { ChatCall, Dollars, Exchange, ExchangeOptions, StreamReader, WholeReply } from './dialect.ts'
import { type FetchedMedia, withMedia } from './media.ts'
import { partsCallTexts } from './half-calls.ts'
import { gatherSeals } from './openai/gather-seals.ts'
import { withOfferedSearch } from './offered-search.ts'
import { prefilled } from './resume.ts'
import { note, nothingSeen } from './seen.ts'
import type { ClientTongue, PartFilter, ReplyMeta, UpstreamTongue } from './tongue.ts'
import { refuseAudio } from './translate-audio.ts'
import { unwrapCustomCalls, wrapCustomCalls } from './translate-custom.ts'
import { saySound } from './translate-sound.ts'
import { notAnAnswer, translatedStream } from './translate-stream.ts'
import { unsupported } from './unsupported.ts'

/**
 * An exchange between two different tongues, through the hub: any client tongue in front of any upstream tongue. `media`: what
 * was fetched of the request beforehand.
 */
export function translator(client: ClientTongue, upstream: UpstreamTongue, media?: FetchedMedia) {
  return (call: ChatCall, options: ExchangeOptions): Exchange => {
    const dropped: string[] = []
    const { request: said, native } = readRequest(client, call, options, dropped)
    const read = withOfferedSearch(said, upstream, { body: call.body, options })
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
    const restore = (): PartFilter => eachChoice(() => restorer(client, options, { request, undo: printed.restore() }))
    return {
      body: JSON.stringify(printed.body),
      headers: printed.headers,
      dropped: [...new Set([...dropped, ...(request.advisory ?? []), ...printed.dropped])],
      whole: (body) => whole(body, { client, upstream, meta, restore: restore() }),
      stream: () => {
        const served: { by?: StreamReader } = {}
        const dollars: Dollars = (usage) => options.dollars(usage, served.by?.seen)
        const printer = after?.printed?.printer ?? client.streamPrinter({ ...meta, dollars })
        const reader = translatedStream({
          parser: upstream.streamParser(numberOf(request.rest.n ?? native.n)),
          framing: options.framing ?? upstream.framing ?? 'sse',
          parseReply: (json) => upstream.parseReply(json),
          restore: restore(),
          printer,
          ...(after && { after }),
          ...(client.beat && { beat: client.beat }),
          printError: (error: GatewayError) =>
            printer.fail?.(errorBody(error)) ?? client.printError(errorBody(error), options.requestId),
        })
        served.by = reader
        return reader
      },
      failure: (status, headers, body) => upstream.failure(status, headers, body),
      ...(printed.amend && { amend: printed.amend }),
    }
  }
}

/** What of an answer has to be turned back, or told otherwise, before its client reads it. */
function restorer(
  client: ClientTongue,
  { keepSeals }: ExchangeOptions,
  { request: { tools }, undo }: { request: ChatRequest; undo: PartFilter },
): PartFilter {
  const unwrap = tools.some(({ custom }) => custom) ? unwrapCustomCalls(tools) : undefined
  const wrap = client.callsAreJson ? wrapCustomCalls() : undefined
  const gather = keepSeals && gatherSeals(keepSeals)
  const say = client.cannotTell?.includes('audio') ? saySound : undefined
  return chained(undo, unwrap, wrap, gather, say)
}

/** One filter behind the other. */
function chained(first: PartFilter, ...others: readonly (PartFilter | undefined)[]): PartFilter {
  return others.reduce<PartFilter>((before, next) => {
    if (!next) return before
    return (part) => {
      const given = before(part)
      const [only] = given
      // Almost every part is one part behind each filter.
      return given.length === 1 && only ? next(only) : given.flatMap(next)
    }
  }, first)
}

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
  leaveUntold(client, { request, defaults }, { dropParams: options.dropParams, dropped })
  const rest = Object.entries(request.rest)
  const native = Object.fromEntries(rest.filter(([name]) => name in defaults))
  return { request: { ...request, rest: Object.fromEntries(rest.filter(([name]) => !(name in defaults))) }, native }
}

/** A default of the deployment that no reply of this client's could answer means nothing here. */
function leaveUntold(
  { cannotTell = [] }: ClientTongue,
  { request, defaults }: { request: ChatRequest; defaults: JsonObject },
  { dropParams, dropped }: { dropParams: boolean; dropped: string[] },
): void {
  for (const name of cannotTell) {
    const value = request.rest[name]
    if (value === undefined) continue
    delete request.rest[name]
    if (name in defaults || (name === 'n' && value === 1)) continue
    if (!dropParams) throw unsupported(name, value)
    dropped.push(name)
  }
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
  const dollars: Dollars = (usage) => meta.dollars(usage, seen)
  const told = received.flatMap(restore)
  const broken = told.find((part) => part.type === 'failure')
  if (broken) return { failure: broken.failure, seen }
  return { body: client.printReply(told, { ...meta, dollars }), seen }
}
