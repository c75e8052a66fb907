import { held } from '../../core/budget.ts'
import { toDollars } from '../../core/money.ts'
import type { ScopeRecord } from '../../core/records.ts'
import { windowOf } from '../../core/windows.ts'
import type { Desk } from './request.ts'

/** Where a scope stands now, in US$: LiteLLM's `spend` and `budget_reset_at`, and what only we know. */
export type Standing = {
  spend: number
  max_budget: number | null
  soft_budget: number | null
  budget_duration: string | null
  budget_reset_at: string | null
  purser: { id: string; held: number; unsettled: number; available: number | null; window: string | null }
}

/** Spend of a budget is that of its current window; without a budget it is everything that the ledger has. */
export async function standingOf({ config, ports }: Desk, record: ScopeRecord): Promise<Standing> {
  const { terms, kind, id } = record
  const { key, end } = windowOf({ kind, id, terms }, ports.clock.now(), config.timeZone)
  const counted = terms.limit !== undefined || terms.soft !== undefined
  const item = counted ? await ports.budgets.read(key) : undefined
  const total = counted || kind === 'global' ? undefined : await ports.ledger.total(kind, id)
  const available = terms.limit === undefined ? null : toDollars(item ? item.available : terms.limit)
  return {
    spend: toDollars(item?.spent ?? total?.spend ?? 0),
    ...limitsOf(record),
    budget_reset_at: terms.duration !== undefined && Number.isFinite(end) ? new Date(end).toISOString() : null,
    purser: {
      id,
      held: item ? toDollars(held(item)) : 0,
      unsettled: toDollars(item?.unsettled ?? 0),
      available,
      window: counted ? key.sk : null,
    },
  }
}

const limitsOf = ({ terms }: ScopeRecord) => ({
  max_budget: terms.limit === undefined ? null : toDollars(terms.limit),
  soft_budget: terms.soft === undefined ? null : toDollars(terms.soft),
  budget_duration: terms.duration ?? null,
})
