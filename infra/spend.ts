import { CfnOutput, Duration, type Stack, TimeZone } from 'aws-cdk-lib'
import { EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import type { Topic } from 'aws-cdk-lib/aws-sns'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { canariesOf } from '../lib/flows/canary.ts'
import { needsStatistics } from '../lib/steps/routing-needs.ts'
import { type Door, door } from './functions.ts'
import { mayPutEvents } from './gateway.ts'
import { reportSchedule } from './report.ts'
import { consume } from './queues.ts'
import type { Settings } from './settings.ts'
import { mayRead, mayWrite, type Store } from './store.ts'

/** Long enough for a full batch, short enough that a batch whose function died is tried again within minutes. */
const timeoutSeconds = 30

export type Spend = Door & { queue: Queue; dead: Queue }

export const spendBus = (stack: Stack): EventBus =>
  new EventBus(stack, 'Bus', { description: 'Purser: one spend.v1 event per billable attempt' })

/** From the bus over a queue to the aggregator: what cannot be booked after ten tries lies in the dead letters, with an alarm. */
export function spend(stack: Stack, settings: Settings, parts: Store & { bus: EventBus; topic: Topic }): Spend {
  const { table, bus, topic } = parts
  const dead = new Queue(stack, 'DeadLetters', { retentionPeriod: Duration.days(14), enforceSSL: true })
  const queue = new Queue(stack, 'SpendQueue', {
    retentionPeriod: Duration.days(14),
    visibilityTimeout: Duration.seconds(6 * timeoutSeconds),
    deadLetterQueue: { queue: dead, maxReceiveCount: 10 },
    enforceSSL: true,
  })
  new Rule(stack, 'SpendRule', {
    eventBus: bus,
    eventPattern: { source: ['purser'], detailType: ['spend.v1', 'look.v1'] },
    targets: [new SqsQueue(queue, { deadLetterQueue: dead })],
  })
  const made = door(stack, 'spend', {
    config: settings.config,
    description: 'Purser: settles budgets, tells of crossings, keeps the ledger',
    timeoutSeconds,
    environment: { TABLE: table.tableName, BUS: bus.eventBusName, TOPIC: topic.topicArn },
    may: [
      mayRead(table, ['GetItem', 'BatchGetItem', 'Query', 'Scan']),
      mayWrite(table, ['PutItem'], ['LEDGER']),
      mayWrite(table, ['UpdateItem'], ['BUDGET', 'ROLLUP']),
      mayWrite(table, ['DeleteItem'], ['OUTBOX']),
      // That a report was published.
      mayWrite(table, ['UpdateItem'], ['ALERT']),
      ...(needsStatistics(settings.config) || canariesOf(settings.config).length > 0
        ? [mayWrite(table, ['UpdateItem'], ['ROUTE'])]
        : []),
      mayPutEvents(bus),
      new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }),
    ],
  })
  consume(made.fn, 'Spend', { queue, batchSize: 100, maxBatchingWindow: Duration.seconds(1) })
  schedules(stack, settings, made)
  new CfnOutput(stack, 'DeadLettersUrl', { value: dead.queueUrl })
  return { ...made, queue, dead }
}

/** The outbox holds what the bus did not take, so it is emptied often; expired holds wait for the night, if nobody saw them before. */
function schedules(stack: Stack, settings: Settings, { fn }: Door): void {
  const conditions = { StringEquals: { 'aws:SourceAccount': stack.account } }
  const role = new Role(stack, 'ScheduleRole', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', { conditions }),
  })
  role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] }))
  // CDK would add the right to invoke every version there will ever be.
  const target = (task: string, more: Record<string, string> = {}) =>
    new LambdaInvoke(fn, {
      input: ScheduleTargetInput.fromObject({ task, ...more }),
      retryAttempts: 2,
      role: role.withoutPolicyUpdates(),
    })
  new Schedule(stack, 'Relay', {
    description: 'Purser: sends again what the bus did not take',
    schedule: ScheduleExpression.rate(Duration.minutes(1)),
    target: target('relay'),
  })
  new Schedule(stack, 'Count', {
    description: 'Purser: counts the money that is held and unsettled, for the dashboard',
    schedule: ScheduleExpression.rate(Duration.minutes(5)),
    target: target('count'),
  })
  new Schedule(stack, 'Sweep', {
    description: 'Purser: gives expired holds their name',
    schedule: ScheduleExpression.cron({ minute: '17', hour: '3', timeZone: TimeZone.ETC_UTC }),
    target: target('sweep'),
  })
  const report = reportSchedule(settings)
  if (report)
    new Schedule(stack, 'Report', {
      description: 'Purser: tells what was spent',
      schedule: report.schedule,
      target: target('report', { every: report.every }),
    })
}
