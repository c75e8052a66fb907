import type { ChatPart } from '../../core/chat.ts'
import { errorBody, type GatewayError } from '../../core/errors.ts'
import { isObject, type JsonObject, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { alikeParser } from '../../wire/json-alike.ts'
import { splice } from '../../wire/json-splice.ts'
import { encodeSse, sseDecoder, type SseEvent } from '../../wire/sse.ts'
import { cutOff } from '../broken-reply.ts'
import type { Seen, StreamReader, StreamStep } from '../dialect.ts'
import { partsCallTexts } from '../half-calls.ts'
import { holes } from '../holes.ts'
import { gatherSeals } from '../openai/gather-seals.ts'
import { note, nothingSeen } from '../seen.ts'
import { eventWriter } from './client-stream.ts'
import { editedResponse, type ReplyOptions, sequenceOf } from './pass-reply.ts'
import { emptyResponse } from './response.ts'
import { streamParser } from './upstream-stream.ts'

const lifecycle = new Set(['response.created', 'response.in_progress', 'response.queued'])
const terminal = new Set(['response.completed', 'response.incomplete'])

/** What carries nothing of the answer. */
const silent = new Set<ChatPart['type']>(['start', 'usage', 'finish', 'failure'])

type Options = ReplyOptions & { now: number }

/**
 * Passes the events of a response on as they came, and watches them. Those that hold the response itself are edited (id, model,
 * cost); one without a number gets it, because typed clients insist. The terminal event is the tail.
 */
export function passEvents(options: Options): StreamReader {
  const decoder = sseDecoder()
  const parser = streamParser()
  const parse = alikeParser()
  const seen = nothingSeen()
  const printer = eventPrinter(options)
  const gaps = holes()
  const halves = partsCallTexts()
  const gather = options.keepSeals && gatherSeals(options.keepSeals)
  let plain = true
  let over = false

  const watch = (part: ChatPart, step: StreamStep): void => {
    note(seen, part)
    const lost = halves.failure(part) ?? (part.type === 'finish' ? gaps.failure(seen, plain) : undefined)
    const failure = part.type === 'failure' ? part.failure : lost
    if (failure) step.failure = failure
    else if (part.type === 'finish') step.finished = true
    if (!failure) gather?.(part)
    if (silent.has(part.type)) return
    step.content = true
    plain &&= part.type === 'text'
  }
  const take = (block: SseEvent, step: StreamStep): void => {
    const data = block.data.trim()
    if (data === '' || data === '[DONE]') return
    const json = block.overflow ? undefined : parse(data)
    if (!block.overflow && !isObject(json)) return gaps.skip(data)
    for (const part of parser.push(block, json)) watch(part, step)
    over = step.finished || step.failure !== undefined
    if (step.failure) return
    const bytes = printer.print(block, objectOf(json), seen)
    if (step.finished) step.tail.push(bytes)
    else step.bytes.push(bytes)
  }
  const read = (blocks: readonly SseEvent[]): StreamStep => {
    const step: StreamStep = { bytes: [], content: false, tail: [], finished: false }
    for (const block of blocks) if (!over) take(block, step)
    return step
  }
  return {
    push: (chunk) => read(over ? [] : decoder.push(chunk)),
    end() {
      // Half an event at the end is a sign of the cut.
      const step = read(over ? [] : decoder.end().filter(({ data }) => isObject(tryParse(data))))
      if (!over) step.failure = cutOff()
      over = true
      return step
    },
    fail: (error) => printer.fail(error),
    seen,
  }
}

/** Events as they are sent on. */
function eventPrinter(options: Options) {
  const writer = eventWriter()
  let last: JsonObject | undefined
  let number = 0

  const numbered = (event: JsonObject, data: string): string => {
    const own = sequenceOf(event)
    const of = own ?? number
    number = of + 1
    return own === undefined ? splice(data, { set: { sequence_number: of } }) : data
  }
  return {
    print(block: SseEvent, event: JsonObject, seen: Seen): Uint8Array {
      // Hosts may say the type in the `event:` line alone.
      const type = stringOf(event.type) ?? block.event ?? ''
      const data = block.data.trim()
      const text = numbered(event, data)
      const ends = terminal.has(type)
      if (!ends && !lifecycle.has(type)) return text === data ? block.raw : encodeSse(text, type)
      last = objectOf(event.response)
      const about = { options, seen: ends ? seen : undefined, at: ['response'] }
      return encodeSse(editedResponse(text, last, about), type)
    },
    fail(error: GatewayError): Uint8Array {
      writer.after(number - 1)
      const failed = { ...emptyResponse(metaOf(options), stringOf(last?.model) ?? '', 'failed'), ...last }
      const about = { id: `resp_${options.requestId}`, status: 'failed' }
      return writer.failed(errorBody(error), (words) => ({ ...failed, ...about, error: words }))
    },
  }
}

const metaOf = ({ publicModel, dollars, request, requestId, now }: Options) => ({
  id: `resp_${requestId}`,
  created: Math.floor(now / 1000),
  model: publicModel,
  includeUsage: true,
  dollars,
  request,
})
