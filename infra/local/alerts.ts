import type { Config } from '../../lib/core/config.ts'
import type { Deliveries, Notice } from '../../lib/core/notice.ts'
import type { Clock, Log, Secrets } from '../../lib/core/ports.ts'
import { alertsFlow } from '../../lib/flows/alerts.ts'
import { postJson } from '../../lib/net/post.ts'
import { alertTargets } from '../../lib/steps/alert-targets.ts'
import { journalQueue, type Queue, type QueueMessage } from './queue.ts'

/** Half an hour of back-off: longer than a webhook is usually away. */
const attempts = 36

export type AlertQueueOptions = {
  dir: string
  config: Config
  secrets: Secrets
  deliveries: Deliveries
  clock: Clock
  log: Log
}

/**
 * What topic and alerts function are on AWS: takes an alert at once and brings it to everybody who is configured, each
 * until he has it, so that a webhook which is down neither loses an alert nor keeps spend out of the ledger. Who was told is
 * in the table, so a restart tells nobody again.
 */
export async function alertQueue(options: AlertQueueOptions): Promise<Queue<Notice>> {
  const { dir, config, secrets, deliveries, clock, log } = options
  const ports = { get: (name: string) => secrets.get(name), post: postJson, now: clock.now, log }
  const tell = alertsFlow({ targets: await alertTargets(config, ports), deliveries, clock })
  const handle = async (messages: QueueMessage[]) => {
    const outcomes = await Promise.all(
      messages.map(async ({ messageId, body }) => {
        try {
          await tell(body as Notice)
          return []
        } catch (error) {
          log('warn', 'an alert was not taken by everybody and is tried again', { reason: String(error) })
          return [messageId]
        }
      }),
    )
    return outcomes.flat()
  }
  return journalQueue({ dir, handle, clock, log, maxAttempts: attempts, batchSize: 10 })
}
