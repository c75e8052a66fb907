import type { ChatPart } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { encodeSse } from '../../wire/sse.ts'
import type { StreamPrinter } from '../stream-printer.ts'
import type { ReplyMeta } from '../tongue.ts'
import { printTier } from '../service-tier.ts'
import { outputPrinter } from './output.ts'
import type { Event } from './output-items.ts'
import { emptyResponse, noCounts, type Status } from './response.ts'
import { printUsage } from './usage.ts'

/**
 * Parts to the events of a streamed response, numbered from 0. What begins it carries no content and is held back by the
 * caller; `response.completed` or `response.incomplete` ends a complete answer, and no other does.
 */
export function streamPrinter(meta: ReplyMeta): StreamPrinter {
  const writer = eventWriter()
  const write = (event: Event): Uint8Array => writer.write(event)
  const output = outputPrinter(meta.id, meta.request ?? {})
  const response = responseOf(meta)
  const head = () => writer.created(response.with('in_progress', []))
  return {
    print(part) {
      response.note(part)
      const lead = part.type === 'start' || contents.has(part.type) ? head() : []
      const events = output.print(part).map(write)
      return { bytes: [...lead, ...events], content: events.length > 0 }
    },
    finish(part) {
      const lead = head()
      const { status, details } = endOf(part)
      const bytes = [...lead, ...output.close(status).map(write)]
      const last = response.with(status, [...output.items], { incomplete_details: details })
      return { bytes, tail: [write({ type: `response.${status}`, response: last })] }
    },
    fail: (error) => writer.failed(error, (words) => response.with('failed', [...output.items], { error: words })),
  }
}

const contents = new Set<ChatPart['type']>(['text', 'refusal', 'reasoning', 'signature', 'redacted', 'call', 'image'])

/** How a finish reads here. */
export function endOf({ reason }: ChatPart & { type: 'finish' }): {
  status: 'completed' | 'incomplete'
  details: JsonObject | null
} {
  if (reason === 'length') return { status: 'incomplete', details: { reason: 'max_output_tokens' } }
  if (reason === 'content_filter') return { status: 'incomplete', details: { reason } }
  return { status: 'completed', details: null }
}

/** Collects what a response says beside its output. */
export function responseOf(meta: ReplyMeta) {
  let model = meta.model
  let usage: JsonObject | undefined
  let tier: JsonObject = {}
  return {
    note(part: ChatPart): void {
      if (part.type === 'start') model ??= part.model
      if (part.type === 'tier') tier = printTier(part)
      if (part.type === 'usage') usage = printUsage(part.usage, meta.dollars)
    },
    with(status: Status, output: JsonObject[], more: JsonObject = {}): JsonObject {
      const counts = status === 'completed' || status === 'incomplete' ? (usage ?? noCounts) : (usage ?? null)
      return { ...emptyResponse(meta, model ?? '', status), ...tier, output, usage: counts, ...more }
    },
  }
}

/** Events as they go on the wire: each has the next number, and its type in the `event:` line too. */
export function eventWriter() {
  let number = 0
  let begun = false
  const write = (event: Event): Uint8Array =>
    encodeSse(JSON.stringify({ ...event, sequence_number: number++ }), event.type)
  return {
    write,
    /** Nothing, once it was told. */
    created(response: JsonObject): Uint8Array[] {
      if (begun) return []
      begun = true
      return [write({ type: 'response.created', response }), write({ type: 'response.in_progress', response })]
    },
    /**
     * SDKs throw on the `error` event, in which the words stand both as recorded and as documented; agents that pass it over
     * understand `response.failed`. Neither can be taken for an end of the answer.
     */
    failed(error: { error: Record<string, unknown> }, response: (words: JsonObject) => JsonObject): Uint8Array {
      const { message, type, code, param } = error.error as JsonObject
      const words = { code: code === '429' ? 'rate_limit_exceeded' : 'server_error', message: message ?? '' }
      const flat = { code: code ?? null, message: message ?? '', param: param ?? null }
      const first = write({ type: 'error', ...flat, error: { type: type ?? 'api_error', ...flat } })
      return Buffer.concat([first, write({ type: 'response.failed', response: response(words) })])
    },
    /** Goes on behind events that somebody else has numbered. */
    after: (last: number): void => void (number = Math.max(number, last + 1)),
  }
}
