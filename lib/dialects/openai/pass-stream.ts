import { errorBody, type GatewayError } from '../../core/errors.ts'
import type { Failure } from '../../core/failure.ts'
import { isObject, type JsonObject, tryParse } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import { encodeSse, sseDecoder, type SseEvent } from '../../wire/sse.ts'
import type { ChatCall, ExchangeOptions, StreamReader, StreamStep } from '../dialect.ts'
import { chunksOfReply, usageChunk } from './pass-synthetic.ts'
import { malformed, readWhole } from './pass-whole.ts'
import { type Sighting, watcher } from './watch.ts'

type Reading = { call: ChatCall; options: ExchangeOptions; choices: number }

export const emptyStep = (): StreamStep => ({ bytes: [], content: false, tail: [], finished: false })

const done = '[DONE]'

/**
 * Passes a stream of chunks on as it came, and watches it. An event is changed only where the model's name or the cost has
 * to stand in it; the usage event is left out where the client did not ask for one.
 *
 * What cannot be read is a failure at once, not skipped: it may have been a piece of the answer. The usage event after the
 * finish and `[DONE]` come out together, as the tail, once the answer is known to be complete.
 */
export function passEvents(reading: Reading): StreamReader {
  const decoder = sseDecoder()
  const watch = watcher()
  const tail: Uint8Array[] = []
  let usageSent = false
  let over = false

  const fail = (step: StreamStep, failure: Failure): void => {
    over = true
    step.failure = failure
  }
  const complete = (step: StreamStep, last: Uint8Array): void => {
    over = true
    const { usage } = watch.seen
    if (reading.call.includeUsage && !usageSent && usage) tail.push(usageChunk(watch.seen, usage, reading.options))
    step.tail = [...tail, last]
    step.finished = true
  }
  const cut = (step: StreamStep): void =>
    fail(step, { ...malformed('The provider ended its answer before it was complete.', true), kind: 'cut' })
  const pass = (step: StreamStep, event: SseEvent, chunk: JsonObject, sighting: Sighting): void => {
    if (sighting.usage && isObject(chunk.usage)) usageSent = true
    if (sighting.usageOnly && !reading.call.includeUsage) return
    const raw = editedEvent(event, chunk, sighting, reading.options)
    if (tail.length > 0 || (sighting.usageOnly && watch.seen.finish !== undefined)) tail.push(raw)
    else send(step.bytes, raw)
    if (sighting.content) step.content = true
  }
  const take = (step: StreamStep, event: SseEvent): void => {
    const data = event.data.length > done.length && event.data.startsWith('{') ? event.data : event.data.trim()
    if (data === done) {
      if (watch.isComplete(1)) complete(step, event.raw)
      else cut(step)
    } else if (data === '') send(tail.length > 0 ? tail : step.bytes, event.raw)
    else {
      const chunk = tryParse(data)
      if (!isObject(chunk)) return fail(step, malformed('An event of the stream cannot be read.', true))
      const sighting = watch.sight(chunk, event.event === 'error')
      if (event.overflow) fail(step, malformed('An event of the stream is too large.', true))
      else if (sighting.failure) fail(step, sighting.failure)
      else pass(step, event, chunk, sighting)
    }
  }
  const takeAll = (step: StreamStep, events: readonly SseEvent[]): void => {
    for (const event of events) if (!over) take(step, event)
  }

  return {
    push(chunk) {
      const step = emptyStep()
      if (!over) takeAll(step, decoder.push(chunk))
      return step
    },
    end() {
      const step = emptyStep()
      if (over) return step
      takeAll(step, decoder.end().map(terminated))
      if (over) return step
      if (watch.isComplete(reading.choices)) complete(step, encodeSse(done))
      else cut(step)
      return step
    },
    fail: printFailure,
    get seen() {
      return watch.seen
    },
  }
}

/** An error in mid-stream. Nothing follows it: `[DONE]` would look like the end of an answer. */
export const printFailure = (error: GatewayError): Uint8Array => encodeSse(JSON.stringify(errorBody(error)))

/**
 * A stream was asked for and plain JSON came: an error with status 200, or the whole answer at once (proxies, caches). It can
 * be told only when it is complete; an answer becomes the chunks that would have been.
 */
export function passJson(reading: Reading, limitBytes: number): StreamReader {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let seen = { contentBytes: 0, contentEvents: 0 }
  return {
    push(chunk) {
      heldBytes += chunk.length
      if (heldBytes > limitBytes) {
        held = []
        return failed(malformed('The reply is too large.', true))
      }
      held.push(chunk)
      return emptyStep()
    },
    end() {
      const reply = readWhole(Buffer.concat(held), reading.options)
      if ('failure' in reply) return failed(reply.failure)
      seen = reply.seen
      const { bytes, tail } = chunksOfReply(reply.body, reading.call.includeUsage)
      return { bytes, content: true, tail, finished: true }
    },
    fail: printFailure,
    get seen() {
      return seen
    },
  }
}

const failed = (failure: Failure): StreamStep => ({ ...emptyStep(), failure })

/** Neighbours in one buffer leave as one piece: a read of many events is one write. */
function send(bytes: Uint8Array[], raw: Uint8Array): void {
  const last = bytes.at(-1)
  if (last && last.buffer === raw.buffer && last.byteOffset + last.byteLength === raw.byteOffset) {
    bytes[bytes.length - 1] = new Uint8Array(raw.buffer, last.byteOffset, last.byteLength + raw.byteLength)
  } else bytes.push(raw)
}

/** The last event of a stream may lack its blank line; what we add must not grow together with it. */
const terminated = (event: SseEvent): SseEvent => ({ ...event, raw: Buffer.concat([event.raw, Buffer.from('\n\n')]) })

function editedEvent(event: SseEvent, chunk: JsonObject, sighting: Sighting, options: ExchangeOptions): Uint8Array {
  const { publicModel, dollars } = options
  let data = event.data
  if (publicModel !== undefined && typeof chunk.model === 'string' && chunk.model !== publicModel)
    data = splice(data, { set: { model: publicModel } })
  const cost = sighting.usage && isObject(chunk.usage) ? dollars(sighting.usage) : undefined
  if (cost !== undefined) data = splice(data, { set: { cost } }, ['usage'])
  if (data === event.data) return event.raw
  return replaced(event, data)
}

/** Comments and other fields of the event stay where they are. */
function replaced(event: SseEvent, data: string): Uint8Array {
  const text = Buffer.from(event.raw.buffer, event.raw.byteOffset, event.raw.byteLength).toString('utf8')
  const at = text.lastIndexOf(event.data)
  if (at < 0) return encodeSse(data, event.event)
  return Buffer.from(text.slice(0, at) + data + text.slice(at + event.data.length))
}
