import { createHash } from 'node:crypto'
import type { Notice, ReportMessage } from '../core/notice.ts'
import { toDollars } from '../core/money.ts'
import type { AlertMessage } from '../core/spend-event.ts'
import { levelOf } from './alert-level.ts'

/** Where PagerDuty's Events API v2 is, unless PAGERDUTY_URL says otherwise (the EU region, or whatever takes the same JSON). */
export const pagerDutyUrl = 'https://events.pagerduty.com/v2/enqueue'

/** Limits of the Events API v2. */
const longestKey = 255
const longestSummary = 1024

/** Nobody is woken by a report. */
export type Incident = Exclude<Notice, ReportMessage>

/**
 * An event of the Events API v2. Copies of one alert share its `dedup_key`, so PagerDuty makes one incident of them; an
 * alarm's all-clear resolves its incident. A budget's is resolved by people: a new window is no proof that all is well.
 */
export function pagerDutyEvent(notice: Incident, routingKey: string): Record<string, unknown> {
  const clear = notice.kind === 'alarm' && notice.state === 'ok'
  return {
    routing_key: routingKey,
    event_action: clear ? 'resolve' : 'trigger',
    dedup_key: dedupKey(notice.kind === 'alarm' ? `ALARM ${notice.name}` : notice.id),
    client: 'Purser',
    payload: {
      summary: notice.text.replaceAll('`', '').slice(0, longestSummary),
      source: notice.kind === 'alarm' ? notice.name : `${notice.scope} ${notice.label}`,
      severity: levelOf(notice),
      component: 'llm-gateway',
      class: notice.kind,
      ...(notice.kind !== 'alarm' && { group: notice.scope, custom_details: details(notice) }),
    },
  }
}

/** An id may hold a scope's whole name; what would be refused for its length goes by its hash, which is as stable. */
const dedupKey = (id: string): string => (id.length <= longestKey ? id : createHash('sha256').update(id).digest('hex'))

/** Amounts in US dollars, for people. */
const details = (alert: Exclude<Incident, { kind: 'alarm' }>) =>
  alert.kind === 'canary'
    ? {
        alert_id: alert.id,
        model_group: alert.scope_id,
        deployment: alert.label,
        share: alert.share,
        reason: alert.reason,
      }
    : budgetDetails(alert)

const budgetDetails = (alert: AlertMessage) => ({
  alert_id: alert.id,
  scope_id: alert.scope_id,
  ...(alert.team_id !== undefined && { team_id: alert.team_id }),
  window: alert.window,
  spent: toDollars(alert.spent),
  held: toDollars(alert.held),
  unsettled: toDollars(alert.unsettled),
  ...(alert.limit !== undefined && { limit: toDollars(alert.limit) }),
})
