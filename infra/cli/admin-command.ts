import { parseArgs } from 'node:util'
import { parseDuration } from '../../lib/core/duration.ts'
import type { World } from './admin-world.ts'

/** What was typed cannot be understood: answered with the usage, exit code 2. */
export class UsageError extends Error {}

/** Every option that any command takes, with what its value is called in the help. Flags have none. */
const optionNames = {
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

/** What a command was given: the words behind its name, its options, and whether a program reads the answer. */
export type Given = { words: string[]; options: Options; json: boolean }

/** What to print. `failed`: the answer itself is bad news, exit code 1. */
export type Printed = { text: string; failed?: boolean }
export type Run = (world: World) => Promise<string | Printed>

/** One command of the tool. `prepare` reads what was typed, before anything is opened; it throws a `UsageError`. */
export type Command = {
  name: string
  /** Of the words behind the name, for the help. */
  words?: string
  summary: string
  options?: readonly OptionName[]
  prepare: (given: Given) => Run
}

const everywhere: readonly OptionName[] = ['stack', 'url', 'key']

export type Understood = { run: Run; options: Options }

/** The command that was typed; undefined where help was asked for. */
export function understand(commands: readonly Command[], args: readonly string[]): Understood | undefined {
  const { values, positionals } = parsed(args)
  if (values.help) return undefined
  const two = positionals.slice(0, 2).join(' ')
  const command = commands.find(({ name }) => name === two) ?? commands.find(({ name }) => name === positionals[0])
  if (!command) throw new UsageError(two ? `Not understood: ${positionals.join(' ')}` : 'A command is missing.')
  const { help: _help, json, ...options } = values
  const allowed = new Set<string>([...everywhere, ...(command.options ?? [])])
  for (const name of Object.keys(options))
    if (!allowed.has(name)) throw new UsageError(`--${name} belongs to ${ownersOf(commands, name)}.`)
  const words = positionals.slice(command.name.split(' ').length)
  const given = { words, options, json: json === true }
  return { run: command.prepare(given), options: given.options }
}

function parsed(args: readonly string[]) {
  const strings = Object.keys(optionNames).map((name) => [name, { type: 'string' as const }])
  const flags = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  try {
    const options = { ...(Object.fromEntries(strings) as Record<OptionName, { type: 'string' }>), ...flags }
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

const ownersOf = (commands: readonly Command[], option: string): string =>
  commands
    .filter(({ options }) => options?.some((name) => name === option))
    .map(({ name }) => `\`${name}\``)
    .join(', ')

/** One line per command, and one for its options. */
export function helpOf(commands: readonly Command[]): string {
  const titles = commands.map(({ name, words }) => (words ? `${name} ${words}` : name))
  const width = Math.max(...titles.map((title) => title.length))
  const lines = commands.flatMap(({ summary, options }, i) => {
    const taken = (options ?? []).map((name) => `--${name} ${optionNames[name]}`).join(' ')
    return [
      `  ${(titles[i] ?? '').padEnd(width)}  ${summary}`,
      ...(taken ? [`  ${' '.repeat(width)}  [${taken}]`] : []),
    ]
  })
  return lines.join('\n')
}

/** Exactly so many words, each with a name for the message. */
export function wordsOf(given: Given, command: string, ...names: string[]): string[] {
  if (given.words.length !== names.length)
    throw new UsageError(`\`${command}\` takes ${names.join(' and ') || 'no words'}. Received: ${said(given.words)}.`)
  return given.words
}

const said = (words: string[]) => (words.length ? words.join(' ') : 'nothing')

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
