import type { ChatRequest } from '../core/chat.ts'
import { errorBody, type GatewayError } from '../core/errors.ts'
import { isObject, type Json, numberOf, tryParseExact } from '../core/json.ts'
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
import { grammarsDropped } from './translate-grammar.ts'
import { readRequest } from './translate-request.ts'
import { saySound } from './translate-sound.ts'
import { notAnAnswer, translatedStream } from './translate-stream.ts'

/**
 * An exchange between two different tongues, through the hub: any client tongue in front of any upstream tongue. `media`: what
 * was fetched of the request beforehand.
 */
export function translator(client: ClientTongue, upstream: UpstreamTongue, media?: FetchedMedia) {
  return (call: ChatCall, options: ExchangeOptions): Exchange => {
    const { request: said, native, dropped } = readRequest(client, call, options)
    const read = withOfferedSearch(said, upstream, { body: call.body, options })
    const asked = media ? withMedia(read, media) : read
    const { after } = options
    if (!upstream.audio) refuseAudio(asked)
    const unbound = upstream.grammars ? [] : grammarsDropped(asked, options.dropParams)
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
      dropped: [...new Set([...dropped, ...unbound, ...(request.advisory ?? []), ...printed.dropped])],
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
