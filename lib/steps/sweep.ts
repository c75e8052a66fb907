import { expiryOf } from '../core/attempt-id.ts'
import type { AttemptId, Budgets, WindowItem, WindowKey } from '../core/budget.ts'
import type { Ledger } from '../core/ledger.ts'
import type { NanoDollars } from '../core/money.ts'
import { lostEntry } from './sweep-entry.ts'
import { answered, type Patience } from './settle-batch-answered.ts'

export type SweepPorts = Patience & { budgets: Budgets; ledger: Ledger }
export type SweepRules = {
  /** `release` gives expired holds back: everything still holds except hardness (money protocol, 4). */
  orphanedHolds: 'keep' | 'release'
  /** How long before its expiry an attempt began, at most: total deadline and the 15 minutes after it. */
  lifeMs: number
  /** Holds moved in one call. */
  most: number
}
export type Swept = { item: WindowItem; expired: number; tombstones: number }

/** Holds whose attempt must have ended by now. */
export const expiredHolds = (item: WindowItem, now: number): [AttemptId, NanoDollars][] =>
  Object.entries(item.holds).filter(([id]) => expiryOf(id) <= now)

/**
 * Moves expired holds of a window to `lost`, each after its `lost` entry is in the ledger, and removes tombstones.
 * Anyone may do it at any time, any number of times. Rejects where the store gives no definite answer.
 */
export async function sweep(
  ports: SweepPorts,
  rules: SweepRules,
  window: { key: WindowKey; item: WindowItem },
): Promise<Swept> {
  const swept = { item: window.item, expired: 0, tombstones: 0 }
  for (const [id, amount] of expiredHolds(window.item, ports.clock.now()).slice(0, rules.most)) {
    const what = amount === 0 ? 'tombstone' : await explain(ports, rules, { key: window.key, id, amount })
    const answer = await answered(ports, () =>
      what === 'lost'
        ? ports.budgets.expire(window.key, id, amount, rules.orphanedHolds === 'keep' ? amount : 0)
        : ports.budgets.release(window.key, id, amount),
    )
    if (answer.item) swept.item = answer.item
    if (answer.outcome === 'done' && what === 'lost') swept.expired++
    if (answer.outcome === 'done' && what === 'tombstone') swept.tombstones++
  }
  return swept
}

/**
 * What the ledger says of an expired hold. A final entry proves that the hold was settled (rule 4), so this one is a copy
 * that came back; otherwise its money may be spent, and the ledger says so before the hold changes its name.
 */
async function explain(
  { ledger }: SweepPorts,
  rules: SweepRules,
  hold: { key: WindowKey; id: AttemptId; amount: NanoDollars },
): Promise<'copy' | 'lost'> {
  const known = await ledger.find(hold.id)
  if (known) return known.outcome === 'lost' ? 'lost' : 'copy'
  if ((await ledger.recordLost(lostEntry(hold, rules.lifeMs))) === 'written') return 'lost'
  return (await ledger.find(hold.id))?.outcome === 'lost' ? 'lost' : 'copy'
}
