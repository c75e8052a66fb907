import { randomUUID } from 'node:crypto'
import { default as middy } from '@middy/core'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { bundledConfig, environment } from '../lib/aws/environment.ts'
import { metricLog } from '../lib/aws/metrics.ts'
import { toMessage } from '../lib/aws/queue.ts'
import { getSecret, secretsManager, withEnvironment } from '../lib/aws/secrets.ts'
import { otlpBase, otlpHeaders, otlpNames } from '../lib/config/otlp.ts'
import { systemClock as clock } from '../lib/core/clock.ts'
import { telemetryFlow } from '../lib/flows/telemetry.ts'
import { undiciUpstream } from '../lib/net/upstream.ts'

/** Spend events to a collector: behind a queue of its own, so that a collector which is away touches nothing else. */
const env = environment(process.env, ['SECRET', otlpNames.endpoint, otlpNames.service])
const config = bundledConfig(import.meta.url)
const stored = secretsManager({ read: getSecret(env.SECRET), secretId: env.SECRET, ttlMs: 300_000, clock })
const secrets = withEnvironment(config.environment, stored)
const flow = telemetryFlow({
  base: otlpBase(env[otlpNames.endpoint]),
  headers: async (fresh) => otlpHeaders(await secrets.get(otlpNames.headers, fresh)),
  service: env[otlpNames.service],
  instance: randomUUID(),
  upstream: undiciUpstream(),
  clock,
  random: Math.random,
  log: metricLog(process.env.STACK),
})

export const handler = middy(async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const failed = await flow.handle(event.Records.map(toMessage))
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
})
