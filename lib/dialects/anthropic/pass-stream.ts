import type { ChatPart } from '../../core/chat.ts'
import { errorBody } from '../../core/errors.ts'
import type { Failure } from '../../core/failure.ts'
import { isObject, type JsonObject, objectOf, stringOf } from '../../core/json.ts'
import { alikeParser } from '../../wire/json-alike.ts'
import { splice } from '../../wire/json-splice.ts'
import { encodeSse, type SseEvent, terminated } from '../../wire/sse.ts'
import { decoderOf } from '../../wire/framing.ts'
import { cutOff, malformed } from '../broken-reply.ts'
import type { ExchangeOptions, Seen, StreamReader, StreamStep } from '../dialect.ts'
import { gatherSeals } from '../openai/gather-seals.ts'
import { emptyStep } from '../openai/pass-json.ts'
import { partsCallTexts } from '../half-calls.ts'
import { type Holes, holes, isWholeEvent } from '../holes.ts'
import { note, nothingSeen } from '../seen.ts'
import type { PartFilter, StreamParser } from '../tongue.ts'
import { printStreamError } from './client-error.ts'
import { type OrdinaryDelta, ordinaryDelta } from './pass-delta.ts'
import { type PassedText, passedText } from './pass-sent.ts'
import { missingStarts } from './pass-starts.ts'
import { streamParser } from './stream.ts'

type State = {
  options: ExchangeOptions
  parse: ReturnType<typeof alikeParser>
  parser: StreamParser
  seen: Seen
  /** The stream is framed as its client's will be: events can pass as they are. */
  isSse: boolean
  /** What follows the stop reason; undefined before it. */
  tail?: Uint8Array[]
  started: boolean
  ended: boolean
  over: boolean
  gaps: Holes
  halves: ReturnType<typeof partsCallTexts>
  sent: PassedText
  ordinary: OrdinaryDelta
  missing: ReturnType<typeof missingStarts>
  gather: PartFilter | undefined
}

/**
 * Passes a message stream on as it came, and watches it. An event is changed only where the model's name or the cost has to
 * stand in it, or where it lacks the name that SDKs go by. From the stop reason on, events come out as the tail, once the answer
 * is known to be complete; a stream that ends behind its stop reason gets the marker it lacks, a block its missing start. What
 * cannot be read is passed over, and the answer's end shows whether it was a piece of it (holes.ts).
 */
export function passEvents(options: ExchangeOptions): StreamReader {
  const decoder = decoderOf(options.framing ?? 'sse')
  const state: State = {
    options,
    parse: alikeParser(),
    parser: streamParser(),
    seen: nothingSeen(),
    isSse: (options.framing ?? 'sse') === 'sse',
    started: false,
    ended: false,
    over: false,
    gaps: holes(),
    halves: partsCallTexts(),
    sent: passedText(),
    ordinary: ordinaryDelta(),
    missing: missingStarts(),
    gather: options.keepSeals && gatherSeals(options.keepSeals),
  }
  const takeAll = (events: readonly SseEvent[]): StreamStep => {
    const step = emptyStep()
    for (const event of events) if (!state.over) take(state, event, step)
    return step
  }
  return {
    push: (chunk) => takeAll(state.over ? [] : decoder.push(chunk)),
    end() {
      const step = takeAll(state.over ? [] : decoder.end().filter(isWholeEvent).map(terminated))
      if (state.over) return step
      watch(state, state.parser.end(), step)
      if (step.finished) conclude(state, step)
      else step.failure ??= cutOff(state.seen.contentBytes > 0 || state.seen.usage !== undefined)
      state.over = true
      return step
    },
    fail: (error) => printStreamError(errorBody(error), options.requestId),
    beat: ping,
    ending: () => state.parser.ending?.() === true,
    interrupted: () => (state.gaps.open ? undefined : state.sent.interrupted()),
    seen: state.seen,
  }
}

function take(state: State, event: SseEvent, step: StreamStep): void {
  const passes = state.isSse && !state.tail && event.event === 'content_block_delta'
  const piece = passes ? state.ordinary.match(event.data) : undefined
  if (piece !== undefined) {
    note(state.seen, { type: 'text', block: 0, text: piece })
    state.sent.add(piece)
    step.bytes.push(event.raw)
    step.content = true
    return
  }
  const text = event.data.trim()
  if (text === '' || text === '[DONE]') return quiet(event, state.tail ?? step.bytes)
  const json = event.overflow ? undefined : state.parse(event.data)
  if (event.overflow) return watch(state, [tooLarge], step)
  if (!isObject(json)) {
    // Behind the stop reason there is nothing left of the answer that could be missing.
    if (!state.tail) state.gaps.skip(event.data)
    return
  }
  watch(state, state.parser.push(event, json), step)
  if (!step.failure) pass(state, { event, json }, step)
  if (step.finished) conclude(state, step)
}

function watch(state: State, parts: readonly ChatPart[], step: StreamStep): void {
  for (const part of parts) {
    note(state.seen, part)
    const half = state.halves.failure(part)
    if (part.type === 'failure') step.failure = part.failure
    else if (part.type === 'finish') finish(state, step, half)
    else if (isContent(part)) step.content = true
    if (!step.failure) state.gather?.(part)
  }
  state.over ||= step.finished || step.failure !== undefined
}

function finish({ gaps, seen, sent }: State, step: StreamStep, half: Failure | undefined): void {
  const gap = half ?? gaps.failure(seen, sent.plain)
  if (gap) step.failure = gap
  else step.finished = true
}

function pass(state: State, { event, json }: { event: SseEvent; json: JsonObject }, step: StreamStep): void {
  const type = stringOf(json.type)
  // A host that says it twice (both times the same message) would confuse SDKs.
  if (type === 'message_start' && state.started) return
  state.sent.see(json)
  state.ordinary.learn(event.data, json)
  state.started ||= type === 'message_start'
  state.ended ||= type === 'message_stop'
  if (type === 'message_delta' && typeof objectOf(json.delta).stop_reason === 'string') state.tail ??= []
  const data = edited(state, event.data, json)
  const same = state.isSse && data === event.data && event.event !== undefined
  const bytes = same ? event.raw : encodeSse(data, state.isSse ? (event.event ?? type) : type)
  const to = state.tail ?? step.bytes
  const begin = state.missing(json)
  if (begin) to.push(begin)
  to.push(bytes)
}

function edited({ options, seen }: State, data: string, json: JsonObject): string {
  const { publicModel, dollars } = options
  if (json.type === 'message_start' && publicModel !== undefined && objectOf(json.message).model !== publicModel)
    return splice(data, { set: { model: publicModel } }, ['message'])
  if (json.type !== 'message_delta' || !isObject(json.usage) || !seen.usage) return data
  const cost = dollars(seen.usage, seen)
  return cost === undefined ? data : splice(data, { set: { cost } }, ['usage'])
}

function conclude({ tail, ended }: State, step: StreamStep): void {
  step.tail.push(...(tail ?? []))
  if (!ended) step.tail.push(encodeSse('{"type":"message_stop"}', 'message_stop'))
}

const quietParts = new Set<ChatPart['type']>(['start', 'usage', 'tier', 'hidden'])
const isContent = (part: ChatPart): boolean => !quietParts.has(part.type)

const tooLarge: ChatPart = { type: 'failure', failure: malformed('An event of the stream is too large.') }

/** A sign of life in this tongue. */
export const ping = encodeSse('{"type":"ping"}', 'ping')

/** Comments keep a connection alive and pass; an event without data says nothing and does not. */
function quiet({ raw, data }: SseEvent, to: Uint8Array[]): void {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8')
  if (data === '' && !/^\uFEFF?(?:data|event)(?::|$)/m.test(text)) to.push(raw)
}
