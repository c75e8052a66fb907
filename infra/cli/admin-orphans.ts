import { expiryOf } from '../../lib/core/attempt-id.ts'
import { type AttemptId, type Budgets, holdsIn, type WindowItem, type WindowKey } from '../../lib/core/budget.ts'
import type { Ledger, LedgerEntry } from '../../lib/core/ledger.ts'
import type { NanoDollars } from '../../lib/core/money.ts'
import { labelOf, type Records } from '../../lib/core/records.ts'
import { scopeOf } from '../../lib/steps/alert-scope.ts'
import { dollars } from '../../lib/steps/alert-text.ts'
import { answered, type Patience } from '../../lib/steps/settle-batch-answered.ts'

/**
 * `held`: its gateway is known to have been killed, the hold stands until it expires. `expired`: the hold has expired and
 * was not swept yet. `unsettled`: swept, counted until it is resolved or its window ends.
 */
export type OrphanState = 'held' | 'expired' | 'unsettled'
export type OrphanWindow = { key: WindowKey; scope: string; label: string; amount: NanoDollars; state: OrphanState }
export type Orphan = { id: AttemptId; expires: number; entry?: LedgerEntry; windows: OrphanWindow[] }

export type OrphanPorts = Patience & { budgets: Budgets; ledger: Ledger; records: Records }

/** Attempts that never told how they ended, by name, oldest first. */
export async function orphans(ports: OrphanPorts): Promise<Orphan[]> {
  const found = new Map<AttemptId, Orphan>()
  for await (const { key, item } of ports.budgets.all())
    for (const [id, part] of suspects(item, ports.clock.now())) {
      const orphan = found.get(id) ?? { id, expires: expiryOf(id), windows: [] }
      orphan.windows.push({ key, scope: scopeOf(key).kind, label: await labelFor(ports, key), ...part })
      found.set(id, orphan)
    }
  const explained = await Promise.all([...found.values()].map((orphan) => explain(ports.ledger, orphan)))
  return explained.flat().sort((a, b) => a.expires - b.expires || (a.id < b.id ? -1 : 1))
}

type Part = { amount: NanoDollars; state: OrphanState }

function suspects(item: WindowItem, now: number): [AttemptId, Part][] {
  const lost = Object.entries(item.lost).map(([id, amount]): [string, Part] => [id, { amount, state: 'unsettled' }])
  const holds = holdsIn(item).map(([id, amount]): [string, Part] => [
    id,
    { amount, state: expiryOf(id) <= now ? 'expired' : 'held' },
  ])
  return [...lost, ...holds]
}

/** A hold whose entry is final is being settled right now; one without an entry, before its expiry, is simply under way. */
async function explain(ledger: Ledger, orphan: Orphan): Promise<Orphan[]> {
  const entry = await ledger.find(orphan.id)
  const windows = orphan.windows.filter(
    ({ state }) => state === 'unsettled' || (entry ? entry.outcome === 'lost' : state === 'expired'),
  )
  return windows.length ? [{ ...orphan, windows, ...(entry && { entry }) }] : []
}

async function labelFor(ports: OrphanPorts, key: WindowKey): Promise<string> {
  const { kind, id } = scopeOf(key)
  const record = await ports.records.scope(kind, id)
  return record ? labelOf(record) : id
}

/** The most that is counted for an attempt on any one window. */
export const counted = (orphan: Orphan): NanoDollars => Math.max(...orphan.windows.map(({ amount }) => amount))

export type Resolved = { window: OrphanWindow; now: NanoDollars }

/**
 * What an attempt cost at most, as the operator found out: each window counts that from now on. Throws, with words for the
 * operator, where there is nothing to resolve or more would be counted than before.
 */
export async function resolveOrphan(ports: OrphanPorts, id: AttemptId, cost: NanoDollars): Promise<Resolved[]> {
  const orphan = (await orphans(ports)).find((candidate) => candidate.id === id)
  if (!orphan) throw new Error(`There is no lost attempt ${id}. Remedy: take the id from \`npm run admin -- orphans\`.`)
  const open = orphan.windows.filter(({ state }) => state === 'unsettled')
  if (!open.length) throw new Error(stillHeld(orphan, ports.clock.now()))
  if (cost > counted(orphan))
    throw new Error(
      `--cost ${dollars(cost)} is more than what is counted for ${id}, ${dollars(counted(orphan))}. ` +
        'Remedy: name at most that; the true event, when it comes, books its cost whatever it is.',
    )
  const resolved: Resolved[] = []
  for (const window of open) resolved.push(...(await resolveWindow(ports, { id, window, cost })))
  return resolved
}

const stillHeld = ({ id, expires }: Orphan, now: number): string =>
  expires > now
    ? `Attempt ${id} is held until ${new Date(expires).toISOString()}, its event may still come. Remedy: resolve it after that.`
    : `The hold of attempt ${id} has expired and was not swept yet. Remedy: \`npm run admin -- sweep\`, then resolve it.`

/** Nothing where the true event came meanwhile: then the true cost is booked, which is better than any estimate. */
async function resolveWindow(
  ports: OrphanPorts,
  { id, window, cost }: { id: AttemptId; window: OrphanWindow; cost: NanoDollars },
): Promise<Resolved[]> {
  for (let was = window.amount; was > cost;) {
    const counts = was
    const answer = await answered(ports, () => ports.budgets.resolve(window.key, id, counts, cost))
    const now = answer.item?.lost[id]
    if (now === undefined) return []
    was = now
  }
  return [{ window, now: cost }]
}
