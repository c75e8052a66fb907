import { TimeZone } from 'aws-cdk-lib'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import type { ReportEvery } from '../lib/core/notice.ts'
import { reportHour } from '../lib/steps/report-period.ts'
import type { Settings } from './settings.ts'

/** When spend reports are due, and what the aggregator is told then. Undefined where nobody wants any. */
export function reportSchedule(settings: Settings): { every: ReportEvery; schedule: ScheduleExpression } | undefined {
  const every = settings.report ?? settings.config.report ?? 'weekly'
  if (every === 'off') return undefined
  const zone = settings.config.timeZone ?? 'UTC'
  const time = { minute: '0', hour: String(reportHour(zone)), timeZone: TimeZone.of(zone) }
  return {
    every,
    schedule: ScheduleExpression.cron({ ...time, ...(every === 'weekly' ? { weekDay: 'MON' } : { day: '1' }) }),
  }
}
