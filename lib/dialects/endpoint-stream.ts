import type { Failure } from '../core/failure.ts'
import { isObject, type JsonObject, tryParse } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { sseDecoder, type SseEvent } from '../wire/sse.ts'
import { cutOff, malformed } from './broken-reply.ts'
import type { Seen, StreamReader, StreamStep, WholeReply } from './dialect.ts'
import { errorInside } from './openai/failure.ts'
import { emptyStep, printFailure } from './openai/pass-json.ts'
import { saysError } from './openai/pass-whole.ts'
import { nothingSeen } from './seen.ts'

/** What the events of one kind of stream mean. */
export type Watch = {
  /** Bytes of content in an event; 0: it only tells how things are. */
  contentBytes: (event: JsonObject) => number
  usage: (event: JsonObject) => Usage | undefined
  /** Whether the answer is complete with this event, or (`[DONE]`: undefined) with the end marker. */
  ends: (event: JsonObject | undefined) => boolean
  /** Reads a reply that is no stream, though one was asked for; absent: that is a failure. */
  whole?: (bytes: Uint8Array) => WholeReply
  /** Without its end marker the answer is whole all the same. */
  mayEnd?: () => boolean
  finish?: (event: JsonObject) => string | undefined
  units?: (event: JsonObject) => Seen['units']
  /** The event as the client gets it, where that is another; undefined: it is kept back. */
  edit?: (event: JsonObject, raw: Uint8Array) => Uint8Array | undefined
}

/**
 * Passes server-sent events on as they come, and watches them. What ends before its last event was cut. An event that is no
 * JSON is a failure: it may have been a piece of the answer.
 */
export function passEvents(watch: Watch): StreamReader {
  const decoder = sseDecoder()
  const seen = nothingSeen()
  const headers: Record<string, string> = {}
  let over = false
  let held: Uint8Array[] | undefined

  const fail = (step: StreamStep, failure: Failure) => {
    over = true
    step.failure = failure
  }
  const take = (step: StreamStep, event: SseEvent): void => {
    const data = event.data.trim()
    if (event.overflow) return fail(step, malformed('An event of the stream is too large.', true))
    if (data === '') return void step.bytes.push(event.raw)
    const json = data === '[DONE]' ? undefined : tryParse(data)
    if (json !== undefined && !isObject(json)) return fail(step, malformed('An event of the stream is not JSON.', true))
    if (json === undefined && data !== '[DONE]')
      return fail(step, malformed('An event of the stream is not JSON.', true))
    if (json && (event.event === 'error' || json.type === 'error' || saysError(json)))
      return fail(step, errorInside(json, seen.contentEvents > 0))
    if (json) note(watch, seen, json)
    if (json && watch.contentBytes(json) > 0) step.content = true
    const raw = json && watch.edit ? watch.edit(json, event.raw) : event.raw
    const ends = watch.ends(json)
    if (raw) (ends ? step.tail : step.bytes).push(raw)
    if (ends) over = step.finished = true
  }
  const takeAll = (events: readonly SseEvent[]): StreamStep => {
    const step = emptyStep()
    for (const event of events) if (!over) take(step, event)
    return step
  }
  return {
    headers,
    open(of) {
      const type = of['content-type'] ?? ''
      if (!watch.whole || !/^(?:application\/json|text\/plain)/i.test(type)) return
      held = []
      headers['content-type'] = type
    },
    push(chunk) {
      if (!held) return takeAll(over ? [] : decoder.push(chunk))
      held.push(chunk)
      return emptyStep()
    },
    end() {
      if (held) return wholeStep(watch, seen, held)
      const step = takeAll(over ? [] : decoder.end())
      if (!over && watch.mayEnd?.()) step.finished = true
      else if (!over) fail(step, cutOff())
      return step
    },
    fail: printFailure,
    seen,
  }
}

/** A model that does not stream answers all at once, whatever it was asked. */
function wholeStep(watch: Watch, seen: Seen, held: Uint8Array[]): StreamStep {
  const reply = watch.whole?.(Buffer.concat(held)) ?? { failure: cutOff() }
  if ('failure' in reply) return { ...emptyStep(), failure: reply.failure }
  Object.assign(seen, reply.seen, { finish: reply.seen.finish ?? 'stop' })
  return { ...emptyStep(), bytes: [Buffer.from(reply.body)], content: true, finished: true }
}

function note(watch: Watch, seen: Seen, event: JsonObject): void {
  const bytes = watch.contentBytes(event)
  if (bytes > 0) {
    seen.contentBytes += bytes
    seen.contentEvents += 1
  }
  const [usage, finish, units] = [watch.usage(event), watch.finish?.(event), watch.units?.(event)]
  if (usage) seen.usage = usage
  if (finish !== undefined) seen.finish = finish
  if (units) seen.units = units
}
