import type { Budgets, WindowItem } from '../core/budget.ts'
import { type NanoDollars, unlimited } from '../core/money.ts'
import type { ReportBudget } from '../core/notice.ts'
import { labelOf, type ScopeRecord } from '../core/records.ts'
import { windowOf } from '../core/windows.ts'
import { inLanes } from './report-sums.ts'

/** From this per cent of a hard limit on, a budget is named. */
const leastPercent = 80
const mostLines = 10

export type Standing = { budgets: ReportBudget[]; unsettled: NanoDollars; unsettled_attempts: number }

/** How the budgets stand at the moment of the report, in the windows they are in now. */
export async function standingOf(
  budgets: Pick<Budgets, 'read'>,
  records: readonly ScopeRecord[],
  { now, timeZone }: { now: number; timeZone: string },
): Promise<Standing> {
  const seen = await inLanes(records, async (record) => {
    const { key } = windowOf(record, now, timeZone)
    const item = await budgets.read(key)
    return item ? [{ record, item, window: key.sk }] : []
  })
  const open = seen.flat()
  const lost = lostOf(open.map(({ item }) => item))
  return {
    budgets: open
      .flatMap(fullOf)
      .toSorted((a, b) => b.percent - a.percent || b.spent - a.spent)
      .slice(0, mostLines),
    unsettled: [...lost.values()].reduce((a, b) => a + b, 0),
    unsettled_attempts: lost.size,
  }
}

function fullOf({ record, item, window }: { record: ScopeRecord; item: WindowItem; window: string }): ReportBudget[] {
  const { limit, spent } = item
  if (limit <= 0 || limit >= unlimited) return []
  const percent = Math.floor((spent / limit) * 100)
  if (percent < leastPercent) return []
  return [{ scope: record.kind, scope_id: record.id, label: labelOf(record), percent, spent, limit, window }]
}

/** An attempt is lost on its key's window and on its team's alike: it is one attempt, and costs once. */
function lostOf(items: readonly WindowItem[]): Map<string, NanoDollars> {
  const lost = new Map<string, NanoDollars>()
  for (const item of items)
    for (const [attempt, amount] of Object.entries(item.lost))
      lost.set(attempt, Math.max(amount, lost.get(attempt) ?? 0))
  return lost
}
