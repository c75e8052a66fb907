import type { ChatPart } from '../core/chat.ts'
import type { GatewayError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import { isObject, type Json, tryParseExact } from '../core/json.ts'
import { decoderOf, type Framing } from '../wire/framing.ts'
import type { SseEvent } from '../wire/sse.ts'
import { cutOff, malformed } from './broken-reply.ts'
import type { ExchangeOptions, Seen, StreamReader, StreamStep } from './dialect.ts'
import { partsCallTexts } from './half-calls.ts'
import { type Holes, holes } from './holes.ts'
import { type Sent, seam, sentParts } from './resume.ts'
import { note, nothingSeen } from './seen.ts'
import type { StreamPrinter } from './stream-printer.ts'
import type { PartFilter, StreamParser } from './tongue.ts'

type Parts = {
  parser: StreamParser
  framing: Framing
  /** For hosts that answer a streaming request with a whole reply. */
  parseReply: (body: Json) => ChatPart[]
  restore: PartFilter
  printer: StreamPrinter
  printError: (error: GatewayError) => Uint8Array
  beat?: Uint8Array
  /** The rest of an answer whose beginning the client has. */
  after?: NonNullable<ExchangeOptions['after']>
}

type Halves = ReturnType<typeof partsCallTexts>
type State = Parts & { seen: Seen; gaps: Holes; halves: Halves; sent: Sent; join: PartFilter; over: boolean }

/** Bytes of the provider's stream in, bytes of the client's stream out. */
export function translatedStream(parts: Parts): StreamReader {
  const { parser, framing, parseReply, printer, printError, beat, after } = parts
  const seen = nothingSeen()
  const decoder = decoderOf(framing)
  const join: PartFilter = after ? seam(after) : (part) => [part]
  const state: State = {
    ...parts,
    seen,
    gaps: holes(),
    halves: partsCallTexts(),
    sent: sentParts(printer, after),
    join,
    over: false,
  }
  /** Undefined until the first byte that is no white space told what this is. */
  let plain: boolean | undefined = framing === 'sse' ? undefined : false
  const held: Uint8Array[] = []

  const push = (chunk: Uint8Array): StreamStep => {
    const step = emptyStep()
    if (state.over) return step
    plain ??= looksPlain(chunk)
    if (plain === true || plain === undefined) held.push(chunk)
    if (plain !== false) return step
    for (const bytes of [...held.splice(0), chunk]) {
      for (const event of decoder.push(bytes)) if (take(state, read(state, event), step)) return step
    }
    return step
  }

  const end = (): StreamStep => {
    const step = emptyStep()
    if (state.over) return step
    const text = plain ? Buffer.concat(held).toString() : ''
    if (plain) {
      const json = tryParseExact(text)
      if (isObject(json) && take(state, parseReply(json), step)) return step
    } else {
      // Half an event at the end is a sign of the cut, not of a provider that writes what nobody can read.
      for (const event of decoder.end()) if (take(state, parser.push(event).filter(readable), step)) return step
      if (take(state, parser.end(), step)) return step
    }
    state.over = true
    const started = seen.usage !== undefined || seen.contentBytes > 0
    step.failure = text.trimStart().startsWith('<') ? notAnAnswer(text) : cutOff(started)
    return step
  }

  const interrupted = () => (state.gaps.open ? undefined : state.sent.interrupted())
  const ending = () => parser.ending?.() === true
  return { push, end, ending, fail: printError, interrupted, seen, ...(beat && { beat }) }
}

/** True once nothing more may follow. */
function take(state: State, received: readonly ChatPart[], step: StreamStep): boolean {
  const { seen, gaps, halves, sent, restore } = state
  for (const part of received) {
    note(seen, part)
    const gap = halves.failure(part) ?? (part.type === 'finish' ? gaps.failure(seen, sent.plain) : undefined)
    if (gap) step.failure = gap
    else if (part.type === 'failure') step.failure = part.failure
    else for (const restored of restore(part)) tell(state, restored, step)
    state.over ||= step.finished || step.failure !== undefined
    if (state.over) break
  }
  return state.over
}

function tell({ after, join, sent, printer }: State, restored: ChatPart, step: StreamStep): void {
  for (const part of after ? join(restored) : [restored]) {
    if (step.failure) return
    sent.note(part)
    if (part.type === 'failure') step.failure = part.failure
    else print(printer, part, step)
  }
}

/** What cannot be read is passed over; the end shows whether the answer is whole without it. */
function read({ parser, gaps }: State, event: SseEvent): ChatPart[] {
  const received = parser.push(event)
  if (received.every(readable) || event.overflow || tryParseExact(event.data) !== undefined) return received
  gaps.skip(event.data)
  return received.filter(readable)
}

const readable = (part: ChatPart): boolean => part.type !== 'failure' || part.failure.kind !== 'malformed'

const emptyStep = (): StreamStep => ({ bytes: [], content: false, tail: [], finished: false })

function print(printer: StreamPrinter, part: ChatPart, step: StreamStep): void {
  if (part.type === 'finish') {
    const { bytes, tail } = printer.finish(part)
    step.bytes.push(...bytes)
    step.tail.push(...tail)
    step.finished = true
    return
  }
  const { bytes, content } = printer.print(part)
  step.bytes.push(...bytes)
  step.content ||= content
}

/** A server-sent event never starts with a brace, or with a tag: what does is a whole reply, or an error, sent instead of a stream. */
function looksPlain(chunk: Uint8Array): boolean | undefined {
  const first = chunk.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  return first === undefined ? undefined : first === 0x7b || first === 0x3c
}

/** A page of HTML was not billed by anyone; half a JSON may have been. */
export const notAnAnswer = (text: string): Failure =>
  malformed('The provider answered with something that is not JSON.', !text.trimStart().startsWith('<'))
