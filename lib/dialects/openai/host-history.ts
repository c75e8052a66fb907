import type { AssistantBlock } from '../../core/chat.ts'
import { type Json, type JsonObject, listOf, stringOf } from '../../core/json.ts'
import type { Flags } from '../flags.ts'
import { parseCarriedReasoning } from './request-reasoning.ts'

type Rule = NonNullable<Flags['reasoningHistory']>
type Carried = readonly AssistantBlock[]

/**
 * In which hosts and gateways hand reasoning, and what else a provider said, to their clients, who hand it back as it came: in
 * messages, hosts with a rule of their own refuse what they do not know (Groq: "property 'annotations' is unsupported").
 */
const fields =
  'reasoning_content reasoning reasoning_details thinking_blocks provider_specific_fields annotations'.split(' ')

/** Members of an answer that say nothing (`refusal`, `audio`, `function_call` of others' answers) are as unknown as the rest. */
const isKept = ([name, value]: [string, Json | undefined]): boolean =>
  !fields.includes(name) && (value !== null || name === 'content')

/** Reasoning of earlier turns as the host's rule has it, from whichever field a client hands it back in. */
export function printHistory(messages: readonly JsonObject[], { reasoningHistory }: Flags): JsonObject[] {
  return messages.map((message) => {
    if (message.role !== 'assistant' || reasoningHistory === undefined) return message
    const carried = parseCarriedReasoning(message)
    const rest = Object.fromEntries(Object.entries(message).filter(isKept))
    return { ...rest, ...printed(reasoningHistory, message, carried) }
  })
}

function printed(rule: Rule, message: JsonObject, carried: Carried): JsonObject {
  const text = stringOf(message.reasoning_content) || stringOf(message.reasoning) || textOf(carried)
  switch (rule) {
    case 'drop':
      return {}
    case 'require':
      return { reasoning_content: text }
    case 'keep':
      return text === '' ? {} : { reasoning_content: text }
    case 'reasoning':
      return text === '' ? {} : { reasoning: text }
    case 'details': {
      const details = listOf(message.reasoning_details)
      const made = details.length > 0 ? details : printDetails(carried)
      return made.length === 0 ? {} : { reasoning_details: made }
    }
    case 'thinking_blocks': {
      const blocks = listOf(message.thinking_blocks)
      const made = blocks.length > 0 ? blocks : printBlocks(carried)
      return {
        ...(text === '' ? {} : { reasoning_content: text }),
        ...(made.length === 0 ? {} : { thinking_blocks: made }),
      }
    }
  }
}

const textOf = (carried: Carried): string =>
  carried.map((block) => (block.type === 'reasoning' ? block.text : '')).join('')

/** Byte for byte: signatures are over the text. */
export const printDetails = (carried: Carried): JsonObject[] =>
  carried.flatMap((block, index): JsonObject[] => {
    if (block.type === 'redacted') {
      return [{ type: 'reasoning.encrypted', data: block.data, ...formatOf(block), index }]
    }
    if (block.type !== 'reasoning') return []
    const { text, signature, callId } = block
    const id = callId === undefined ? {} : { id: callId }
    return [{ type: 'reasoning.text', text, ...(signature ? { signature } : {}), ...formatOf(block), ...id, index }]
  })

const formatOf = ({ format }: { format?: string }): JsonObject => (format === undefined ? {} : { format })

/** Those that are signed, and not by another tongue: who knows this form refuses the others. */
const printBlocks = (carried: Carried): JsonObject[] =>
  carried.flatMap((block): JsonObject[] => {
    if (block.type !== 'reasoning' && block.type !== 'redacted') return []
    if (block.format !== undefined && !block.format.startsWith('anthropic')) return []
    if (block.type === 'redacted') return [{ type: 'redacted_thinking', data: block.data }]
    if (!block.signature) return []
    return [{ type: 'thinking', thinking: block.text, signature: block.signature }]
  })
