import type { Failure } from '../../core/failure.ts'
import { isObject, type JsonObject, tryParse } from '../../core/json.ts'
import { encodeSse, sseDecoder, type SseEvent, terminated } from '../../wire/sse.ts'
import { cutOff, malformed } from '../broken-reply.ts'
import type { ChatCall, ExchangeOptions, Interrupted, StreamReader, StreamStep } from '../dialect.ts'
import { type Holes, holes, isWholeEvent } from '../holes.ts'
import { type Editor, editor } from './pass-edit.ts'
import { emptyStep, printFailure } from './pass-json.ts'
import { skimmer } from './pass-skim.ts'
import { usageChunk } from './pass-synthetic.ts'
import { type Template, template } from './pass-template.ts'
import { type Sighting, type Watcher, watcher } from './watch.ts'

export type Reading = { call: ChatCall; options: ExchangeOptions; choices: number }

const done = '[DONE]'

type State = {
  reading: Reading
  watch: Watcher
  ordinary: Template
  edit: Editor
  /** The usage event after the finish, and what follows it. */
  tail: Uint8Array[]
  usageSent: boolean
  over: boolean
  gaps: Holes
}

/**
 * Passes a stream of chunks on as it came, and watches it. An event is changed only where the model's name or the cost has
 * to stand in it, or its calls are numbered wrongly. An event without data is left out, and so is the usage event where the
 * client did not ask for one.
 *
 * What cannot be read is passed over, and the answer's end shows whether it was a piece of it (holes.ts). The usage event after
 * the finish and `[DONE]` come out together, as the tail, once the answer is known to be complete.
 */
export function passEvents(reading: Reading): StreamReader {
  const decoder = sseDecoder()
  const fresh = { watch: watcher(), ordinary: template(), edit: editor(reading.options) }
  const state: State = { reading, ...fresh, tail: [], usageSent: false, over: false, gaps: holes() }
  const skimming = skimmer(state.ordinary, state.watch, state.edit)
  return {
    push(chunk) {
      const step = emptyStep()
      if (state.over) return step
      const one = (event: SseEvent): boolean => {
        take(state, step, event)
        return state.over
      }
      decoder.each(chunk, one, (read, from) => {
        const behind = state.tail.length > 0 ? from : skimming.skim(read, from)
        if (behind > from) send(step.bytes, skimming.bytes())
        step.content ||= behind > from
        return behind
      })
      return step
    },
    end() {
      const step = emptyStep()
      if (state.over) return step
      for (const event of decoder.end().filter(isWholeEvent)) if (!state.over) take(state, step, terminated(event))
      if (!state.over) finish(state, step, encodeSse(done), reading.choices)
      return step
    },
    fail: printFailure,
    ending: () => state.watch.isComplete(reading.choices),
    interrupted: () => interrupted(state),
    get seen() {
      return state.watch.seen
    },
  }
}

function take(state: State, step: StreamStep, event: SseEvent): void {
  const isPlain = event.event === undefined && state.tail.length === 0
  const piece = isPlain ? state.ordinary.match(event.data) : undefined
  if (piece !== undefined) {
    state.watch.count(piece)
    send(step.bytes, state.edit.renamed(event))
    step.content = true
    return
  }
  const data = event.data.startsWith('{') ? event.data : event.data.trim()
  if (data === done) finish(state, step, event.raw, 1)
  else if (data === '') quiet(state, step, event)
  else read(state, step, event)
}

/** A field line that makes an event of a block: an SDK hands it on, and fails to parse its empty data. */
const eventField = /^\uFEFF?(?:data|event)(?::|$)/m

/** Comments keep a connection alive and pass; an event without data says nothing and does not. */
function quiet(state: State, step: StreamStep, { raw }: SseEvent): void {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8')
  if (!eventField.test(text)) send(state.tail.length > 0 ? state.tail : step.bytes, raw)
}

function read(state: State, step: StreamStep, event: SseEvent): void {
  if (event.overflow) return fail(state, step, malformed('An event of the stream is too large.', true))
  const chunk = tryParse(event.data)
  if (!isObject(chunk)) {
    // Behind the finish there is nothing left of the answer that could be missing.
    if (!state.watch.isComplete(state.reading.choices)) state.gaps.skip(event.data)
    return
  }
  const sighting = state.watch.sight(chunk, event.event === 'error')
  if (sighting.failure) return fail(state, step, sighting.failure)
  state.ordinary.learn(event.data, chunk)
  pass(state, step, event, { chunk, ...sighting })
}

function pass(state: State, step: StreamStep, event: SseEvent, sighting: Sighting & { chunk: JsonObject }): void {
  const { chunk, usage, usageOnly, content } = sighting
  if (usage && isObject(chunk.usage)) state.usageSent = true
  if (usageOnly && !state.reading.call.includeUsage) return
  const raw = state.edit.edited(event, chunk, sighting)
  const isTail = state.tail.length > 0 || ((usageOnly || state.gaps.open) && state.watch.seen.finish !== undefined)
  send(isTail ? state.tail : step.bytes, raw)
  if (content) step.content = true
}

/** The client knows the stream by the host's id, and by the public name where there is one. */
function interrupted({ watch, reading, gaps }: State): Interrupted | undefined {
  const text = gaps.open ? undefined : watch.text()
  if (text === undefined) return undefined
  const { id, model } = watch.seen
  const name = reading.options.publicModel ?? model
  return { text, ...(id !== undefined && { id }), ...(name !== undefined && { model: name }) }
}

function fail(state: State, step: StreamStep, failure: Failure): void {
  state.over = true
  step.failure = failure
}

/** The end of the stream, as the host says or as its bytes end: of a complete answer, or in the middle of one. */
function finish(state: State, step: StreamStep, last: Uint8Array, choices: number): void {
  const { reading, watch, tail } = state
  if (!watch.isComplete(choices)) return fail(state, step, cutOff())
  const gap = state.gaps.failure(watch.seen, watch.isPlain())
  if (gap) return fail(state, step, gap)
  state.over = true
  const { usage } = watch.seen
  if (reading.call.includeUsage && !state.usageSent && usage) tail.push(usageChunk(watch.seen, usage, reading.options))
  step.tail = [...tail, last]
  step.finished = true
}

/** Neighbours in one buffer leave as one piece: a read of many events is one write. */
function send(bytes: Uint8Array[], raw: Uint8Array): void {
  const last = bytes.at(-1)
  if (last && last.buffer === raw.buffer && last.byteOffset + last.byteLength === raw.byteOffset) {
    bytes[bytes.length - 1] = new Uint8Array(raw.buffer, last.byteOffset, last.byteLength + raw.byteLength)
  } else bytes.push(raw)
}
