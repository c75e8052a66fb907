import type { Ledger, Rollup, RollupKind } from '../core/ledger.ts'
import type { ReportLine, ReportList, ReportSums } from '../core/notice.ts'
import type { ReportPeriod } from './report-period.ts'

/** Something that has roll-ups: its id there, and what people call it. */
export type Named = { id: string; label: string }

const mostLines = 10

/** Queries under way at once. */
const lanes = 16

const noSums: ReportSums = { spent: 0, before: 0, requests: 0, failed: 0 }

/** Sums of the period, and of the one before beside them, for each name that spent anything in either. */
export async function sumsOf(
  ledger: Pick<Ledger, 'rollups'>,
  period: ReportPeriod,
  { by, names }: { by: RollupKind; names: readonly Named[] },
): Promise<ReportLine[]> {
  const range = { from: period.before.from, to: period.to }
  const lines = await inLanes(names, async (name) => ({
    ...name,
    ...(await ledger.rollups(by, name.id, range)).reduce((sums, day) => plusDay(sums, day, period), noSums),
  }))
  return lines.filter(({ spent, before, requests }) => spent || before || requests)
}

const plusDay = (sums: ReportSums, day: Rollup, { from }: ReportPeriod): ReportSums =>
  day.day < from
    ? { ...sums, before: sums.before + day.spend }
    : {
        ...sums,
        spent: sums.spent + day.spend,
        requests: sums.requests + day.requests,
        failed: sums.failed + day.failed,
      }

export const total = (lines: readonly ReportSums[]): ReportSums => lines.reduce((a, b) => combined(a, b, 1), noSums)

/** The ten largest; `others` is what is left of the whole, listed or not (a deleted key's spend, the master key's). */
export function ranked(lines: readonly ReportLine[], whole: ReportSums): ReportList {
  const top = lines
    .filter(({ spent, requests }) => spent || requests)
    .toSorted((a, b) => b.spent - a.spent || b.requests - a.requests || (a.label < b.label ? -1 : 1))
    .slice(0, mostLines)
  return { top, others: combined(whole, total(top), -1) }
}

const combined = (a: ReportSums, b: ReportSums, sign: 1 | -1): ReportSums => ({
  spent: a.spent + sign * b.spent,
  before: a.before + sign * b.before,
  requests: a.requests + sign * b.requests,
  failed: a.failed + sign * b.failed,
})

/** The same for every item, a few at a time, in the order of the items. */
export async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const next = items.entries()
  const worker = async () => {
    for (const [index, item] of next) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: lanes }, worker))
  return results
}
