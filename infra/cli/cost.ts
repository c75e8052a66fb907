/** `npm run cost -- --requests 1e6 --seconds 5 --tokens 800`: what a month costs, line by line, and what LiteLLM on ECS would. */
import { parseArgs } from 'node:util'
import { aligned } from './admin-table.ts'
import { assumptions, costOf, type Line, litellmLines, purserLines, totalOf, type Traffic } from './cost-model.ts'
import { prices } from './cost-prices.ts'

const usual: Traffic = { requests: 1e6, seconds: 5, tokens: 800 }

type Told = { text: string; code: number }

/** What the command prints for its arguments, and its exit code. */
export function cost(args: readonly string[]): Told {
  const options = { requests: { type: 'string' }, seconds: { type: 'string' }, tokens: { type: 'string' } } as const
  const flags = {
    table: { type: 'boolean' },
    prices: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    const { values } = parseArgs({ args: [...args], options: { ...options, ...flags } })
    if (values.help) return { text: usage, code: 0 }
    if (values.table) return { text: costTable(), code: 0 }
    if (values.prices) return { text: priceTable(), code: 0 }
    return { text: report(trafficOf(values)), code: 0 }
  } catch (error) {
    return { text: `${error instanceof Error ? error.message : String(error)}\n\n${usage}`, code: 2 }
  }
}

const usage = `Usage: npm run cost -- [--requests 1e6] [--seconds 5] [--tokens 800]

  --requests N  a month
  --seconds N   how long a call takes on average: waiting is billed
  --tokens N    output tokens of a call, streamed
  --table       the table of README.md and infra/cost.md
  --prices      every list price, with its source and date`

function trafficOf(values: { [Name in keyof Traffic]?: string | undefined }): Traffic {
  const number = (name: keyof Traffic) => {
    const text = values[name]
    const value = text === undefined ? usual[name] : Number(text)
    if (text?.trim() !== '' && value >= 0 && Number.isFinite(value)) return value
    throw new Error(`--${name} ${text} is not a number from 0 on. Remedy: write it as 800 or 1e6.`)
  }
  return { requests: number('requests'), seconds: number('seconds'), tokens: number('tokens') }
}

function report(traffic: Traffic): string {
  const { requests, seconds, tokens } = traffic
  const parts: [string, Line[]][] = [
    ['Purser (function-url)', purserLines(traffic)],
    ['LiteLLM on ECS, the least', litellmLines(traffic, 'least')],
    ['LiteLLM on ECS, as documented', litellmLines(traffic, 'documented')],
  ]
  const idle = totalOf(purserLines({ ...traffic, requests: 0 }))
  return [
    `A month of ${requests.toLocaleString('en-US')} calls of ${seconds} s and ${tokens} output tokens, in US$:`,
    ...parts.flatMap(([name, lines]) => ['', `${name}: ${money(totalOf(lines))}`, ...billOf(lines)]),
    '',
    `Purser idle: ${money(idle)} a month.`,
    ...assumptions.map((line) => `- ${line}`),
  ].join('\n')
}

function billOf(lines: readonly Line[]): string[] {
  const rows = lines
    .filter((line) => costOf(line) >= 0.005)
    .map((line) => {
      const { dollars, per } = prices[line.price]
      return [`  ${line.what}`, money(costOf(line)), `${Number(line.units.toPrecision(3))} x ${dollars} per ${per}`]
    })
  return aligned(rows)
}

const money = (dollars: number): string => `$${dollars.toFixed(2)}`

/** From a hundred dollars on without cents: the model is not that exact. */
const rounded = (dollars: number): string => (dollars >= 100 ? `$${Math.round(dollars)}` : money(dollars))

const months: readonly Traffic[] = [0, 1e5, 1e6, 1e7].map((requests) => ({ ...usual, requests }))
const slow: Traffic = { ...usual, seconds: 30 }

/** The table that README.md and infra/cost.md show, word for word. */
export function costTable(): string {
  const row = (traffic: Traffic) => {
    const { requests, seconds } = traffic
    const cells = [
      requests ? `${requests.toLocaleString('en-US')} calls of ${seconds} s` : 'none',
      rounded(totalOf(purserLines(traffic))),
      rounded(totalOf(litellmLines(traffic, 'least'))),
      rounded(totalOf(litellmLines(traffic, 'documented'))),
    ]
    return `| ${cells.join(' | ')} |`
  }
  return [
    '| a month | Purser | LiteLLM on ECS, the least | as documented |',
    '|---|---|---|---|',
    ...[...months, slow].map(row),
  ].join('\n')
}

function priceTable(): string {
  const rows = Object.values(prices).map((price) => [
    String(price.dollars),
    price.per,
    price.date,
    price.source,
    'seen' in price ? price.seen : 'from memory: check it',
  ])
  return aligned([['US$', 'per', 'date', 'source', 'read at'], ...rows]).join('\n')
}

if (import.meta.main) {
  const { text, code } = cost(process.argv.slice(2))
  console.log(text)
  process.exitCode = code
}
