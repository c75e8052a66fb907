import type { CanaryMessage, Notice, ReportMessage } from '../core/notice.ts'
import { toDollars } from '../core/money.ts'
import type { AlertMessage } from '../core/spend-event.ts'
import { levelOf, titleOf } from './alert-level.ts'
import { escaped } from './alert-slack.ts'

type Told = Exclude<Notice, { kind: 'alarm' }>

const signs = {
  critical: ':rotating_light:',
  error: ':warning:',
  warning: ':large_yellow_circle:',
  info: ':bar_chart:',
}

/** What a reader can do about it. */
const nextSteps = {
  soft: ['See who spends it: GET /spend/logs', 'Calls still go through; only the hard limit refuses them.'],
  percent: ['Raise max_budget before it is used up (/key/update, /team/update, /user/update), or wait for the reset.'],
  hard: [
    'Raise max_budget to let calls through at once (/key/update, /team/update, /user/update), or wait for the reset.',
  ],
  debt: ['Compare the attempt in GET /spend/logs with the price of its model.'],
  unsettled: [
    'List such attempts: npm run admin -- orphans',
    'Settle one: npm run admin -- orphans resolve ID --cost DOLLARS',
  ],
  report: [],
  canary: [
    'Compare it with its baseline: npm run admin -- canary',
    'Once it is mended, give it its share again: npm run admin -- canary reset ID',
  ],
} satisfies Record<Told['kind'], string[]>

/** Room that a chat message has. */
const longestTitle = 250
const longestDescription = 8000
const longestThread = 200

/**
 * A custom notification of Amazon Q Developer in chat applications, version 1.0. Anything that is not exactly this shape it
 * drops without a word (custom notifications, "Event schema"). All alerts of one budget window are one thread.
 */
export function chatNotification(notice: Told) {
  const title = titleOf(notice)
  return {
    version: '1.0',
    source: 'custom',
    id: notice.id,
    content: {
      textType: 'client-markdown',
      title: `${signs[levelOf(notice)]} ${escaped(capital(title))}`.slice(0, longestTitle),
      description: escaped(notice.text).slice(0, longestDescription),
      nextSteps: nextSteps[notice.kind],
      keywords: [notice.kind, notice.scope],
    },
    metadata: {
      threadId: threadOf(notice),
      summary: escaped(capital(title)).slice(0, longestTitle),
      ...wordsOf(notice),
    },
  }
}

function wordsOf(notice: Told): { eventType: string; additionalContext: Record<string, string> } {
  if (notice.kind === 'report') return { eventType: `report.${notice.every}`, additionalContext: reportFacts(notice) }
  if (notice.kind === 'canary') return { eventType: 'canary.rolled_back', additionalContext: canaryFacts(notice) }
  return { eventType: `budget.${notice.kind}`, additionalContext: facts(notice) }
}

const threadOf = (notice: Told): string =>
  (notice.kind === 'report' || notice.kind === 'canary'
    ? notice.id
    : `budget-${notice.scope}-${notice.scope_id}-${notice.window}`
  )
    .replace(/[^\w.#:@-]/g, '-')
    .slice(-longestThread)

/** Strings only, which is all that the schema takes; amounts in US dollars. */
const facts = (alert: AlertMessage): Record<string, string> => ({
  kind: alert.kind,
  level: levelOf(alert),
  scope: alert.scope,
  scope_id: alert.scope_id,
  label: alert.label,
  ...(alert.team_id !== undefined && { team_id: alert.team_id }),
  window: alert.window,
  spent: dollarsText(alert.spent),
  held: dollarsText(alert.held),
  unsettled: dollarsText(alert.unsettled),
  ...(alert.limit !== undefined && { limit: dollarsText(alert.limit) }),
  ...(alert.resets_at !== undefined && { resets_at: new Date(alert.resets_at).toISOString() }),
})

const canaryFacts = (canary: CanaryMessage): Record<string, string> => ({
  kind: canary.kind,
  level: levelOf(canary),
  model_group: canary.scope_id,
  deployment: canary.label,
  share: String(canary.share),
  reason: canary.reason,
})

const reportFacts = (report: ReportMessage): Record<string, string> => ({
  kind: report.kind,
  level: levelOf(report),
  from: report.from,
  to: report.to,
  spent: dollarsText(report.spent),
  before: dollarsText(report.before),
  requests: String(report.requests),
})

const dollarsText = (nano: number) => String(toDollars(nano))
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
