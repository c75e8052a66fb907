import { default as middy } from '@middy/core'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { budgetStore } from '../lib/aws/budgets.ts'
import { busPublisher } from '../lib/aws/bus.ts'
import { lambdaDynamo } from '../lib/aws/clients.ts'
import { deliveryStore } from '../lib/aws/deliveries.ts'
import { recordStore } from '../lib/aws/directory.ts'
import { bundledConfig, environment } from '../lib/aws/environment.ts'
import { ledgerStore } from '../lib/aws/ledger.ts'
import { metricLog } from '../lib/aws/metrics.ts'
import { outboxStore } from '../lib/aws/outbox.ts'
import { toMessage } from '../lib/aws/queue.ts'
import { signedEvents } from '../lib/aws/signed.ts'
import { routeStore } from '../lib/aws/routing.ts'
import { publishToSns, snsTopic } from '../lib/aws/topic.ts'
import { trialStore } from '../lib/aws/trials.ts'
import { systemClock } from '../lib/core/clock.ts'
import type { ReportEvery } from '../lib/core/notice.ts'
import { countMoney } from '../lib/flows/count.ts'
import { report } from '../lib/flows/report.ts'
import { spendFlow } from '../lib/flows/spend.ts'
import { alertWording } from '../lib/steps/alert-wording.ts'

/** The aggregator behind the queue, and its schedules. */
const env = environment(process.env, ['TABLE', 'BUS', 'TOPIC'])
const log = metricLog(process.env.STACK)
const dynamo = lambdaDynamo()
const { region, credentials, endpoints } = env
const publish = busPublisher(signedEvents({ endpoint: endpoints.events, region, credentials }), env.BUS)
const outbox = outboxStore(dynamo, env.TABLE)
const config = bundledConfig(import.meta.url)
const tell = snsTopic({ publish: publishToSns(), topicArn: env.TOPIC, wording: alertWording })
const directory = recordStore(dynamo, env.TABLE)
const ports = {
  budgets: budgetStore(dynamo, env.TABLE),
  ledger: ledgerStore(dynamo, env.TABLE),
  routes: routeStore({ dynamo, table: env.TABLE, now: systemClock.now }),
  canaries: { trials: trialStore({ dynamo, table: env.TABLE }), tell },
  clock: systemClock,
  log,
}
const flow = spendFlow(config, { ...ports, records: directory, random: Math.random, alert: tell })
const deliveries = deliveryStore({ dynamo, table: env.TABLE, clock: systemClock })

type Task = { task: 'relay' | 'sweep' | 'count' } | { task: 'report'; every: ReportEvery }

async function handle(event: SQSEvent | Task): Promise<SQSBatchResponse | undefined> {
  if ('Records' in event) {
    const failed = await flow.handle(event.Records.map(toMessage))
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
  if (event.task === 'sweep') log('info', 'swept', await flow.sweep())
  else if (event.task === 'count') await countMoney(config, { ...ports, directory })
  else if (event.task === 'report') await tellReport(event.every)
  else await relay()
  return undefined
}

/** A throw makes Lambda ask again in a minute, by which time a claim of somebody who has died is void. */
async function tellReport(every: ReportEvery): Promise<void> {
  const outcome = await report(config, { ...ports, directory, deliveries, publish: tell }, every)
  if (outcome === 'busy')
    throw new Error('the spend report is being made by another environment; asked again, to be sure')
  log('info', 'spend report', { outcome, every })
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
  if (sent + waiting > 0) log('info', 'outbox relayed', { sent, ...(waiting > 0 && { outbox_waiting: waiting }) })
}

export const handler = middy(handle)
