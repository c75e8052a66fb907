import type { LedgerEntry } from '../../lib/core/ledger.ts'
import { fromDollars } from '../../lib/core/money.ts'
import type { Layout } from './usage-layouts.ts'

/** What one side says of a model on a day. Undefined: it does not say. Cost in nano-dollars. */
export type Counts = { requests?: number; input?: number; output?: number; cost?: number }
export type Compared = { day: string; model: string; ledger: Counts; provider: Counts; differs: (keyof Counts)[] }

type Sums = Map<string, Counts>

/**
 * Ledger against a provider's export, per day (UTC) and model. Only days of the export are compared, and only what it says.
 * `tolerance` is the share that two numbers may differ by: a provider's rounding, and answers that ended over midnight.
 */
export function compare(
  rows: readonly Record<string, string>[],
  entries: readonly LedgerEntry[],
  { layout, tolerance }: { layout: Layout; tolerance: number },
): Compared[] {
  const exported = exportSums(rows, layout)
  const days = new Set([...exported.keys()].map((name) => name.split('\n')[0] ?? ''))
  const booked = ledgerSums(entries, layout, days)
  const asked: (keyof Counts)[] = [
    ...(layout.requests ? (['requests'] as const) : []),
    ...(layout.input.length ? (['input'] as const) : []),
    ...(layout.output.length ? (['output'] as const) : []),
    ...(layout.cost ? (['cost'] as const) : []),
  ]
  return [...new Set([...exported.keys(), ...booked.keys()])].sort().map((name) => {
    const [day = '', model = ''] = name.split('\n')
    const [ledger, provider] = [booked.get(name) ?? {}, exported.get(name) ?? {}]
    const differs = asked.filter((field) => !near(ledger[field] ?? 0, provider[field] ?? 0, tolerance))
    return { day, model, ledger, provider, differs }
  })
}

const near = (a: number, b: number, tolerance: number) =>
  Math.abs(a - b) <= Math.max(Math.abs(a), Math.abs(b)) * tolerance

/** The days of an export, oldest first: what the ledger has to be asked for. Throws where a cell is no day. */
export const daysOf = (rows: readonly Record<string, string>[], layout: Layout): string[] =>
  [...new Set(rows.map((row) => dayIn(row, layout)))].sort()

function dayIn(row: Record<string, string>, { day }: Layout): string {
  const text = row[day] ?? ''
  const found = /^(\d{4}-\d{2}-\d{2})(?:[T ]|$)/.exec(text)?.[1] ?? fromSeconds(text)
  if (found !== undefined) return found
  throw new Error(
    `Column ${day} has '${text}', which is no day. Remedy: a column with days like 2026-11-21, by --day-column.`,
  )
}

/** Some exports write seconds since 1970. */
const fromSeconds = (text: string) =>
  /^\d{9,10}$/.test(text) ? new Date(Number(text) * 1000).toISOString().slice(0, 10) : undefined

function exportSums(rows: readonly Record<string, string>[], layout: Layout): Sums {
  const sums: Sums = new Map()
  for (const row of rows) {
    const of = (names: readonly string[]) => names.reduce((sum, name) => sum + numberIn(row, name), 0)
    // Days on which nothing was used have a row without anything in it.
    if (layout.model !== undefined && !row[layout.model]) continue
    add(sums, `${dayIn(row, layout)}\n${modelName(row[layout.model ?? ''] ?? '', layout)}`, {
      ...(layout.requests && { requests: numberIn(row, layout.requests) }),
      ...(layout.input.length && { input: of(layout.input) }),
      ...(layout.output.length && { output: of(layout.output) }),
      ...(layout.cost && { cost: fromDollars(numberIn(row, layout.cost)) }),
    })
  }
  return sums
}

function ledgerSums(entries: readonly LedgerEntry[], layout: Layout, days: Set<string>): Sums {
  const sums: Sums = new Map()
  for (const entry of entries) {
    const day = new Date(entry.start).toISOString().slice(0, 10)
    const billed = entry.outcome !== 'lost' && (layout.provider === undefined || entry.provider === layout.provider)
    if (!billed || !days.has(day)) continue
    const { prompt, completion } = entry.usage
    const model = layout.model === undefined ? '' : modelName(entry.upstream_model, layout)
    add(sums, `${day}\n${model}`, { requests: 1, input: prompt, output: completion, cost: entry.cost })
  }
  return sums
}

function add(sums: Sums, name: string, more: Counts): void {
  const so = sums.get(name) ?? {}
  const sum = { ...so }
  for (const field of Object.keys(more) as (keyof Counts)[]) sum[field] = (so[field] ?? 0) + (more[field] ?? 0)
  sums.set(name, sum)
}

function numberIn(row: Record<string, string>, name: string): number {
  const text = row[name] ?? ''
  const number = Number(text.replaceAll(',', '').replace('$', ''))
  if (!Number.isNaN(number)) return number
  throw new Error(
    `Column ${name} has '${text}', which is no number. Remedy: name the right column, by --input-column and its like.`,
  )
}

/**
 * One name for a model on both sides. Exports name the dated version that answered (`gpt-4o-2024-08-06`) where the ledger
 * has the name that was asked for, so dates at the end do not count; display names are compared by their letters and digits.
 */
export function modelName(
  text: string,
  { modelBeforeComma, displayNames }: Pick<Layout, 'modelBeforeComma' | 'displayNames'>,
): string {
  const name = (modelBeforeComma ? (text.split(',')[0] ?? '') : text).trim().toLowerCase()
  const undated = name.replace(/[-@ ]?(\d{4}-\d{2}-\d{2}|20\d{6})$/, '')
  return displayNames ? undated.replaceAll(/[^a-z0-9]/g, '') : undated
}
