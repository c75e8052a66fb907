import { Duration, type Stack } from 'aws-cdk-lib'
import { type EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { type Door, door } from './functions.ts'
import { consume } from './queues.ts'
import type { Settings } from './settings.ts'
import { mayReadSecret, type Store } from './store.ts'

/** Long enough for a batch whose collector is slow: spans, metrics and content have twenty seconds each at most. */
const timeoutSeconds = 60

/** Deliveries of one event, six minutes apart: a collector may be away for ten hours, then the dead letters wait. */
const deliveries = 100

export type Telemetry = Door & { queue: Queue; dead: Queue }

/**
 * From the bus over a queue of its own to the collector: whatever becomes of it, the aggregator and its queue know nothing of
 * it. Made only where there is a collector (`-c otlp=https://collector:4318`).
 */
export function telemetry(
  stack: Stack,
  settings: Settings,
  { secret, bus }: Store & { bus: EventBus },
): Telemetry | undefined {
  if (settings.otlp === undefined) return undefined
  const dead = new Queue(stack, 'TelemetryDeadLetters', { retentionPeriod: Duration.days(14), enforceSSL: true })
  const queue = new Queue(stack, 'TelemetryQueue', {
    retentionPeriod: Duration.days(14),
    visibilityTimeout: Duration.seconds(6 * timeoutSeconds),
    deadLetterQueue: { queue: dead, maxReceiveCount: deliveries },
    enforceSSL: true,
  })
  new Rule(stack, 'TelemetryRule', {
    eventBus: bus,
    eventPattern: { source: ['purser'], detailType: ['spend.v1', 'content.v1'] },
    targets: [new SqsQueue(queue, { deadLetterQueue: dead })],
  })
  const made = door(stack, 'telemetry', {
    config: settings.config,
    description: 'Purser: spend events to an OpenTelemetry collector',
    timeoutSeconds,
    environment: { SECRET: secret.id, OTEL_EXPORTER_OTLP_ENDPOINT: settings.otlp, OTEL_SERVICE_NAME: settings.stack },
    may: [mayReadSecret(secret)],
  })
  consume(made.fn, 'Telemetry', {
    queue,
    batchSize: 100,
    maxBatchingWindow: Duration.seconds(5),
    // A collector that is slow must not take the account's functions from the gateway.
    maxConcurrency: 5,
  })
  return { ...made, queue, dead }
}
