import type { ChatPart, ChatRequest, ChatTool } from '../core/chat.ts'
import { isObject, type Json, type JsonObject, stringOf, tryParse } from '../core/json.ts'
import { isHalf } from './half-calls.ts'
import type { PartFilter } from './tongue.ts'

/** A call that must be made, told as an answer of a certain shape: for hosts that know no choice of tools, but enforce schemas. */
export type ForcedCall = {
  /** What the answer must match. */
  schema: JsonObject
  /** What the model is told: it is shown no tools, and a grammar alone does not say what is meant. */
  words: string
  /** Makes the call of the answer, whose only call it is. */
  restore(id: string): PartFilter
}

/** Undefined where the model is free not to call, or the tool that is named is not among the request's. */
export function forcedCall({ tools, toolChoice }: ChatRequest): ForcedCall | undefined {
  if (typeof toolChoice !== 'object' && toolChoice !== 'required') return undefined
  const offered = typeof toolChoice === 'object' ? tools.filter((tool) => tool.name === toolChoice.name) : tools
  const [first] = offered
  if (!first) return undefined
  return offered.length === 1 ? callOfOne(first) : callOfMany(offered)
}

function callOfOne(tool: ChatTool): ForcedCall {
  const schema = argumentsOf(tool)
  return {
    schema,
    words:
      `Call the function ${JSON.stringify(tool.name)} now: answer with its arguments as one JSON object, and nothing else.\n` +
      JSON.stringify(described(tool)),
    restore: (id) => asCall(id, (text) => (text.startsWith('{') ? { name: tool.name, rest: text } : undefined)),
  }
}

const callKey = 'name'
const argumentsKey = 'arguments'

/** The name comes first, so that the arguments can be passed on as they come. */
function callOfMany(tools: readonly ChatTool[]): ForcedCall {
  const ofTool = (tool: ChatTool, at: number): JsonObject => ({
    type: 'object',
    properties: { [callKey]: { type: 'string', const: tool.name }, [argumentsKey]: { $ref: `#/$defs/tool${at}` } },
    required: [callKey, argumentsKey],
    additionalProperties: false,
  })
  const definitions = tools.map((tool, at) => [`tool${at}`, moved(argumentsOf(tool), `#/$defs/tool${at}`)] as const)
  const names = new Set(tools.map(({ name }) => name))
  return {
    schema: { anyOf: tools.map(ofTool), $defs: Object.fromEntries(definitions) },
    words:
      'Call one of these functions now: answer with one JSON object, its name as "name" and then its arguments as "arguments", ' +
      `and nothing else.\n${tools.map((tool) => JSON.stringify(described(tool))).join('\n')}`,
    restore: (id) => asCall(id, (text) => begunCall(text, names), closed),
  }
}

const argumentsOf = ({ parameters }: ChatTool): JsonObject => ({ type: 'object', properties: {}, ...parameters })

const described = (tool: ChatTool): JsonObject => ({
  name: tool.name,
  ...(tool.description === undefined ? {} : { description: tool.description }),
  parameters: argumentsOf(tool),
})

/** The schema under another root: what it refers to in itself is now there. */
function moved(schema: JsonObject, root: string): JsonObject {
  const value = (one: Json): Json => (Array.isArray(one) ? one.map(value) : isObject(one) ? object(one) : one)
  const object = (one: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(one).map(([name, of]) => [
        name,
        name === '$ref' && typeof of === 'string' && of.startsWith('#') ? root + of.slice(1) : value(of),
      ]),
    )
  return object(schema)
}

/** The call's name, and its arguments as far as they go. */
type Begun = { name: string; rest: string } | undefined

const opening = /^\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*(?=\S)/

function begunCall(text: string, names: ReadonlySet<string>): Begun {
  const found = opening.exec(text)
  const name = stringOf(tryParse(found?.[1] ?? ''))
  return found && name !== undefined && names.has(name) ? { name, rest: text.slice(found[0].length) } : undefined
}

/** What stands at the end of the arguments, without the brace around the call: some of it, as far as the model came. */
const closed = (end: string, text: string): string =>
  tryParse(text) === undefined ? end : end.trimEnd().slice(0, -1).trimEnd()

/**
 * The answer's text as a call, its arguments passed on as they come. What is no such call is text after all (servers that cannot
 * hold a model to a schema): it is held until that is known. A provider that says it is done in the middle of the arguments has
 * lost the rest.
 */
function asCall(id: string, begin: (text: string) => Begun, close?: typeof closed): PartFilter {
  let text = ''
  let block = 0
  let called = false
  /** Of the arguments, what may belong to the object around them. */
  let held = ''

  const passed = (piece: string): ChatPart[] => {
    const all = held + piece
    held = close ? (/[\s}]*$/.exec(all)?.[0] ?? '') : ''
    const known = all.slice(0, all.length - held.length)
    return known === '' ? [] : [{ type: 'arguments', block, text: known }]
  }
  const read = (piece: string): ChatPart[] => {
    text += piece
    if (called) return passed(piece)
    text = text.trimStart()
    const begun = begin(text)
    if (!begun) return []
    called = true
    return [{ type: 'call', block, id, name: begun.name }, ...passed(begun.rest)]
  }
  const finish = (part: ChatPart & { type: 'finish' }): ChatPart[] => {
    if (part.reason === 'stop' && isHalf(text)) return [{ type: 'failure', failure: broken, native: part.native }]
    if (!called) return text === '' ? [part] : [{ type: 'text', block, text }, part]
    const end = close ? close(held, text) : ''
    const rest: ChatPart[] = end === '' ? [] : [{ type: 'arguments', block, text: end }]
    return [...rest, part.reason === 'stop' ? { ...part, reason: 'tool_calls' } : part]
  }
  return (part) => {
    // Tokens of a call are not told.
    if (part.type === 'logprobs') return []
    if (part.type === 'finish') return finish(part)
    if (part.type !== 'text') return [part]
    if (text === '') block = part.block
    return read(part.text)
  }
}

const broken = {
  kind: 'cut',
  status: 200,
  message: 'The provider ended a call in the middle of its arguments.',
  mayHaveCost: true,
} as const
