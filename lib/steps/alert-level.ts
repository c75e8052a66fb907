import type { Notice } from '../core/notice.ts'

export type Level = 'critical' | 'error' | 'warning' | 'info'

/** How bad it is, in PagerDuty's four words: `critical` where calls are refused or a limit did not hold. */
const levels = {
  soft: 'warning',
  percent: 'warning',
  hard: 'critical',
  debt: 'critical',
  unsettled: 'error',
  report: 'info',
  alarm: 'error',
  canary: 'error',
} satisfies Record<Notice['kind'], Level>

export const levelOf = (notice: Notice): Level => levels[notice.kind]

/** One line that says what it is, for a subject or a title. Not cut, and in no markup. */
export function titleOf(notice: Notice): string {
  if (notice.kind === 'alarm') return `${notice.name} is ${notice.state === 'ok' ? 'fine again' : 'in alarm'}`
  if (notice.kind === 'report') return `${notice.every} spend report, ${notice.from} to ${notice.to}`
  if (notice.kind === 'canary') return `canary ${notice.label} of model ${notice.scope_id} rolled back`
  return `${notice.kind} budget alert for ${notice.scope} ${notice.label}`
}
