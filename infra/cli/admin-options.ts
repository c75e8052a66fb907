import { parseDuration } from '../../lib/core/duration.ts'

/** What was typed cannot be understood: answered with the usage, exit code 2. */
export class UsageError extends Error {}

/** Every option that any command takes, with what its value is called in the help. Flags have none. */
export const optionNames = {
  stack: 'NAME',
  url: 'URL',
  key: 'KEY',
  max: 'DOLLARS',
  soft: 'DOLLARS',
  duration: '1mo',
  models: 'A,B',
  team: 'ID',
  user: 'ID',
  expires: '30d',
  by: 'WHAT',
  from: 'DAY',
  to: 'DAY',
  cost: 'DOLLARS',
  limit: 'N',
  wait: 'SECONDS',
  usage: 'FILE',
  layout: 'NAME',
  provider: 'NAME',
  tolerance: 'PERCENT',
  'day-column': 'NAME',
  'model-column': 'NAME',
  'input-column': 'NAME',
  'output-column': 'NAME',
  'cost-column': 'NAME',
} as const

export type OptionName = keyof typeof optionNames
export type Options = { [Name in OptionName]?: string }

/** An amount in US dollars. `none` where `clearable`: null. */
export function dollarsOption(options: Options, name: 'max' | 'soft', clearable: boolean): number | null | undefined {
  const text = options[name]
  if (text === undefined) return undefined
  if (clearable && text === 'none') return null
  if (/^\$?\d+(\.\d+)?$/.test(text)) return Number(text.replace('$', ''))
  const none = clearable ? ', or none' : ''
  throw new UsageError(`--${name} ${text} is not an amount in US dollars, such as 0.25${none}.`)
}

/** A whole number from 0 on. */
export function numberOption(options: Options, name: 'limit' | 'wait' | 'tolerance', otherwise: number): number {
  const text = options[name]
  if (text === undefined) return otherwise
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new UsageError(`--${name} ${text} is not a number. Remedy: write digits, as in --${name} ${otherwise}.`)
}

export function durationOption(options: Options, clearable: boolean): string | null | undefined {
  const text = options.duration
  if (text === undefined) return undefined
  if (clearable && text === 'none') return null
  if (parseDuration(text)) return text
  throw new UsageError(`--duration ${text} is no duration. Remedy: a number and s, m, h, d, w or mo, as in 1mo.`)
}

const dayMs = 86_400_000

/** Days in UTC, both inclusive; the last `days` days where nothing is said. Milliseconds since 1970. */
export function rangeOption(options: Options, days: number, now: number): { start: number; end: number } {
  const to = dayOf('to', options.to, now)
  const from = options.from === undefined ? to - (days - 1) * dayMs : dayOf('from', options.from, now)
  if (from > to) throw new UsageError(`--from ${options.from} is after --to ${options.to ?? 'today'}.`)
  return { start: from, end: to + dayMs - 1 }
}

function dayOf(name: string, text: string | undefined, now: number): number {
  if (text === undefined) return Math.floor(now / dayMs) * dayMs
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(text)) return at
  throw new UsageError(`--${name} ${text} is not a day. Remedy: write it as 2026-11-21, in UTC.`)
}
