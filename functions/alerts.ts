import { default as middy } from '@middy/core'
import type { SNSEvent } from 'aws-lambda'
import { bundledConfig, environment, jsonLog } from '../lib/aws/environment.ts'
import { getSecret, secretsManager, withEnvironment } from '../lib/aws/secrets.ts'
import { readNotice } from '../lib/aws/topic.ts'
import { secretValue } from '../lib/config/secrets.ts'
import { systemClock } from '../lib/core/clock.ts'
import { alertsFlow, boundedIds } from '../lib/flows/alerts.ts'

/** From the topic to a Slack incoming webhook: budget alerts once each, and alarms. A throw makes Lambda try again. */
const env = environment(process.env, ['SECRET'])
const config = bundledConfig(import.meta.url)
const stored = secretsManager({ read: getSecret(env.SECRET), secretId: env.SECRET, ttlMs: 300_000, clock: systemClock })
const secrets = withEnvironment(config.environment, stored)
const known = boundedIds()

async function post(url: string, body: string): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) })).status
}

async function tell(text: string): Promise<void> {
  const webhookUrl = await secretValue(config.slackWebhook ?? { env: 'SLACK_WEBHOOK_URL' }, (name) => secrets.get(name))
  const notice = readNotice(text)
  if ('alert' in notice) return alertsFlow({ webhookUrl, post, known, log: jsonLog })(notice.alert)
  jsonLog('warn', notice.words)
  if (!webhookUrl) return
  const status = await post(webhookUrl, JSON.stringify({ text: notice.words }))
  if (status > 299) throw new Error(`the alert webhook answered ${status}`)
}

export const handler = middy(async (event: SNSEvent): Promise<void> => {
  for (const record of event.Records) await tell(record.Sns.Message)
})
