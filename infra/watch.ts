import { Duration, type Stack } from 'aws-cdk-lib'
import { Alarm, type IMetric, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { FilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import type { Topic } from 'aws-cdk-lib/aws-sns'
import type { Alerts } from './alerts.ts'
import type { Door } from './functions.ts'
import type { Spend } from './spend.ts'

export type Watched = { gateway: Door; admin: Door; spend: Spend; alerts: Alerts; topic: Topic }

const period = Duration.minutes(5)

/** Alarms for what a person must do something about, each with what to do in its description. */
export function watch(stack: Stack, { gateway, admin, spend, alerts, topic }: Watched): void {
  const action = new SnsAction(topic)
  const alarm = (id: string, text: string, metric: IMetric, over: { threshold?: number; periods?: number } = {}) => {
    const made = new Alarm(stack, id, {
      alarmDescription: `Purser: ${text}`,
      metric,
      threshold: over.threshold ?? 1,
      evaluationPeriods: over.periods ?? 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    made.addAlarmAction(action)
  }
  alarm(
    'DeadLettersAlarm',
    'spend events lie in the dead letters; their money stays held. Look at the log of the spend function, then redrive the queue.',
    spend.dead.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
  )
  alarm(
    'QueueAlarm',
    'spend events wait for more than 15 minutes; budgets stay hard, but money comes back late. Look at the log of the spend function.',
    spend.queue.metricApproximateAgeOfOldestMessage({ period, statistic: Stats.MAXIMUM }),
    { threshold: 900 },
  )
  alarm(
    'OutboxAlarm',
    'the bus refuses events, they wait in the outbox. Look at the log of the spend function.',
    outboxWaiting(stack, spend.logs),
    { periods: 3 },
  )
  alarm(
    'GatewayAlarm',
    'the gateway crashed or ran out of time; what was under way counts as unsettled (npm run admin -- orphans).',
    gateway.fn.metricErrors({ period }),
  )
  alarm('SpendAlarm', 'the spend function fails again and again.', spend.fn.metricErrors({ period }), { periods: 3 })
  alarm('AdminAlarm', 'the management function crashed.', admin.fn.metricErrors({ period }))
  alarm(
    'AlertsAlarm',
    'alerts did not reach the webhook, they are kept in the queue of undelivered alerts. Look at the log of the alerts function.',
    alerts.undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
  )
  const logs = [gateway.logs, admin.logs, spend.logs, alerts.logs]
  alarm('ErrorsAlarm', 'a function has logged an error; the line says what it is.', errorLines(stack, logs))
}

/** The relay says every minute how many events still wait. */
function outboxWaiting(stack: Stack, logGroup: LogGroup): Metric {
  const filter = new MetricFilter(stack, 'OutboxWaiting', {
    logGroup,
    metricNamespace: stack.stackName,
    metricName: 'OutboxWaiting',
    filterPattern: FilterPattern.exists('$.outbox_waiting'),
    metricValue: '$.outbox_waiting',
  })
  return filter.metric({ period, statistic: Stats.MINIMUM })
}

function errorLines(stack: Stack, groups: readonly LogGroup[]): Metric {
  for (const logGroup of groups)
    new MetricFilter(stack, `${logGroup.node.id}Errors`, {
      logGroup,
      metricNamespace: stack.stackName,
      metricName: 'ErrorLines',
      filterPattern: FilterPattern.stringValue('$.level', '=', 'error'),
      metricValue: '1',
    })
  return new Metric({ namespace: stack.stackName, metricName: 'ErrorLines', period, statistic: Stats.SUM })
}
