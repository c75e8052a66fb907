import { boundedIds, type KnownIds } from '../core/bounded-ids.ts'
import type { Clock, Log } from '../core/ports.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import { keyValues } from '../steps/otlp.ts'
import type { SpendMessage } from '../steps/settle-batch-messages.ts'
import { contentRecordOf, type LogRecord } from '../steps/telemetry-content.ts'
import { readBatch, type TelemetryBatch } from '../steps/telemetry-messages.ts'
import { metricsOf } from '../steps/telemetry-metrics.ts'
import { type Span, spanOf, telemetryId } from '../steps/telemetry-span.ts'
import { otlpPost, type PostOptions } from './telemetry-post.ts'

export type TelemetryOptions = PostOptions & {
  /** `service.name`, and what tells this process's deltas from another's. */
  service: string
  instance: string
  clock: Clock
  log: Log
}

/** What is still to be sent of one message. */
type Item<T> = { id: string; value: T }

/** A collector takes 20 MB by default; content is what can be large. */
const mostBytes = 2_000_000

type Exporter = ReturnType<typeof exporterOf>

/**
 * Spend events to a collector: spans, then metrics, then content. Behind a queue of its own, so that nothing here touches
 * money. At least once: a span that comes twice has the same ids; metrics are counted twice only where the process ended
 * between the collector's answer and the queue's, or that answer was lost.
 */
export function telemetryFlow(options: TelemetryOptions) {
  const exporter = exporterOf(options)
  return {
    /** Exports a batch; resolves with the ids of messages that must be delivered again (or end in the dead letters). Never rejects. */
    handle: (messages: readonly SpendMessage[]): Promise<string[]> => handle(exporter, messages),
  }
}

function exporterOf(options: TelemetryOptions) {
  const resource = {
    attributes: keyValues({ 'service.name': options.service, 'service.instance.id': options.instance }),
  }
  const scope = { name: 'purser' }
  return {
    post: otlpPost(options),
    log: options.log,
    now: options.clock.now,
    /** When the last metrics were accepted: deltas of one process must not overlap. */
    since: options.clock.now(),
    // What a redelivery need not send again: of an attempt whose spans were taken and whose metrics were not.
    known: { spans: boundedIds(), metrics: boundedIds(), contents: boundedIds() },
    bodies: {
      spans: (spans: Span[]) => ({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }),
      metrics: (metrics: unknown[]) => ({ resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] }),
      logs: (logRecords: LogRecord[]) => ({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] }),
    },
  }
}

async function handle(exporter: Exporter, messages: readonly SpendMessage[]): Promise<string[]> {
  try {
    const batch = readBatch(messages)
    // It comes again until it lies in the dead letters, which have an alarm: an error each time would be a hundred.
    for (const poison of batch.poison) exporter.log('warn', 'not an event for telemetry', poison)
    const events = new Map([...batch.spends.values()].map((event) => [telemetryId(event), event]))
    const unsent = await sendAll(exporter, [...events.values()], batch)
    const spends = [...batch.spends].filter(([, event]) => unsent.has(telemetryId(event)))
    const contents = [...batch.contents].filter(([, { id }]) => unsent.has(contentId(id)))
    return [...batch.poison.map(({ messageId }) => messageId), ...[...spends, ...contents].map(([id]) => id)]
  } catch (error) {
    exporter.log('error', 'a batch for telemetry failed', { reason: String(error) })
    return messages.map(({ messageId }) => messageId)
  }
}

/** Content of an attempt may wait while its span does not. */
const contentId = (id: string) => `content ${id}`

/** Resolves with the names of what was not taken. */
async function sendAll(exporter: Exporter, events: SpendEvent[], { contents }: TelemetryBatch): Promise<Set<string>> {
  const { known, bodies } = exporter
  const spans = events.flatMap((event) => itemOf(telemetryId(event), spanOf(event), known.spans))
  const unsent = await send(spans, { known: known.spans, to: (some) => exporter.post('traces', bodies.spans(some)) })
  // A collector that is away for spans is away: what follows waits for the next delivery with them.
  if (unsent.later)
    return new Set([...events.map(telemetryId), ...[...contents.values()].map(({ id }) => contentId(id))])
  const counted = events.flatMap((event) => itemOf(telemetryId(event), event, known.metrics))
  const uncounted = await send(counted, { known: known.metrics, to: (some) => postMetrics(exporter, some) })
  const said = new Map([...contents.values()].map((content) => [content.id, content]))
  const records = [...said.values()].flatMap((one) => itemOf(contentId(one.id), contentRecordOf(one), known.contents))
  const unsaid = await send(records, { known: known.contents, to: (some) => exporter.post('logs', bodies.logs(some)) })
  return new Set([...unsent.ids, ...uncounted.ids, ...unsaid.ids])
}

const itemOf = <T>(id: string, value: T | undefined, known: KnownIds): Item<T>[] =>
  value === undefined || known.has(id) ? [] : [{ id, value }]

async function postMetrics(exporter: Exporter, events: SpendEvent[]) {
  const now = exporter.now()
  const metrics = metricsOf(events, { since: exporter.since, now })
  const posted = metrics.length > 0 ? await exporter.post('metrics', exporter.bodies.metrics(metrics)) : 'accepted'
  if (posted === 'accepted') exporter.since = now
  return posted
}

type Sending<T> = { known: KnownIds; to: (values: T[]) => ReturnType<Exporter['post']> }
type Unsent = { ids: string[]; later: boolean }

/** Sends in pieces. What a collector rejects is halved until the one that it cannot take stands alone, and fails alone. */
async function send<T>(items: Item<T>[], sending: Sending<T>): Promise<Unsent> {
  const unsent: Unsent = { ids: [], later: false }
  const pieces = piecesOf(items)
  for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
    const posted = await sending.to(piece.map(({ value }) => value))
    if (posted === 'rejected' && piece.length > 1) {
      const half = Math.ceil(piece.length / 2)
      pieces.unshift(piece.slice(0, half), piece.slice(half))
    } else if (posted === 'accepted' || posted === 'absent') for (const { id } of piece) sending.known.add(id)
    else {
      unsent.ids.push(...piece.map(({ id }) => id))
      if (posted === 'later') return { ids: [...unsent.ids, ...pieces.flat().map(({ id }) => id)], later: true }
    }
  }
  return unsent
}

function piecesOf<T>(items: Item<T>[]): Item<T>[][] {
  const pieces: Item<T>[][] = []
  let bytes = Infinity
  for (const item of items) {
    const own = JSON.stringify(item.value).length
    if (bytes + own > mostBytes) {
      pieces.push([])
      bytes = 0
    }
    pieces.at(-1)?.push(item)
    bytes += own
  }
  return pieces
}
