import { default as middy } from '@middy/core'
import type { SNSEvent } from 'aws-lambda'
import { lambdaDynamo } from '../lib/aws/clients.ts'
import { deliveryStore } from '../lib/aws/deliveries.ts'
import { bundledConfig, environment } from '../lib/aws/environment.ts'
import { metricLog } from '../lib/aws/metrics.ts'
import { getSecret, secretsManager, withEnvironment } from '../lib/aws/secrets.ts'
import { readNotice } from '../lib/aws/topic.ts'
import { systemClock } from '../lib/core/clock.ts'
import { alertsFlow } from '../lib/flows/alerts.ts'
import { postJson } from '../lib/net/post.ts'
import { alertTargets } from '../lib/steps/alert-targets.ts'

/** From the topic to Slack, PagerDuty and a webhook of one's own, each told once. A throw makes Lambda try again. */
const env = environment(process.env, ['SECRET', 'TABLE'])
const config = bundledConfig(import.meta.url)
const log = metricLog(process.env.STACK)
const stored = secretsManager({ read: getSecret(env.SECRET), secretId: env.SECRET, ttlMs: 300_000, clock: systemClock })
const secrets = withEnvironment(config.environment, stored)
const deliveries = deliveryStore({ dynamo: lambdaDynamo(), table: env.TABLE, clock: systemClock })
const targetPorts = { get: (name: string) => secrets.get(name), post: postJson, now: systemClock.now, log }

export const handler = middy(async (event: SNSEvent): Promise<void> => {
  const targets = await alertTargets(config, targetPorts)
  const tell = alertsFlow({ targets, deliveries, clock: systemClock })
  for (const { Sns } of event.Records) await tell(readNotice(Sns.Message, Sns.MessageId))
})
