import type { AttemptId, Budgets, SettleEntry, WindowItem, WindowKey } from '../core/budget.ts'
import type { Log } from '../core/ports.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import { answered, type Patience } from './settle-batch-answered.ts'

/** What a batch means for one window; `starts`: when its attempts began, which was in this window. */
export type WindowJob = { key: WindowKey; entries: SettleEntry[]; starts: number[] }

/** Entries in one update: DynamoDB takes 4 KB of expression, a hundred entries need 2.6. */
const mostAtOnce = 100

/** One name for a window, for maps in memory. */
export const windowName = (key: WindowKey): string => `${key.pk} ${key.sk}`

/** The parts of a batch, per window. Every scope that an attempt was held on pays its whole cost. Events must differ in id. */
export function jobsOf(events: readonly SpendEvent[]): WindowJob[] {
  const jobs = new Map<string, WindowJob>()
  for (const { id, start, cost, holds } of events)
    for (const { pk, sk, amount } of holds) {
      const job = jobs.get(windowName({ pk, sk })) ?? { key: { pk, sk }, entries: [], starts: [] }
      job.entries.push([id, amount, cost])
      job.starts.push(start)
      jobs.set(windowName(job.key), job)
    }
  return [...jobs.values()]
}

export type SettlePorts = Patience & { budgets: Budgets; log: Log }

/**
 * Books the true costs of a window's attempts and gives back what their holds had too much; attempts that are settled
 * already change nothing. Resolves with the item as it was last seen, settled or not: thresholds are looked at either way
 * (money protocol, 4). Rejects where the store gives no definite answer.
 */
export async function settleBatch(ports: SettlePorts, job: Omit<WindowJob, 'starts'>): Promise<WindowItem | undefined> {
  let item: WindowItem | undefined
  for (let i = 0; i < job.entries.length; i += mostAtOnce)
    item = await settleSome(ports, job.key, job.entries.slice(i, i + mostAtOnce))
  return item
}

async function settleSome(ports: SettlePorts, key: WindowKey, entries: SettleEntry[]): Promise<WindowItem | undefined> {
  let held = entries
  for (;;) {
    const settled = await answered(ports, () => ports.budgets.settle(key, held))
    if (settled.outcome === 'done') return settled.item
    if (!settled.item) return missing(ports, key, held)
    const old = settled.item
    const late = held.filter(([id]) => old.lost[id] !== undefined)
    const item = await settleLate(ports, key, { late, old })
    held = stillHeld(ports, held, item)
    if (!held.length) return item
  }
}

/** Attempts whose hold expired before their event came: what is still counted for each is in `lost`, under its name. */
async function settleLate(
  ports: SettlePorts,
  key: WindowKey,
  { late, old }: { late: SettleEntry[]; old: WindowItem },
): Promise<WindowItem> {
  let item = old
  for (const [id, , cost] of late)
    for (let kept = item.lost[id]; kept !== undefined; kept = item.lost[id]) {
      const counted = kept
      const answer = await answered(ports, () => ports.budgets.settleLost(key, id, counted, cost))
      if (!answer.item) return item
      item = answer.item
      if (answer.outcome === 'done') break
    }
  return item
}

/**
 * The entries that have a hold. One in neither map is settled. A hold of another amount than the event says cannot come
 * from the protocol; it is settled with the amount the item has, because dropping it would lose the spend.
 */
function stillHeld({ log }: SettlePorts, entries: SettleEntry[], item: WindowItem): SettleEntry[] {
  return entries.flatMap(([id, amount, cost]): SettleEntry[] => {
    const now = item.holds[id]
    if (now === undefined) return []
    if (now !== amount) log('error', 'a hold differs from its event', { id, hold: now, event: amount })
    return [[id, now, cost]]
  })
}

/** A window is kept 60 days after its end; an event that is older than that has nothing left to settle. */
function missing({ log }: SettlePorts, key: WindowKey, entries: SettleEntry[]): undefined {
  const ids: AttemptId[] = entries.map(([id]) => id)
  log('error', 'a window that events were held on does not exist', { pk: key.pk, sk: key.sk, ids })
}
