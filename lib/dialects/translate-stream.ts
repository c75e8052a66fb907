import type { ChatPart } from '../core/chat.ts'
import type { GatewayError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import { isObject, type Json, tryParseExact } from '../core/json.ts'
import { decoderOf, type Framing } from '../wire/framing.ts'
import type { StreamReader, StreamStep } from './dialect.ts'
import { note, nothingSeen } from './seen.ts'
import type { PartFilter, StreamParser, StreamPrinter } from './tongue.ts'

type Parts = {
  parser: StreamParser
  framing: Framing
  /** For hosts that answer a streaming request with a whole reply. */
  parseReply: (body: Json) => ChatPart[]
  restore: PartFilter
  printer: StreamPrinter
  printError: (error: GatewayError) => Uint8Array
}

/** Bytes of the provider's stream in, bytes of the client's stream out. */
export function translatedStream({ parser, framing, parseReply, restore, printer, printError }: Parts): StreamReader {
  const seen = nothingSeen()
  const decoder = decoderOf(framing)
  /** Undefined until the first byte that is no white space told what this is. */
  let plain: boolean | undefined = framing === 'sse' ? undefined : false
  const held: Uint8Array[] = []
  let over = false

  /** True once nothing more may follow. */
  const take = (received: readonly ChatPart[], step: StreamStep): boolean => {
    for (const part of received) {
      note(seen, part)
      if (part.type === 'failure') step.failure = part.failure
      else for (const restored of restore(part)) print(printer, restored, step)
      over ||= step.finished || step.failure !== undefined
      if (over) break
    }
    return over
  }

  const push = (chunk: Uint8Array): StreamStep => {
    const step = emptyStep()
    if (over) return step
    plain ??= looksPlain(chunk)
    if (plain === true || plain === undefined) held.push(chunk)
    if (plain !== false) return step
    for (const bytes of [...held.splice(0), chunk]) {
      for (const event of decoder.push(bytes)) if (take(parser.push(event), step)) return step
    }
    return step
  }

  const end = (): StreamStep => {
    const step = emptyStep()
    if (over) return step
    if (plain) {
      const json = tryParseExact(Buffer.concat(held).toString())
      if (isObject(json) && take(parseReply(json), step)) return step
    } else {
      // Half an event at the end is a sign of the cut, not of a provider that writes what nobody can read.
      for (const event of decoder.end()) if (take(parser.push(event).filter(readable), step)) return step
      if (take(parser.end(), step)) return step
    }
    over = true
    step.failure = cut(seen.usage !== undefined || seen.contentBytes > 0)
    return step
  }

  return { push, end, fail: printError, seen }
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

/** A server-sent event never starts with a brace: what does is a whole reply, or an error, sent instead of a stream. */
function looksPlain(chunk: Uint8Array): boolean | undefined {
  const first = chunk.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  return first === undefined ? undefined : first === 0x7b
}

const cut = (started: boolean): Failure => ({
  kind: 'cut',
  status: 200,
  message: started
    ? 'The provider ended its answer before it was complete.'
    : 'The provider ended its stream without an answer.',
  mayHaveCost: true,
})
