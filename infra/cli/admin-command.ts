import { parseArgs } from 'node:util'
import { type OptionName, optionNames, type Options, UsageError } from './admin-options.ts'
import type { World } from './admin-world.ts'

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
