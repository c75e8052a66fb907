import { held, holdsIn, type WindowItem, type WindowKey } from '../../lib/core/budget.ts'
import type { Rollup, RollupKind } from '../../lib/core/ledger.ts'
import type { NanoDollars } from '../../lib/core/money.ts'
import type { Clock } from '../../lib/core/ports.ts'
import { dollars } from '../../lib/steps/alert-text.ts'
import { allEntries } from './admin-ledger.ts'
import type { AdminStore } from './admin-store.ts'

/** One number of the books that is not what the ledger adds up to. Amounts in nano-dollars, roll-ups also in counts. */
export type Difference = { where: string; what: string; expected: number; found: number; words: string }
export type Reconciled = {
  windows: number
  entries: number
  rollups: number
  underWay: number
  differences: Difference[]
}

type Sums = {
  windows: Map<string, NanoDollars>
  rollups: Map<string, { spend: NanoDollars; requests: number }>
  final: Set<string>
  entries: number
}
type Books = Map<string, WindowItem>

/**
 * Ledger against counters, on a gateway that may be at work. An attempt is settled on its windows before its entry is
 * written (money protocol, 3), so what a window had spent before the ledger was read cannot be more than the ledger has,
 * once its events have arrived; and the ledger cannot have more than the window has spent afterwards. Waits up to `waitMs`
 * for events under way. Books only: nothing is changed.
 */
export async function reconcile(store: AdminStore, clock: Clock, waitMs: number): Promise<Reconciled> {
  const before = await booksOf(store)
  const until = clock.now() + waitMs
  let sums = await sumsOf(store)
  while (behind(before, sums).length && clock.now() < until) {
    await clock.sleep(Math.min(1000, waitMs))
    sums = await sumsOf(store)
  }
  const after = await booksOf(store)
  const differences = [
    ...behind(before, sums),
    ...ahead(after, sums),
    ...[...after].flatMap(([name, item]) => [...unbalanced(name, item), ...leftHolds(name, item, sums)]),
    ...(await wrongRollups(store, sums)),
  ]
  const underWay = [...after.values()].flatMap(holdsIn).length
  return { windows: after.size, entries: sums.entries, rollups: sums.rollups.size, underWay, differences }
}

const nameOf = ({ pk, sk }: WindowKey) => `${pk} ${sk}`

async function booksOf({ budgets }: AdminStore): Promise<Books> {
  const books: Books = new Map()
  for await (const { key, item } of budgets.all()) books.set(nameOf(key), item)
  return books
}

async function sumsOf(store: AdminStore): Promise<Sums> {
  const sums: Sums = { windows: new Map(), rollups: new Map(), final: new Set(), entries: 0 }
  for await (const entry of allEntries(store)) {
    sums.entries++
    if (entry.outcome === 'lost') continue
    sums.final.add(entry.id)
    for (const hold of entry.holds) sums.windows.set(nameOf(hold), (sums.windows.get(nameOf(hold)) ?? 0) + entry.cost)
    const owners = {
      key: entry.key_id,
      team: entry.team_id,
      user: entry.user_id,
      model: entry.model_group,
      provider: entry.provider,
    }
    for (const [by, id] of Object.entries(owners)) {
      if (!id) continue
      const sum = sums.rollups.get(`${by}\n${id}`) ?? { spend: 0, requests: 0 }
      sums.rollups.set(`${by}\n${id}`, { spend: sum.spend + entry.cost, requests: sum.requests + 1 })
    }
  }
  return sums
}

/** Windows that have booked more than the ledger explains. */
const behind = (before: Books, { windows }: Sums): Difference[] =>
  [...before].flatMap(([where, { spent }]) => {
    const expected = windows.get(where) ?? 0
    if (spent <= expected) return []
    const words = 'booked without an entry: its event waits in the queue, the outbox or the dead letters'
    return [{ where, what: 'spent', expected, found: spent, words }]
  })

/** Windows that have booked less than the ledger says. One that DynamoDB has removed by its time to live is no difference. */
const ahead = (after: Books, { windows }: Sums): Difference[] =>
  [...windows].flatMap(([where, expected]) => {
    const found = after.get(where)?.spent
    if (found === undefined || found >= expected) return []
    return [{ where, what: 'spent', expected, found, words: 'an entry that was not booked' }]
  })

/** What must hold of every window at every moment (money protocol, 1). */
function unbalanced(where: string, item: WindowItem): Difference[] {
  const { available, spent, unsettled, limit, lost } = item
  const sum = available + spent + held(item) + unsettled
  const kept = Object.values(lost).reduce((a, b) => a + b, 0)
  return [
    ...(sum === limit
      ? []
      : [
          {
            where,
            what: 'limit',
            expected: sum,
            found: limit,
            words: 'available, spent, held and unsettled do not add up to it',
          },
        ]),
    ...(kept === unsettled
      ? []
      : [
          {
            where,
            what: 'unsettled',
            expected: kept,
            found: unsettled,
            words: 'the lost attempts do not add up to it',
          },
        ]),
  ]
}

/** Settled first, recorded then: a hold whose attempt has its final entry is a copy that came back, and goes when it expires. */
const leftHolds = (where: string, item: WindowItem, { final }: Sums): Difference[] =>
  holdsIn(item)
    .filter(([id]) => final.has(id))
    .map(([id, found]) => ({ where, what: `hold ${id}`, expected: 0, found, words: 'its attempt is settled already' }))

/** Roll-ups are written with their entries, so what was summed may have grown since, and never shrinks. */
async function wrongRollups({ ledger }: AdminStore, { rollups }: Sums): Promise<Difference[]> {
  const found: Difference[] = []
  for (const [name, sum] of rollups) {
    const [by = '', id = ''] = name.split('\n')
    const total = (await ledger.total(by as RollupKind, id)) ?? ({ spend: 0, requests: 0 } satisfies Partial<Rollup>)
    const where = `roll-up ${by} ${id}`
    const words = 'the roll-up is not the sum of its entries'
    const grown = total.requests > sum.requests && total.spend >= sum.spend
    if (total.requests < sum.requests || (!grown && total.requests !== sum.requests))
      found.push({ where, what: 'attempts', expected: sum.requests, found: total.requests, words })
    if (!grown && total.spend !== sum.spend)
      found.push({ where, what: 'spend', expected: sum.spend, found: total.spend, words })
  }
  return found
}

/** How a difference reads. */
export const differenceCells = ({ where, what, expected, found, words }: Difference): string[] => {
  const as = (value: number) => (what === 'attempts' ? String(value) : dollars(value))
  return [where, what, as(expected), as(found), as(found - expected), words]
}
export const differenceHead = ['where', 'what', 'by the ledger', 'found', 'difference', 'meaning']
