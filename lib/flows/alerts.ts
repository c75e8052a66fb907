import type { Log } from '../core/ports.ts'
import { toDollars } from '../core/money.ts'
import type { AlertMessage } from '../core/spend-event.ts'

/** Ids of alerts that were delivered. */
export type KnownIds = { has(id: string): boolean; add(id: string): unknown }

export type AlertsOptions = {
  /** A Slack incoming webhook, or anything that takes its JSON. Undefined: alerts go to the log only. */
  webhookUrl: string | undefined
  /** Sends a JSON body, resolves with the HTTP status. */
  post: (url: string, body: string) => Promise<number>
  known: KnownIds
  log: Log
}

/**
 * Brings alerts to people. The same alert may come several times, always with the same id (money protocol, 7): those that
 * were delivered are dropped. Rejects where the webhook does not take it, so that whoever called tries again.
 */
export function alertsFlow({ webhookUrl, post, known, log }: AlertsOptions): (message: AlertMessage) => Promise<void> {
  const underWay = new Map<string, Promise<void>>()

  const deliver = async (message: AlertMessage): Promise<void> => {
    if (webhookUrl) {
      const status = await post(webhookUrl, JSON.stringify(webhookBody(message)))
      if (status < 200 || status > 299) throw new Error(`the alert webhook answered ${status}`)
    }
    log('warn', message.text, {
      alert: message.id,
      kind: message.kind,
      scope: message.scope,
      scope_id: message.scope_id,
    })
    known.add(message.id)
  }

  return async (message) => {
    if (known.has(message.id)) return
    const delivery = underWay.get(message.id) ?? deliver(message)
    underWay.set(message.id, delivery)
    try {
      await delivery
    } finally {
      underWay.delete(message.id)
    }
  }
}

/** A set that forgets its oldest ids, so that a process which lives for months does not grow. */
export function boundedIds(most = 10_000): KnownIds {
  const ids = new Set<string>()
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.add(id)
      const [oldest] = ids
      if (ids.size > most && oldest !== undefined) ids.delete(oldest)
    },
  }
}

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

/** Slack shows `text` (and `blocks`, where they are); the rest is LiteLLM's webhook event, amounts in US dollars. */
function webhookBody(message: AlertMessage): Record<string, unknown> {
  const idField = idFields[message.scope]
  const aliasField = aliasFields[message.scope]
  return {
    text: message.text,
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text: message.text } }],
    id: message.id,
    event: events[message.kind],
    event_group: groups[message.scope] ?? message.scope,
    event_message: message.text,
    spend: toDollars(message.spent),
    ...(message.limit !== undefined && { max_budget: toDollars(message.limit) }),
    ...(message.kind === 'soft' && message.soft !== undefined && { soft_budget: toDollars(message.soft) }),
    ...(message.percent !== undefined && { threshold_percent: message.percent }),
    ...(idField && { [idField]: message.scope_id }),
    ...(aliasField && { [aliasField]: message.label }),
    window: message.window,
    ...(message.resets_at !== undefined && { budget_reset_at: new Date(message.resets_at).toISOString() }),
  }
}
