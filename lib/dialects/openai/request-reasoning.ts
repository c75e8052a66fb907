import type { AssistantBlock } from '../../core/chat.ts'
import { type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'

/**
 * Reasoning of an earlier turn, as clients hand it back: `reasoning_details` (which know whose they are), else
 * `thinking_blocks`, else bare text, which no signature vouches for. Byte-exact: signatures are over the text.
 */
export function parseCarriedReasoning(message: JsonObject): AssistantBlock[] {
  const details = listOf(message.reasoning_details).flatMap((detail) => parseDetail(objectOf(detail)))
  if (details.length > 0) return details
  const thinking = listOf(message.thinking_blocks).flatMap((block) => parseThinking(objectOf(block)))
  if (thinking.length > 0) return thinking
  const text = stringOf(message.reasoning_content) || stringOf(message.reasoning)
  return text ? [{ type: 'reasoning', text }] : []
}

function parseDetail(detail: JsonObject): AssistantBlock[] {
  const format = stringOf(detail.format)
  const known = format === undefined ? {} : { format }
  const signature = stringOf(detail.signature)
  if (detail.type === 'reasoning.encrypted' && typeof detail.data === 'string') {
    return [{ type: 'redacted', data: detail.data, ...known }]
  }
  const text = stringOf(detail.text) ?? stringOf(detail.summary)
  if (text === undefined) return []
  const callId = stringOf(detail.id)
  return [
    {
      type: 'reasoning',
      text,
      ...(signature ? { signature } : {}),
      ...known,
      ...(signature && callId ? { callId } : {}),
    },
  ]
}

function parseThinking(block: JsonObject): AssistantBlock[] {
  if (block.type === 'redacted_thinking' && typeof block.data === 'string') {
    return [{ type: 'redacted', data: block.data }]
  }
  const signature = stringOf(block.signature)
  if (block.type !== 'thinking') return []
  return [{ type: 'reasoning', text: stringOf(block.thinking) ?? '', ...(signature ? { signature } : {}) }]
}
