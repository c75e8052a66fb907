import type { ChatTool } from '../../core/chat.ts'
import { type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { toolsGiven } from './namespaces.ts'

/**
 * Tools that the client runs and that models of this API know by their type alone. Others are offered a function of that name,
 * and its calls become the items that the client waits for.
 */
type Known = {
  description: string
  parameters: JsonObject
  /** What ids of its items start with: the API refuses others. */
  prefix: string
  /** The item that a call is to the client, less its id and status. */
  item: (call: JsonObject) => JsonObject
}

const text = { type: 'string' }
const whole = { type: 'integer' }
const texts = { type: 'array', items: text }
const object = (properties: JsonObject, required: string[]): JsonObject => ({ type: 'object', properties, required })

const known: Record<string, Known> = {
  local_shell: {
    description: 'Runs a command on the machine of the user and gives what it prints.',
    parameters: object({ command: texts, working_directory: text, timeout_ms: whole, env: { type: 'object' } }, [
      'command',
    ]),
    prefix: 'lsh',
    item: ({ command, env, timeout_ms, working_directory }) => ({
      type: 'local_shell_call',
      action: {
        type: 'exec',
        command: listOf(command),
        env: objectOf(env),
        timeout_ms: timeout_ms ?? null,
        user: null,
        working_directory: working_directory ?? null,
      },
    }),
  },
  shell: {
    description: 'Runs shell commands, each by itself, and gives what they print and how they end.',
    parameters: object({ commands: texts, timeout_ms: whole, max_output_length: whole }, ['commands']),
    prefix: 'sh',
    item: ({ commands, timeout_ms, max_output_length }) => ({
      type: 'shell_call',
      action: {
        commands: listOf(commands),
        timeout_ms: timeout_ms ?? null,
        max_output_length: max_output_length ?? null,
      },
      environment: { type: 'local' },
    }),
  },
  apply_patch: {
    description: [
      'Creates, updates or deletes one file. "diff" is not needed to delete. To create a file, it has every line of the file behind a "+".',
      'To update one, it has hunks, each of which begins with a line "@@", or "@@ " and the line of a class or function that it is in;',
      'in a hunk, lines that stay begin with a space (about three before and after each change), lines that go with "-", new ones with "+".',
    ].join(' '),
    parameters: object(
      { type: { type: 'string', enum: ['create_file', 'update_file', 'delete_file'] }, path: text, diff: text },
      ['type', 'path'],
    ),
    prefix: 'apc',
    item: ({ type, path, diff }) => ({
      type: 'apply_patch_call',
      operation: {
        type: type ?? 'update_file',
        path: path ?? '',
        ...(type === 'delete_file' ? {} : { diff: diff ?? '' }),
      },
    }),
  },
  tool_search: {
    description: 'Finds tools that are not listed here.',
    parameters: object({ query: text }, ['query']),
    prefix: 'tsc',
    item: (call) => ({ type: 'tool_search_call', arguments: call, execution: 'client' }),
  },
}

/** The function that stands for such a tool; undefined for any other, and where the provider is to run it. */
export function knownTool(tool: JsonObject): ChatTool | undefined {
  const type = stringOf(tool.type) ?? ''
  const { description, parameters } = known[type] ?? {}
  if (parameters === undefined || runsElsewhere(tool)) return undefined
  const own = { description: stringOf(tool.description) ?? description, parameters: tool.parameters ?? parameters }
  return { name: type, description: own.description ?? '', parameters: objectOf(own.parameters) }
}

/** A search runs at the provider unless the client says that it searches itself; a shell where it has a container there. */
const runsElsewhere = ({ type, execution, environment }: JsonObject): boolean =>
  type === 'tool_search'
    ? execution !== 'client'
    : stringOf(objectOf(environment).type)?.startsWith('container') === true

/** Calls by name that are items of such a tool: those that the request offers, and that no function of the client's is named. */
export function knownCalls(request: JsonObject): (name: string) => Pick<Known, 'prefix' | 'item'> | undefined {
  const all = toolsGiven(request).map(({ tool }) => tool)
  const names = new Set(all.map((tool) => tool.name ?? knownTool(tool)?.name))
  const functions = new Set(all.map(({ name }) => name))
  return (name) => (names.has(name) && !functions.has(name) ? known[name] : undefined)
}
