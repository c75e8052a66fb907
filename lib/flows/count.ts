import { type AttemptId, type Budgets, holdsIn, type WindowItem } from '../core/budget.ts'
import type { Config } from '../core/config.ts'
import { type NanoDollars, toDollars } from '../core/money.ts'
import type { Clock, Log } from '../core/ports.ts'
import type { Directory, ScopeRecord } from '../core/records.ts'
import { windowOf } from '../core/windows.ts'

export type CountPorts = {
  directory: Pick<Directory, 'list' | 'scope'>
  budgets: Pick<Budgets, 'read'>
  clock: Pick<Clock, 'now'>
  log: Log
}

/** Amounts in US$. An attempt that is held on several budgets counts once, by the largest of its holds. */
export type Counted = { budgets: number; holds: number; held_usd: number; unsettled: number; unsettled_usd: number }

/** Windows read at once. */
const lanes = 8

/**
 * How much money is held by requests under way, and how much is unsettled because a gateway was killed: of all windows that are
 * open now, for the dashboard. It asks for records and windows by their keys and never scans, so the ledger beside them costs
 * nothing: about two read units a budget. Every five minutes that is US$ 2.16 a month for 1,000 budgets and 2 cents for ten, at
 * US$ 0.125 a million (list price of 2026). Logs nothing where nothing is held and nothing unsettled: a metric without data is free.
 */
export async function countMoney(config: Config, ports: CountPorts): Promise<Counted> {
  const records = await budgeted(config, ports)
  const held = new Map<AttemptId, NanoDollars>()
  const lost = new Map<AttemptId, NanoDollars>()
  const total = records.length
  const worker = async () => {
    for (let record = records.pop(); record; record = records.pop()) {
      const window = windowOf(record, ports.clock.now(), config.timeZone)
      const item = await ports.budgets.read(window.key)
      if (item) noteAmounts(item, { held, lost })
    }
  }
  await Promise.all(Array.from({ length: lanes }, worker))
  const counted = {
    budgets: total,
    holds: held.size,
    held_usd: toDollars(sum(held)),
    unsettled: lost.size,
    unsettled_usd: toDollars(sum(lost)),
  }
  if (held.size + lost.size > 0) ports.log('info', 'money counted', counted)
  return counted
}

/** Every scope that holds are taken on. */
async function budgeted({ trackEveryAttempt }: Config, { directory }: CountPorts): Promise<ScopeRecord[]> {
  const [keys, teams, users, gateway] = await Promise.all([
    directory.list('key'),
    directory.list('team'),
    directory.list('user'),
    directory.scope('global', '-'),
  ])
  const all: ScopeRecord[] = [...keys, ...teams, ...users, ...(gateway ? [gateway] : [])]
  return all.filter(
    ({ kind, terms }) => terms.limit !== undefined || terms.soft !== undefined || (trackEveryAttempt && kind === 'key'),
  )
}

type Amounts = Record<'held' | 'lost', Map<AttemptId, NanoDollars>>

function noteAmounts(item: WindowItem, { held, lost }: Amounts): void {
  for (const [id, amount] of holdsIn(item)) keepLargest(held, id, amount)
  for (const [id, amount] of Object.entries(item.lost)) if (amount > 0) keepLargest(lost, id, amount)
}

const keepLargest = (amounts: Map<AttemptId, NanoDollars>, id: AttemptId, amount: NanoDollars): void =>
  void amounts.set(id, Math.max(amounts.get(id) ?? 0, amount))

const sum = (amounts: ReadonlyMap<AttemptId, NanoDollars>): NanoDollars =>
  [...amounts.values()].reduce((total, amount) => total + amount, 0)
