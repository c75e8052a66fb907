import type { ChatPart, ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { PartFilter } from '../tongue.ts'
import type { ModelTraits } from './models.ts'
import { strictSchema, toolSchema } from './schema.ts'

/** How structured output is asked for: a field of `output_config`, a tool that must be called, or words. */
export type Format =
  | { way: 'none' }
  | { way: 'native'; format: JsonObject }
  | { way: 'tool'; tool: JsonObject; choice: JsonObject }
  | { way: 'words'; text: string }

const toolName = 'json'

/**
 * Native where the model has it. Older models are made to call one tool whose input is the answer; where that cannot be
 * (the client has tools of its own, or the model thinks, which forbids forcing), and for `json_object`, they are told.
 */
export function printFormat(request: ChatRequest, traits: ModelTraits, thinking: boolean): Format {
  const { format } = request
  if (!format) return { way: 'none' }
  if (format.type === 'json_object') return { way: 'words', text: 'Answer with one JSON object and nothing else.' }
  if (traits.structured) {
    return { way: 'native', format: { type: 'json_schema', schema: strictSchema(format.schema) } }
  }
  if (thinking || request.tools.length > 0 || request.hostedTools || !traits.forcing) {
    const schema = JSON.stringify(format.schema)
    return {
      way: 'words',
      text: `Answer with one JSON value that matches this JSON schema, and nothing else:\n${schema}`,
    }
  }
  const tool = { name: toolName, description: 'Gives the answer.', input_schema: toolSchema(format.schema) }
  return { way: 'tool', tool, choice: { type: 'tool', name: toolName, disable_parallel_tool_use: true } }
}

/**
 * The tool's input is the text of the answer, and a call of it is a stop. Text around the call would spoil the JSON: it is
 * held, and let go only where the model did not call after all.
 */
export function unwrapJsonTool(): PartFilter {
  let called: number | undefined
  let written = false
  const held: ChatPart[] = []
  return (part) => {
    if (part.type === 'text' || part.type === 'citation') {
      held.push(part)
      return []
    }
    if (part.type === 'call' && part.name === toolName && called === undefined) {
      called = part.block
      return []
    }
    if (part.type === 'arguments' && part.block === called) {
      written = true
      return [{ type: 'text', block: part.block, text: part.text }]
    }
    if (part.type !== 'finish') return [part]
    if (called === undefined) return [...held, part]
    const empty: ChatPart[] = written ? [] : [{ type: 'text', block: called, text: '{}' }]
    return [...empty, part.reason === 'tool_calls' ? { ...part, reason: 'stop' } : part]
  }
}
