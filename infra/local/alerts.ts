import { secretValue } from '../../lib/config/secrets.ts'
import type { Config } from '../../lib/core/config.ts'
import type { Clock, Log, Secrets } from '../../lib/core/ports.ts'
import type { AlertMessage } from '../../lib/core/spend-event.ts'
import { alertsFlow, boundedIds } from '../../lib/flows/alerts.ts'
import { journalQueue, type Queue, type QueueMessage } from './queue.ts'

/** Half an hour of back-off: longer than a webhook is usually away. */
const attempts = 36

export type AlertQueueOptions = {
  dir: string
  config: Config
  secrets: Secrets
  env: Record<string, string | undefined>
  clock: Clock
  log: Log
}

/**
 * What SNS is on AWS: takes an alert at once and brings it to the webhook (SLACK_WEBHOOK_URL, else the config's) until that
 * has it, so that a webhook which is down neither loses an alert nor keeps spend out of the ledger.
 */
export async function alertQueue(options: AlertQueueOptions): Promise<Queue<AlertMessage>> {
  const { dir, config, secrets, env, clock, log } = options
  const configured = config.slackWebhook && (await secretValue(config.slackWebhook, (name) => secrets.get(name)))
  const tell = alertsFlow({ webhookUrl: env.SLACK_WEBHOOK_URL ?? configured, post, known: boundedIds(), log })
  const handle = async (messages: QueueMessage[]) => {
    const failed: string[] = []
    for (const { messageId, body } of messages) {
      try {
        await tell(body as AlertMessage)
      } catch (error) {
        failed.push(messageId)
        log('warn', 'an alert was not taken by the webhook and is tried again', { reason: String(error) })
      }
    }
    return failed
  }
  return journalQueue({ dir, handle, clock, log, maxAttempts: attempts })
}

/** Redirects are not followed: an alert goes to the address that was configured and to no other. */
async function post(url: string, body: string): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  })
  await response.body?.cancel()
  return response.status
}
