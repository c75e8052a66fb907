import type { ChatPart } from '../../core/chat.ts'
import { errorBody, type GatewayError } from '../../core/errors.ts'
import type { Failure } from '../../core/failure.ts'
import { isObject, type JsonObject, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import { encodeSse, type SseEvent } from '../../wire/sse.ts'
import { decoderOf } from '../../wire/framing.ts'
import type { ExchangeOptions, StreamReader, StreamStep } from '../dialect.ts'
import { emptyStep } from '../openai/pass-json.ts'
import { note, nothingSeen } from '../seen.ts'
import { printStreamError } from './client-error.ts'
import { malformed } from './failure.ts'
import { passWholeAsStream } from './pass-synthetic.ts'
import { streamParser } from './stream.ts'

/**
 * Passes a message stream on as it came, and watches it. An event is changed only where the model's name or the cost has to
 * stand in it, or where it lacks the name that SDKs go by. From the stop reason on, events come out as the tail, once the answer
 * is known to be complete; a stream that ends behind its stop reason gets the marker it lacks.
 */
export function passStream(options: ExchangeOptions): StreamReader {
  const fail = (error: GatewayError): Uint8Array => printStreamError(errorBody(error), options.requestId)
  let reader: StreamReader | undefined
  const space: Uint8Array[] = []
  const decide = (chunk: Uint8Array): StreamReader | undefined => {
    if (options.framing !== undefined && options.framing !== 'sse') return passEvents(options)
    const first = chunk.find((byte) => byte > 32 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf)
    if (first === undefined) return undefined
    return first === 0x7b || first === 0x3c ? passWholeAsStream(options) : passEvents(options)
  }
  return {
    push(chunk) {
      if (reader) return reader.push(chunk)
      reader = decide(chunk)
      space.push(chunk)
      return reader ? reader.push(space.length === 1 ? chunk : Buffer.concat(space)) : emptyStep()
    },
    end: () => (reader ?? passEvents(options)).end(),
    fail,
    get seen() {
      return reader?.seen ?? nothingSeen()
    },
  }
}

type Taking = { step: StreamStep; event: SseEvent; json: JsonObject }

function passEvents(options: ExchangeOptions): StreamReader {
  const decoder = decoderOf(options.framing ?? 'sse')
  const parser = streamParser()
  const seen = nothingSeen()
  const isSse = (options.framing ?? 'sse') === 'sse'
  /** What follows the stop reason; undefined before it. */
  let tail: Uint8Array[] | undefined
  let marked = false
  let over = false

  const watch = (parts: readonly ChatPart[], step: StreamStep): void => {
    for (const part of parts) {
      note(seen, part)
      if (part.type === 'failure') step.failure = part.failure
      else if (part.type === 'finish') step.finished = true
      else if (isContent(part)) step.content = true
    }
    over ||= step.finished || step.failure !== undefined
  }
  const pass = ({ step, event, json }: Taking): void => {
    if (json.type === 'message_delta' && typeof objectOf(json.delta).stop_reason === 'string') tail ??= []
    if (json.type === 'message_stop') marked = true
    const data = edited(event.data, json)
    const name = event.event ?? stringOf(json.type)
    const same = isSse && data === event.data && event.event !== undefined
    const bytes = same ? event.raw : encodeSse(data, isSse ? name : stringOf(json.type))
    if (tail) tail.push(bytes)
    else step.bytes.push(bytes)
  }
  const edited = (data: string, json: JsonObject): string => {
    const { publicModel, dollars } = options
    if (json.type === 'message_start' && publicModel !== undefined && objectOf(json.message).model !== publicModel)
      return splice(data, { set: { model: publicModel } }, ['message'])
    if (json.type !== 'message_delta' || !isObject(json.usage) || !seen.usage) return data
    const cost = dollars(seen.usage)
    return cost === undefined ? data : splice(data, { set: { cost } }, ['usage'])
  }
  const take = (event: SseEvent, step: StreamStep): void => {
    const text = event.data.trim()
    if (text === '' || text === '[DONE]') return quiet(event, tail ?? step.bytes)
    const json = event.overflow ? undefined : tryParse(event.data)
    if (!isObject(json)) return watch([unreadable], step)
    watch(parser.push(event), step)
    if (!step.failure) pass({ step, event, json })
    if (step.finished) conclude(step)
  }
  const conclude = (step: StreamStep): void => {
    step.tail.push(...(tail ?? []))
    if (!marked) step.tail.push(encodeSse('{"type":"message_stop"}', 'message_stop'))
  }
  const takeAll = (events: readonly SseEvent[]): StreamStep => {
    const step = emptyStep()
    for (const event of events) if (!over) take(event, step)
    return step
  }

  return {
    push: (chunk) => takeAll(over ? [] : decoder.push(chunk)),
    end() {
      const step = takeAll(over ? [] : decoder.end().map(terminated))
      if (over) return step
      watch(parser.end(), step)
      if (step.finished) conclude(step)
      else step.failure ??= cut(seen.contentBytes > 0 || seen.usage !== undefined)
      over = true
      return step
    },
    fail: (error) => printStreamError(errorBody(error), options.requestId),
    seen,
  }
}

const isContent = (part: ChatPart): boolean => part.type !== 'start' && part.type !== 'usage' && part.type !== 'hidden'

const unreadable: ChatPart = { type: 'failure', failure: malformed('An event of the stream cannot be read.') }

/** Comments keep a connection alive and pass; an event without data says nothing and does not. */
function quiet({ raw, data }: SseEvent, to: Uint8Array[]): void {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8')
  if (data === '' && !/^\uFEFF?(?:data|event)(?::|$)/m.test(text)) to.push(raw)
}

/** The last event of a stream may lack its blank line; what we add must not grow together with it. */
const terminated = (event: SseEvent): SseEvent => ({ ...event, raw: Buffer.concat([event.raw, Buffer.from('\n\n')]) })

const cut = (started: boolean): Failure => ({
  kind: 'cut',
  status: 200,
  message: started
    ? 'The provider ended its answer before it was complete.'
    : 'The provider ended its stream without an answer.',
  mayHaveCost: true,
})
