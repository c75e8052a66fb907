import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, stringOf, tryParseExact } from '../../core/json.ts'
import { plainId } from './names.ts'

/** Who signed: a signature of this format is sent back only to this tongue. */
export const signatureFormat = 'anthropic-claude-v1'

/** A content block that is being received. Blocks may start filled: whole replies are blocks that end as they start. */
export type OpenBlock = {
  start: ChatPart[]
  delta(delta: JsonObject): ChatPart[]
  close(): ChatPart[]
}

/** `block` is the number that its parts carry. */
export function openBlock(block: number, value: JsonObject): OpenBlock {
  switch (stringOf(value.type) ?? '') {
    case 'text':
      return textBlock(block, value)
    case 'thinking':
      return thinkingBlock(block, value)
    case 'redacted_thinking':
      return unchanging([{ type: 'redacted', block, data: stringOf(value.data) ?? '', format: signatureFormat }])
    case 'tool_use':
      return callBlock(block, value)
    default:
      return otherBlock(block, value)
  }
}

const unchanging = (start: ChatPart[]): OpenBlock => ({ start, delta: () => [], close: () => [] })

/** Citations vouch for the whole block, so they come out when its text is known. */
function textBlock(block: number, value: JsonObject): OpenBlock {
  const citations = listOf(value.citations).filter(isObject)
  const text = (piece: unknown): ChatPart[] =>
    typeof piece === 'string' && piece !== '' ? [{ type: 'text', block, text: piece }] : []
  return {
    start: text(value.text),
    delta: (delta) => {
      if (isObject(delta.citation)) citations.push(delta.citation)
      return text(delta.text)
    },
    close: () => citations.map((citation) => ({ type: 'citation', block, value: citation })),
  }
}

function thinkingBlock(block: number, value: JsonObject): OpenBlock {
  let signature = stringOf(value.signature) ?? ''
  let readable = false
  const text = (piece: unknown): ChatPart[] => {
    if (typeof piece !== 'string' || piece === '') return []
    readable = true
    return [{ type: 'reasoning', block, text: piece }]
  }
  return {
    start: text(value.thinking),
    delta: (delta) => {
      signature += stringOf(delta.signature) ?? ''
      return text(delta.thinking)
    },
    close: () => {
      if (signature === '') return []
      const sealed: ChatPart = { type: 'signature', block, signature, format: signatureFormat }
      return readable ? [sealed] : [{ type: 'hidden', bytes: signature.length }, sealed]
    },
  }
}

/** Input is `{}` at the start of a stream and comes as fragments; where none came, what stood at the start is the input. */
function callBlock(block: number, value: JsonObject): OpenBlock {
  let fragments = false
  // Another gateway of this kind may stand in front of the host, and have wrapped the host's id.
  const id = plainId(stringOf(value.id) ?? '') || `toolu_${block}`
  return {
    start: [{ type: 'call', block, id, name: stringOf(value.name) ?? '' }],
    delta: (delta) => {
      const text = stringOf(delta.partial_json) ?? ''
      fragments ||= text !== ''
      return text === '' ? [] : [{ type: 'arguments', block, text }]
    },
    close: () => {
      const empty = !isObject(value.input) || Object.keys(value.input).length === 0
      return fragments || empty ? [] : [{ type: 'arguments', block, text: JSON.stringify(value.input) }]
    },
  }
}

/** Tools that ran at the provider, compaction, what is yet to be invented: handed on whole, once it is whole. */
function otherBlock(block: number, value: JsonObject): OpenBlock {
  const whole = { ...value }
  let input = ''
  return {
    start: isObject(value.input) ? hidden(JSON.stringify(value.input), 2) : [],
    delta: (delta) => {
      const fragment = stringOf(delta.partial_json) ?? ''
      input += fragment
      if (delta.type === 'compaction_delta') Object.assign(whole, delta, { type: value.type })
      return hidden(fragment + (stringOf(delta.content) ?? ''))
    },
    close: () => {
      if (input !== '') whole.input = tryParseExact(input) ?? input
      return [{ type: 'other', block, value: whole }]
    },
  }
}

const hidden = (text: string, beyond = 0): ChatPart[] =>
  text.length > beyond ? [{ type: 'hidden', bytes: Buffer.byteLength(text) }] : []
