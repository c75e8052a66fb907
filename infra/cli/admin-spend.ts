import { systemClock } from '../../lib/core/clock.ts'
import type { LedgerEntry } from '../../lib/core/ledger.ts'
import { toDollars } from '../../lib/core/money.ts'
import { dollars } from '../../lib/steps/alert-text.ts'
import { type Command, wordsOf } from './admin-command.ts'
import { rangeOption, UsageError } from './admin-options.ts'
import { json, table } from './admin-table.ts'

const groups = {
  key: (entry) => entry.key_alias ?? entry.key_id ?? 'master key',
  team: (entry) => entry.team_id ?? '-',
  user: (entry) => entry.user_id ?? '-',
  model: (entry) => entry.model_group,
  provider: (entry) => entry.provider,
  day: (entry) => new Date(entry.start).toISOString().slice(0, 10),
} satisfies Record<string, (entry: LedgerEntry) => string>

type Row = {
  name: string
  spend: number
  requests: number
  failed: number
  input: number
  output: number
  unsettled: number
}

const days = 30

export const spendCommand: Command = {
  name: 'spend',
  summary: `the ledger summed by ${Object.keys(groups).join(', ')}; the last ${days} days where no day is said`,
  options: ['by', 'from', 'to'],
  prepare: (given) => {
    wordsOf(given, 'spend')
    const { by = 'key' } = given.options
    const group = Object.entries(groups).find(([name]) => name === by)?.[1]
    if (!group) throw new UsageError(`--by ${by} is not known. Remedy: one of ${Object.keys(groups).join(', ')}.`)
    const { start, end } = rangeOption(given.options, days, systemClock.now())
    return async (world) => {
      const rows = summed(await (await world.store()).ledger.between(start, end), group)
      if (by === 'day') rows.sort((a, b) => (a.name < b.name ? -1 : 1))
      if (given.json)
        return json(rows.map((row) => ({ ...row, spend: toDollars(row.spend), unsettled: toDollars(row.unsettled) })))
      const range = `from ${iso(start)} to ${iso(end)} (UTC)`
      return rows.length ? `Spend by ${by} ${range}\n\n${spendTable(by, rows)}` : `No spend ${range}.`
    }
  },
}

const iso = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** Most first. A lost attempt is no spend, it is what may have been spent. */
function summed(entries: readonly LedgerEntry[], nameOf: (entry: LedgerEntry) => string): Row[] {
  const rows = [...Map.groupBy(entries, nameOf)].map(([name, group]) => {
    const row: Row = { name, spend: 0, requests: 0, failed: 0, input: 0, output: 0, unsettled: 0 }
    for (const { cost, outcome, usage, unsettled } of group) {
      row.spend += cost
      row.requests++
      row.failed += outcome === 'failed' || outcome === 'lost' ? 1 : 0
      row.input += usage.prompt
      row.output += usage.completion
      row.unsettled += outcome === 'lost' ? (unsettled ?? 0) : 0
    }
    return row
  })
  return rows.sort((a, b) => b.spend - a.spend || (a.name < b.name ? -1 : 1))
}

function spendTable(by: string, rows: readonly Row[]): string {
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)
  const all: Row = {
    name: 'total',
    spend: sum((row) => row.spend),
    requests: sum((row) => row.requests),
    failed: sum((row) => row.failed),
    input: sum((row) => row.input),
    output: sum((row) => row.output),
    unsettled: sum((row) => row.unsettled),
  }
  const cells = (row: Row) => [
    row.name,
    dollars(row.spend),
    String(row.requests),
    String(row.failed),
    String(row.input),
    String(row.output),
    row.unsettled ? dollars(row.unsettled) : '-',
  ]
  return table(
    [by, 'spend', 'attempts', 'failed', 'input tokens', 'output tokens', 'lost, at most'],
    [...rows, all].map(cells),
  )
}
