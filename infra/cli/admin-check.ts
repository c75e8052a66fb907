import { existsSync, readFileSync } from 'node:fs'
import { systemClock } from '../../lib/core/clock.ts'
import { dollars } from '../../lib/steps/alert-text.ts'
import { type Command, type Given, type Printed, wordsOf } from './admin-command.ts'
import { numberOption, type Options, UsageError } from './admin-options.ts'
import { waiting } from './admin-outbox.ts'
import { differenceCells, differenceHead, reconcile } from './admin-reconcile.ts'
import { json, table } from './admin-table.ts'
import type { World } from './admin-world.ts'
import { parseCsv } from './csv.ts'
import { compare, type Compared, type Counts, daysOf } from './usage-compare.ts'
import { type Layout, layoutOf, layouts } from './usage-layouts.ts'

const columns = ['day-column', 'model-column', 'input-column', 'output-column', 'cost-column'] as const
const ofUsage = ['layout', 'provider', 'tolerance', ...columns] as const

export const reconcileCommand: Command = {
  name: 'reconcile',
  summary:
    "the ledger against the budgets, or with --usage against a provider's export (CSV); exit 1 where they differ",
  options: ['wait', 'usage', ...ofUsage],
  prepare: (given) => {
    wordsOf(given, 'reconcile')
    const { usage } = given.options
    const waitMs = numberOption(given.options, 'wait', 10) * 1000
    const stray = ofUsage.find((name) => given.options[name] !== undefined)
    if (usage === undefined && stray) throw new UsageError(`--${stray} belongs to \`reconcile --usage FILE\`.`)
    return usage === undefined ? (world) => counters(world, given, waitMs) : usageRun(given, usage)
  },
}

async function counters(world: World, given: Given, waitMs: number): Promise<Printed> {
  const store = await world.store()
  const found = await reconcile(store, systemClock, waitMs)
  const outbox = (await waiting(store)).length
  const failed = found.differences.length > 0
  if (given.json) return { text: json({ ...found, outbox }), failed }
  const sums = `${found.windows} windows, ${found.entries} ledger entries and ${found.rollups} roll-ups in ${store.place}`
  const now = `${found.underWay} holds under way, ${outbox} events in the outbox.`
  if (!failed) return { text: `${sums} agree. ${now}` }
  const differences = table(differenceHead, found.differences.map(differenceCells))
  return { text: `${sums}: ${found.differences.length} differences. ${now}\n\n${differences}`, failed }
}

function usageRun(given: Given, file: string): (world: World) => Promise<Printed> {
  if (!existsSync(file)) throw new UsageError(`--usage ${file}: there is no such file.`)
  const rows = parseCsv(readFileSync(file, 'utf8'))
  const layout = chosenLayout(given.options, Object.keys(rows[0] ?? {}))
  const tolerance = numberOption(given.options, 'tolerance', 1) / 100
  return async (world) => {
    const days = daysOf(rows, layout)
    const [first = '', last = ''] = [days[0], days.at(-1)]
    if (!first) return { text: `${file} has no rows.`, failed: true }
    const ledger = (await world.store()).ledger
    const entries = await ledger.between(Date.parse(`${first}T00:00:00Z`), Date.parse(`${last}T23:59:59.999Z`))
    const compared = compare(rows, entries, { layout, tolerance })
    const failed = compared.some(({ differs }) => differs.length > 0)
    if (given.json) return { text: json(compared), failed }
    const different = compared.filter(({ differs }) => differs.length).length
    const words = failed
      ? `${different} of ${compared.length} days and models differ`
      : `${compared.length} days and models agree`
    const head = `${words} by more than ${tolerance * 100}% (${layout.name}, ${first} to ${last})`
    return {
      text: `${failed ? head : head.replace('by more', 'by no more')}.\n\n${comparedTable(compared, layout)}`,
      failed,
    }
  }
}

/** The layout by its name or by the file's columns, with whatever columns were named instead. */
function chosenLayout(options: Options, present: readonly string[]): Layout {
  const { layout: name } = options
  const known = name === undefined ? layoutOf(present) : layouts.find((one) => one.name === name)
  const names = layouts.map((one) => one.name).join(', ')
  if (name !== undefined && !known) throw new UsageError(`--layout ${name} is not known. Remedy: one of ${names}.`)
  const day = options['day-column'] ?? known?.day
  if (day === undefined)
    throw new UsageError(
      `The columns are of no known export (${names}). Remedy: --day-column, and what else there is of ${columns.map((c) => `--${c}`).join(', ')}.`,
    )
  const layout: Layout = {
    name: 'by columns',
    marks: [],
    input: [],
    output: [],
    ...known,
    day,
    ...namedColumns(options),
  }
  const missing = columnsOf(layout).find((column) => !present.includes(column))
  if (missing !== undefined && (known === undefined || columns.some((c) => options[c] === missing)))
    throw new UsageError(`The file has no column ${missing}. Remedy: one of ${present.join(', ')}.`)
  if (!layout.input.length && !layout.output.length && !layout.cost)
    throw new UsageError('Nothing to compare. Remedy: --input-column, --output-column or --cost-column.')
  return layout
}

const namedColumns = (options: Options): Partial<Layout> => ({
  ...(options['model-column'] !== undefined && { model: options['model-column'] }),
  ...(options['input-column'] !== undefined && { input: options['input-column'].split(',') }),
  ...(options['output-column'] !== undefined && { output: options['output-column'].split(',') }),
  ...(options['cost-column'] !== undefined && { cost: options['cost-column'] }),
  ...(options.provider !== undefined && { provider: options.provider }),
})

const columnsOf = ({ day, model, input, output, cost }: Layout) =>
  [day, model, ...input, ...output, cost].filter((column) => column !== undefined)

function comparedTable(compared: readonly Compared[], layout: Layout): string {
  const fields: (keyof Counts)[] = [
    ...(layout.requests ? (['requests'] as const) : []),
    ...(layout.input.length ? (['input'] as const) : []),
    ...(layout.output.length ? (['output'] as const) : []),
    ...(layout.cost ? (['cost'] as const) : []),
  ]
  const as = (field: keyof Counts, value: number) => (field === 'cost' ? dollars(value) : String(value))
  const head = ['day', 'model', ...fields.flatMap((field) => [`${field}: ledger`, 'provider']), 'differs']
  const rows = compared.map(({ day, model, ledger, provider, differs }) => [
    day,
    model || 'all',
    ...fields.flatMap((field) => [as(field, ledger[field] ?? 0), as(field, provider[field] ?? 0)]),
    differs.length ? differs.join(', ') : '-',
  ])
  return table(head, rows)
}
