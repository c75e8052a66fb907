import { isObject, type Json, type JsonObject, listOf, objectOf } from '../../core/json.ts'
import { elementsOf, membersOf, skipSpace, valueEnd } from '../../wire/json-scan.ts'
import { splice } from '../../wire/json-splice.ts'
import type { Flags } from '../flags.ts'

/** Parameters of other tongues, which a strict host refuses: left out, and told to the client. */
export const foreignParams: readonly string[] = ['thinking', 'cache_control']

/** OpenAI's newer ones that change nothing of what is asked: agents send them everywhere, strict hosts of the older half refuse them. */
export const newerHints: readonly string[] = [
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'verbosity',
]

/** Marks for a prompt cache, and what belongs to one provider. */
const foreignMarks = ['cache_control', 'provider_specific_fields']
/** Reasoning of an earlier turn: a gateway puts it into the answers of other hosts, and clients hand it back. */
const foreignReasoning = ['thinking_blocks', 'reasoning_content', 'reasoning_details']
/** Of OpenAI's answers, kept by its SDKs (`parsed` is their own): hosts of the API's older half know none of them. */
const newerAnswers = ['annotations', 'audio', 'parsed', 'refusal']

/**
 * The request without the fields of other tongues in its messages and tools. Nobody is told: most of them are there because
 * an answer from elsewhere carried them. A request without such fields keeps its bytes. The text must be of that body.
 */
export function withoutForeignFields(text: string, body: JsonObject, flags: Flags): string {
  // Where the host has a rule for reasoning of earlier turns, that rule reads it.
  const reasoning = flags.reasoningHistory === undefined ? foreignReasoning : []
  const newer = flags.developerRole === false ? newerAnswers : []
  const edit = withoutInMessage([...reasoning, ...newer, ...foreignMarks])
  const messages = eachOf(text, 'messages', { list: body.messages, edit })
  return eachOf(messages, 'tools', { list: body.tools, edit: withoutInTool })
}

type Edit = (text: string, value: JsonObject) => string

const withoutMarks: Edit = (text, value) => without(text, value, foreignMarks)

const withoutInMessage =
  (names: readonly string[]): Edit =>
  (text, message) => {
    const content = eachOf(text, 'content', { list: message.content, edit: withoutMarks })
    const calls = eachOf(content, 'tool_calls', { list: message.tool_calls, edit: withoutMarks })
    return without(calls, message, names)
  }

const withoutInTool: Edit = (text, tool) => {
  const own = without(text, tool, foreignMarks)
  const definition = objectOf(tool.function)
  return holds(definition, foreignMarks) ? splice(own, { remove: foreignMarks }, ['function']) : own
}

const holds = (value: JsonObject, names: readonly string[]): boolean => names.some((name) => Object.hasOwn(value, name))

const without = (text: string, value: JsonObject, names: readonly string[]): string =>
  holds(value, names) ? splice(text, { remove: names }) : text

/** Edits the objects of a list where they stand, in one walk: conversations are long. */
function eachOf(text: string, name: string, { list, edit }: { list: Json | undefined; edit: Edit }): string {
  const values = listOf(list)
  if (values.length === 0) return text
  const member = membersOf(text, skipSpace(text, 0)).members.findLast(({ key }) => key === name)
  if (member === undefined) return text
  let out = ''
  let from = 0
  for (const [position, start] of elementsOf(text, member.valueStart).entries()) {
    const end = valueEnd(text, start)
    const value = values[position]
    const element = text.slice(start, end)
    out += text.slice(from, start) + (isObject(value) ? edit(element, value) : element)
    from = end
  }
  return out + text.slice(from)
}
