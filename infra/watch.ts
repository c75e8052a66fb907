import { Duration, type Stack } from 'aws-cdk-lib'
import { Alarm, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { Topic } from 'aws-cdk-lib/aws-sns'
import type { Alerts } from './alerts.ts'
import type { Door, Gateway } from './functions.ts'
import type { Spend } from './spend.ts'
import type { Telemetry } from './telemetry.ts'
import { stackMetric } from './watch-metrics.ts'

export type Watched = {
  gateway: Gateway
  admin: Door
  spend: Spend
  alerts: Alerts
  telemetry?: Telemetry | undefined
  topic: Topic
}

const period = Duration.minutes(5)

type Over = {
  /** Alarms at this or more, 1 where absent. */
  threshold?: number
  /** In each of so many periods, 1 where absent. */
  periods?: number
  /** A percentile of few samples says nothing: CloudWatch then leaves the alarm as it is. */
  ignoreFew?: boolean
}
type AlarmOn = (id: string, text: string, metric: IMetric, over?: Over) => void

/**
 * Alarms for what a person must do something about, each with what to do in its description. CloudWatch
 * takes US$ 0.10 a month for an alarm after the first ten of an account (list price of 2026).
 */
export function watch(stack: Stack, watched: Watched): void {
  const action = new SnsAction(watched.topic)
  const alarm: AlarmOn = (id, text, metric, over = {}) => {
    const made = new Alarm(stack, id, {
      alarmDescription: `Purser: ${text}`,
      metric,
      threshold: over.threshold ?? 1,
      evaluationPeriods: over.periods ?? 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...(over.ignoreFew && { evaluateLowSampleCountPercentile: 'ignore' }),
    })
    made.addAlarmAction(action)
  }
  moneyAlarms(stack, watched, alarm)
  healthAlarms(stack, watched, alarm)
  crashAlarms(stack, watched, alarm)
}

/** What keeps money from being booked, or holds it back. Budgets stay hard through all of it. */
function moneyAlarms(stack: Stack, { spend }: Watched, alarm: AlarmOn): void {
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
    'the bus refuses events, they wait in the outbox. Look at the log of the spend function, and at the quota of PutEvents.',
    stackMetric(stack, 'outbox_waiting', { statistic: Stats.MAXIMUM }),
    { periods: 3 },
  )
  alarm(
    'LagAlarm',
    'costs are booked more than ten minutes after their requests end. Look at the age of the queue, and whether the spend function is throttled.',
    stackMetric(stack, 'settlement_lag_ms', { statistic: 'p50' }),
    { threshold: 600_000, periods: 2 },
  )
  alarm(
    'UnsettledAlarm',
    'money has been unsettled for six hours: what killed attempts may have cost still counts. See npm run admin -- orphans, and resolve each.',
    stackMetric(stack, 'unsettled', { statistic: Stats.MINIMUM, minutes: 60 }),
    { periods: 6 },
  )
}

/** What callers feel, and somebody who guesses. */
function healthAlarms(stack: Stack, { gateway }: Watched, alarm: AlarmOn): void {
  alarm(
    'FaultsAlarm',
    'one request in ten or more has failed with a 5xx, a time-out or a broken answer in 15 minutes of at least a hundred. See the dashboard for errors by code and faults by provider; give the model a fallback, or take the deployment out.',
    // A tenth or more are 1: the 90th percentile of zeros and ones. It needs 10 / (1 - 0.9) samples to count.
    stackMetric(stack, 'faults', { statistic: 'p90', minutes: 15 }),
    { ignoreFew: true },
  )
  alarm(
    'OutageAlarm',
    'at least half of all requests have failed for 15 minutes, however few they were. See errors by code on the dashboard, and the status page of the provider.',
    stackMetric(stack, 'faults', { statistic: Stats.AVERAGE }),
    { threshold: 0.5, periods: 3 },
  )
  if (gateway.fn)
    alarm(
      'ThrottlesAlarm',
      'Lambda turns callers away: the account has no concurrency left. Ask for a higher quota "Concurrent executions", or deploy with -c compute=web-function.',
      gateway.fn.metricThrottles({ period }),
    )
  alarm(
    'GuessingAlarm',
    'fifty management calls in five minutes had no valid key: somebody may be guessing the master key. Look for admin_denied in the log of the management function, and change the key if it may be known.',
    stackMetric(stack, 'admin_denied', { statistic: Stats.SUM }),
    { threshold: 50 },
  )
}

function crashAlarms(stack: Stack, { gateway, admin, spend, alerts, telemetry }: Watched, alarm: AlarmOn): void {
  alarm(
    'GatewayAlarm',
    'the gateway crashed or ran out of time; what was under way counts as unsettled (npm run admin -- orphans). Look at its log.',
    gateway.errors({ period }),
  )
  alarm(
    'SpendAlarm',
    'the spend function fails again and again, so nothing is booked. Look at its log; events wait in the queue meanwhile.',
    spend.fn.metricErrors({ period }),
    { periods: 3 },
  )
  alarm(
    'AdminAlarm',
    'the management function crashed. Look at its log, and send the call again.',
    admin.fn.metricErrors({ period }),
  )
  alarm(
    'AlertsAlarm',
    'alerts did not reach the webhook, they are kept in the queue of undelivered alerts. Look at the log of the alerts function.',
    alerts.undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
  )
  if (telemetry)
    alarm(
      'TelemetryAlarm',
      'spans did not reach the collector, they lie in the dead letters of telemetry. Money and calls are not concerned. Look at the collector, then redrive the queue.',
      telemetry.dead.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    )
  alarm(
    'ErrorsAlarm',
    'a function has logged an error; the line says what it is. Look for level "error" in the logs.',
    stackMetric(stack, 'error_lines', { statistic: Stats.SUM }),
  )
}
