import type { Config } from '../../core/config.ts'
import type { BudgetTerms, GlobalRecord } from '../../core/records.ts'
import { edit } from './edit.ts'
import type { AdminPorts } from './request.ts'

/**
 * Writes the record of the whole gateway's budget (`litellm_settings.max_budget`), at start and at every deployment. A new
 * version only where its terms have changed, then pushed like any edit: budgets of the configuration have a `v` too (money
 * protocol, 2). May run any number of times, at once in several places.
 */
export async function ensureGlobal(config: Config, ports: AdminPorts): Promise<void> {
  const { directory, clock } = ports
  const found = await directory.scope('global', '-')
  if (!found && !config.globalBudget) return
  const now = clock.now()
  if (!found && (await directory.create(globalRecord(config, now))) === 'created') return
  const current = found ?? (await directory.scope('global', '-'))
  if (!current || agrees(config, current.terms)) return
  const change = (before: GlobalRecord) => ({ ...before, terms: termsOf(config, before.terms, now) })
  await edit({ config, ports }, { kind: 'global', id: '-', change })
}

const globalRecord = (config: Config, now: number): GlobalRecord => ({
  kind: 'global',
  id: '-',
  alias: 'gateway',
  terms: termsOf(config, { v: 1, anchor: now, blocked: false }, now),
  models: [],
  metadata: {},
  createdAt: now,
  updatedAt: now,
  createdBy: 'config',
  other: {},
})

const agrees = (config: Config, terms: BudgetTerms): boolean => {
  const { limit, soft, duration } = config.globalBudget ?? {}
  return terms.limit === limit && terms.soft === soft && terms.duration === duration
}

/** The version stays: `edit` counts it. */
function termsOf(config: Config, before: BudgetTerms, now: number): BudgetTerms {
  const { limit, soft, duration } = config.globalBudget ?? {}
  return {
    v: before.v,
    anchor: duration === before.duration ? before.anchor : now,
    blocked: before.blocked,
    ...(limit !== undefined && { limit }),
    ...(soft !== undefined && { soft }),
    ...(duration !== undefined && { duration }),
  }
}
