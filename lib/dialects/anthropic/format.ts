import type { ChatPart, ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { formatWords, unfenced } from '../format-words.ts'
import type { PartFilter } from '../tongue.ts'
import type { ModelTraits } from './models.ts'
import { isOpen, strictSchema, toolSchema } from './schema.ts'

/** How structured output is asked for: a field of `output_config`, a tool that must be called, or words. */
export type Format =
  | { way: 'none' }
  | { way: 'native'; format: JsonObject }
  | { way: 'tool'; tool: JsonObject; choice: JsonObject }
  | { way: 'words'; text: string }

const toolName = 'json'

/**
 * Native where the model has it, and the schema's objects can be closed, as it must be there. Else the model is made to call one
 * tool whose input is the answer; where that cannot be (the client has tools of its own, the model thinks, which forbids
 * forcing, or the answer is no object), and for `json_object`, it is told.
 */
export function printFormat(request: ChatRequest, traits: ModelTraits, thinking: boolean): Format {
  const { format } = request
  if (!format) return { way: 'none' }
  const words: Format = { way: 'words', text: formatWords(format) }
  if (format.type === 'json_object') return words
  if (traits.structured && !isOpen(format.schema)) {
    return { way: 'native', format: { type: 'json_schema', schema: strictSchema(format.schema) } }
  }
  const busy = thinking || request.tools.length > 0 || request.hostedTools !== undefined
  if (busy || !traits.forcing || !isInput(format.schema)) return words
  const tool = { name: toolName, description: 'Gives the answer.', input_schema: toolSchema(format.schema) }
  return { way: 'tool', tool, choice: { type: 'tool', name: toolName, disable_parallel_tool_use: true } }
}

/** The input of a tool is an object, and its schema begins with no choice. */
const isInput = ({ type, anyOf, oneOf, allOf }: JsonObject): boolean =>
  (type === undefined || type === 'object') && [anyOf, oneOf, allOf].every((choice) => choice === undefined)

/**
 * The tool's input is the text of the answer, and a call of it is a stop. Text around the call would spoil the JSON: it is
 * held, and let go only where the model did not call after all.
 */
function unwrapJsonTool(): PartFilter {
  let called: number | undefined
  let written = false
  const held: ChatPart[] = []
  /** A model may call it once more: the client has no such tool, and an answer already. */
  const again = new Map<number, string>()
  const others = (): ChatPart[] =>
    [...again].map(([block, input]) => ({ type: 'other', block, value: { type: 'tool_use', name: toolName, input } }))
  return (part) => {
    if (part.type === 'text' || part.type === 'citation') {
      held.push(part)
      return []
    }
    if (part.type === 'call' && part.name === toolName) {
      if (called === undefined) called = part.block
      else again.set(part.block, '')
      return []
    }
    if (part.type === 'arguments' && part.block === called) {
      written = true
      return [{ type: 'text', block: part.block, text: part.text }]
    }
    const more = part.type === 'arguments' ? again.get(part.block) : undefined
    if (part.type === 'arguments' && more !== undefined) {
      again.set(part.block, more + part.text)
      return []
    }
    if (part.type !== 'finish') return [part]
    if (called === undefined) return [...held, part].flatMap(unfenced())
    const empty: ChatPart[] = written ? [] : [{ type: 'text', block: called, text: '{}' }]
    return [...empty, ...others(), part.reason === 'tool_calls' ? { ...part, reason: 'stop' } : part]
  }
}

/** Makes a reply's text the answer that was asked for, whichever way that was. */
export function unwrapFormat({ way }: Format): PartFilter {
  if (way === 'tool') return unwrapJsonTool()
  return way === 'words' ? unfenced() : (part) => [part]
}
