import { randomUUID } from 'node:crypto'
import { checkOtlpProtocol, otlpBase, otlpHeaders, otlpNames } from '../../lib/config/otlp.ts'
import type { Clock, Log, Random, Secrets, TellContent } from '../../lib/core/ports.ts'
import { isObject } from '../../lib/core/json.ts'
import { telemetryFlow } from '../../lib/flows/telemetry.ts'
import { undiciUpstream } from '../../lib/net/upstream.ts'
import { journalQueue, type QueueMessage } from './queue.ts'

/** A day of back-off: a collector that was away over night misses nothing. */
const attempts = 1440
const longestStopMs = 4000

export type TelemetryQueueOptions = { dir: string; secrets: Secrets; clock: Clock; random: Random; log: Log }

type Handle = (messages: QueueMessage[]) => Promise<string[]>

/** What the telemetry queue and its function are on AWS. */
export type LocalTelemetry = {
  /** The aggregator's handler, which hands on what it has booked. That it could not never makes it fail. */
  after: (handle: Handle) => Handle
  tell: TellContent
  start: () => void
  /** Delivers what it can in a few seconds; the rest is delivered after the next start. */
  stop: () => Promise<void>
}

/**
 * A durable queue towards the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, with its own journal: undefined where there is
 * none. Throws an error that names the variable that makes no sense.
 */
export async function localTelemetry(options: TelemetryQueueOptions): Promise<LocalTelemetry | undefined> {
  const { dir, secrets, clock, random, log } = options
  const endpoint = await secrets.get(otlpNames.endpoint)
  if (!endpoint) return undefined
  checkOtlpProtocol(await secrets.get(otlpNames.protocol))
  const headers = otlpHeaders(await secrets.get(otlpNames.headers))
  const flow = telemetryFlow({
    base: otlpBase(endpoint),
    headers: async () => headers,
    service: (await secrets.get(otlpNames.service)) || 'purser',
    instance: randomUUID(),
    upstream: undiciUpstream(),
    clock,
    random,
    log,
  })
  const queue = journalQueue<unknown>({ dir, handle: flow.handle, maxAttempts: attempts, clock, log })
  return {
    after: (handle) => async (messages) => {
      const failed = await handle(messages)
      const again = new Set(failed)
      const booked = messages.filter(({ messageId, body }) => !again.has(messageId) && isSpend(body))
      try {
        if (booked.length > 0) await queue.add(booked.map(({ body }) => body))
      } catch (error) {
        log('error', 'spend events could not be kept for telemetry', { reason: String(error) })
      }
      return failed
    },
    tell: (detail) => queue.add([{ type: 'content.v1', detail }]),
    start: queue.start,
    async stop() {
      const stopped = new AbortController()
      const end = clock.sleep(longestStopMs, stopped.signal)
      await Promise.race([queue.drain(), end])
      await Promise.race([queue.stop(), end])
      stopped.abort()
    },
  }
}

const isSpend = (body: unknown): boolean => isObject(body) && body.type === 'spend.v1'
