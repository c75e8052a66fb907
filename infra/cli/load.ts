/** `npm run load -- --rps 100 --seconds 5 --keys 50 --budgets-per-call 2`: what one stack does under a load, by simulation. */
import { parseArgs } from 'node:util'
import { aligned } from './admin-table.ts'
import { type Load, type Outcome, simulate } from './load-model.ts'
import { quotas } from './load-quotas.ts'
import { saturation } from './load-search.ts'

const usual: Load = {
  rps: 100,
  seconds: 5,
  keys: 50,
  budgetsPerCall: 1,
  concurrency: quotas.concurrency.value,
  perEnvironment: 1,
  forSeconds: 60,
}

const optionOf = {
  rps: 'rps',
  seconds: 'seconds',
  keys: 'keys',
  budgetsPerCall: 'budgets-per-call',
  concurrency: 'concurrency',
  perEnvironment: 'per-environment',
  forSeconds: 'for',
} as const satisfies Record<keyof Load, string>

const usage = `Usage: npm run load -- [options]

  --rps 100             calls a second
  --seconds 5           how long a call takes on average
  --keys 50             keys that call, each with a budget of its own
  --budgets-per-call 1  1: the key's; 2: also one that all share; 3: also the whole gateway's
  --concurrency 1000    Lambda's quota of the account
  --per-environment 1   64 for compute: web-function
  --for 60              seconds to simulate
  --table               the table of infra/load.md
  --quotas              the quotas it goes by, with source and date`

/** What the command prints for its arguments, and its exit code. */
export function load(args: readonly string[]): { text: string; code: number } {
  const names = Object.values(optionOf).map((name) => [name, { type: 'string' as const }])
  const flags = {
    table: { type: 'boolean' },
    quotas: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    const options = Object.fromEntries(names) as Record<string, { type: 'string' }>
    const { values } = parseArgs({ args: [...args], options: { ...options, ...flags } })
    if (values.help) return { text: usage, code: 0 }
    if (values.table) return { text: loadTable(), code: 0 }
    if (values.quotas) return { text: quotaTable(), code: 0 }
    return { text: report(loadOf(values)), code: 0 }
  } catch (error) {
    return { text: `${error instanceof Error ? error.message : String(error)}\n\n${usage}`, code: 2 }
  }
}

function loadOf(values: Record<string, unknown>): Load {
  const entries = Object.entries(optionOf).map(([field, option]) => {
    const text = values[option]
    const value = text === undefined ? usual[field as keyof Load] : Number(text)
    const least = field === 'budgetsPerCall' ? 0 : Number.MIN_VALUE
    const countable = field === 'rps' || field === 'seconds' || Number.isInteger(value)
    if (value >= least && value <= 1e6 && countable) return [field, value]
    throw new Error(
      `--${option} ${String(text)} cannot be used. Remedy: a ${countable ? '' : 'whole '}number above 0, at most a million.`,
    )
  })
  return Object.fromEntries(entries) as Load
}

function report(asked: Load): string {
  const { rps, seconds, keys, budgetsPerCall } = asked
  const limit = saturation(asked)
  return [
    `${rps} calls a second of ${seconds} s, ${keys} keys, ${budgetsPerCall} budgets a call, for ${asked.forSeconds} s:`,
    ...aligned(outcomeRows(simulate(asked))),
    '',
    `One stack holds ${limit.rps} calls a second of this kind; what stands in the way of more: ${limit.bound}.`,
  ].join('\n')
}

const outcomeRows = (of: Outcome): string[][] => [
  ['  served', `${of.served} of ${of.calls}`],
  ['  turned away: no environment (429 of Lambda)', String(of.noEnvironment)],
  ['  turned away: a budget item took no more writes (503)', String(of.hotBudget)],
  ['  at the same time, at most', String(of.peakConcurrency)],
  ['  writes refused at first', String(of.throttledWrites)],
  ['  longest wait for the holds', `${of.longestHoldMs} ms`],
  [
    '  hottest budget',
    `${of.hottest.holds} holds, ${of.hottest.bytes} bytes, ${of.hottest.units} write units a second`,
  ],
]

type Scenario = Pick<Load, 'seconds' | 'keys' | 'budgetsPerCall' | 'concurrency' | 'perEnvironment'>

const scenarios: readonly Scenario[] = [
  { seconds: 5, keys: 100, budgetsPerCall: 0, concurrency: 1000, perEnvironment: 1 },
  { seconds: 5, keys: 100, budgetsPerCall: 1, concurrency: 1000, perEnvironment: 1 },
  { seconds: 5, keys: 100, budgetsPerCall: 2, concurrency: 1000, perEnvironment: 1 },
  { seconds: 5, keys: 1, budgetsPerCall: 1, concurrency: 1000, perEnvironment: 1 },
  { seconds: 30, keys: 100, budgetsPerCall: 1, concurrency: 1000, perEnvironment: 1 },
  { seconds: 30, keys: 100, budgetsPerCall: 2, concurrency: 1000, perEnvironment: 1 },
  { seconds: 5, keys: 100, budgetsPerCall: 1, concurrency: 5000, perEnvironment: 1 },
  { seconds: 5, keys: 100, budgetsPerCall: 1, concurrency: 100, perEnvironment: 64 },
]

/** The table that infra/load.md shows, word for word. */
export function loadTable(): string {
  const rows = scenarios.map((scenario) => {
    const { rps, outcome, bound } = saturation({
      ...usual,
      ...scenario,
      forSeconds: Math.max(30, 3 * scenario.seconds),
    })
    const { seconds, keys, budgetsPerCall, concurrency, perEnvironment } = scenario
    const environments = perEnvironment > 1 ? `${concurrency} x ${perEnvironment}` : String(concurrency)
    const cells = [
      seconds,
      keys,
      budgetsPerCall,
      environments,
      rps,
      outcome.peakConcurrency,
      outcome.hottest.holds,
      bound,
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '| seconds a call | keys | budgets a call | environments | calls a second | streams at once | holds in the hottest item | bound by |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

const quotaTable = (): string =>
  aligned([
    ['quota', 'what', 'raised by', 'source', 'date'],
    ...Object.values(quotas).map(({ value, what, raise, source, date }) => [String(value), what, raise, source, date]),
  ]).join('\n')

if (import.meta.main) {
  const { text, code } = load(process.argv.slice(2))
  console.log(text)
  process.exitCode = code
}
