import type { AlarmMessage, CanaryMessage, Notice, ReportMessage } from '../core/notice.ts'
import { toDollars } from '../core/money.ts'
import type { AlertMessage } from '../core/spend-event.ts'

/** Slack refuses a block whose text is longer, and a message of more blocks. */
const longestBlock = 3000
const mostBlocks = 50

/** Names that LiteLLM's webhook consumers know. What it has no name for gets one of ours. */
const events = {
  soft: 'soft_budget_crossed',
  percent: 'threshold_crossed',
  hard: 'budget_crossed',
  debt: 'budget_crossed',
  unsettled: 'attempt_lost',
} satisfies Record<AlertMessage['kind'], string>

const groups: Record<string, string> = { key: 'key', team: 'team', user: 'internal_user', global: 'proxy' }
const idFields: Record<string, string> = { key: 'token', team: 'team_id', user: 'user_id' }
const aliasFields: Record<string, string> = { key: 'key_alias', team: 'team_alias' }

/** What an incoming webhook takes: `text` and `blocks` are what Slack shows, the rest is LiteLLM's webhook event. */
export function slackBody(notice: Notice): Record<string, unknown> {
  const text = escaped(notice.text)
  const shown = { text, blocks: blocksOf(text), id: notice.id }
  if (notice.kind === 'alarm') return { ...shown, ...alarmEvent(notice) }
  if (notice.kind === 'report') return { ...shown, ...reportEvent(notice) }
  if (notice.kind === 'canary') return { ...shown, ...canaryEvent(notice) }
  return { ...shown, ...budgetEvent(notice) }
}

/** Names that people choose must not call the channel (`<!channel>`) or look like links: Slack's own three escapes. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** One block per paragraph. */
const blocksOf = (text: string) =>
  text
    .split('\n\n')
    .slice(0, mostBlocks)
    .map((part) => ({ type: 'section', text: { type: 'mrkdwn', text: part.slice(0, longestBlock) } }))

/** Amounts are US dollars. */
function budgetEvent(message: AlertMessage): Record<string, unknown> {
  const idField = idFields[message.scope]
  const aliasField = aliasFields[message.scope]
  return {
    event: events[message.kind],
    event_group: groups[message.scope] ?? message.scope,
    event_message: message.text,
    spend: toDollars(message.spent),
    ...(message.limit !== undefined && { max_budget: toDollars(message.limit) }),
    ...(message.kind === 'soft' && message.soft !== undefined && { soft_budget: toDollars(message.soft) }),
    ...(message.percent !== undefined && { threshold_percent: message.percent }),
    ...(message.team_id !== undefined && { team_id: message.team_id }),
    ...(idField && { [idField]: message.scope_id }),
    ...(aliasField && { [aliasField]: message.label }),
    window: message.window,
    ...(message.resets_at !== undefined && { budget_reset_at: new Date(message.resets_at).toISOString() }),
  }
}

const reportEvent = (report: ReportMessage): Record<string, unknown> => ({
  event: 'spend_report',
  event_group: 'proxy',
  event_message: report.text,
  spend: toDollars(report.spent),
  start_date: report.from,
  end_date: report.to,
})

const canaryEvent = (canary: CanaryMessage): Record<string, unknown> => ({
  event: 'canary_rolled_back',
  event_group: 'proxy',
  event_message: canary.text,
  model_group: canary.scope_id,
  model_id: canary.label,
})

const alarmEvent = (alarm: AlarmMessage): Record<string, unknown> => ({
  event: alarm.state === 'ok' ? 'alarm_cleared' : 'alarm',
  event_message: alarm.text,
})
