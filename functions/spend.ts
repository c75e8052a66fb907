import { default as middy } from '@middy/core'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { budgetStore } from '../lib/aws/budgets.ts'
import { busPublisher } from '../lib/aws/bus.ts'
import { lambdaDynamo } from '../lib/aws/clients.ts'
import { recordStore } from '../lib/aws/directory.ts'
import { bundledConfig, environment, jsonLog } from '../lib/aws/environment.ts'
import { ledgerStore } from '../lib/aws/ledger.ts'
import { outboxStore } from '../lib/aws/outbox.ts'
import { toMessage } from '../lib/aws/queue.ts'
import { signedEvents } from '../lib/aws/signed.ts'
import { publishToSns, snsTopic } from '../lib/aws/topic.ts'
import { systemClock } from '../lib/core/clock.ts'
import { spendFlow } from '../lib/flows/spend.ts'

/** The aggregator behind the queue, and its two schedules. */
const env = environment(process.env, ['TABLE', 'BUS', 'TOPIC'])
const dynamo = lambdaDynamo()
const { region, credentials, endpoints } = env
const publish = busPublisher(signedEvents({ endpoint: endpoints.events, region, credentials }), env.BUS)
const outbox = outboxStore(dynamo, env.TABLE)
const flow = spendFlow(bundledConfig(import.meta.url), {
  budgets: budgetStore(dynamo, env.TABLE),
  ledger: ledgerStore(dynamo, env.TABLE),
  records: recordStore(dynamo, env.TABLE),
  clock: systemClock,
  random: Math.random,
  alert: snsTopic({ publish: publishToSns(), topicArn: env.TOPIC }),
  log: jsonLog,
})

type Task = { task: 'relay' | 'sweep' }

async function handle(event: SQSEvent | Task): Promise<SQSBatchResponse | undefined> {
  if ('Records' in event) {
    const failed = await flow.handle(event.Records.map(toMessage))
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
  if (event.task === 'sweep') jsonLog('info', 'swept', await flow.sweep())
  else await relay()
  return undefined
}

/** `outbox_waiting` is the metric behind an alarm. */
async function relay(): Promise<void> {
  let waiting = 0
  const sent = await outbox.relay((events) =>
    publish(events).catch((error: unknown) => {
      waiting += events.length
      throw error
    }),
  )
  jsonLog('info', 'outbox relayed', { sent, outbox_waiting: waiting })
}

export const handler = middy(handle)
