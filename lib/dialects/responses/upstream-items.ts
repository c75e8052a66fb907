import type { ChatPart } from '../../core/chat.ts'
import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { logprobsPart } from '../logprobs.ts'
import { malformed } from '../broken-reply.ts'
import { givenTexts } from './given-texts.ts'

/** Who sealed: reasoning of this format goes back only to this tongue. */
export const sealFormat = 'openai-responses-v1'

/**
 * An output item that is being received. A whole reply's item is one that ends as it begins: `close` gives whatever of the
 * final item has not been given yet, so nothing is missing where deltas were.
 */
export type OpenItem = {
  /** Parts of one streamed event that belongs to it. */
  read(type: string, event: JsonObject): ChatPart[]
  close(item: JsonObject): ChatPart[]
}

/** `block` is the number that its parts carry. */
export function openItem(block: number, type: string): OpenItem {
  switch (type) {
    case 'message':
      return messageItem(block)
    case 'reasoning':
      return reasoningItem(block)
    case 'function_call':
      return callItem(block, false)
    case 'custom_tool_call':
      return callItem(block, true)
    default:
      return otherItem(block)
  }
}

/** Kinds of items that the client has to answer. */
export const isCall = (type: string): boolean => type === 'function_call' || type === 'custom_tool_call'

const numberOf = (value: Json | undefined): number => (typeof value === 'number' ? value : 0)

/** How likely tokens were is said with the deltas, or where there were none, with the whole. */
function tokensOnce() {
  const given = new Set<number>()
  return {
    delta: (at: number, entries: Json | undefined): ChatPart[] => {
      const parts = logprobsPart(entries)
      if (parts.length > 0) given.add(at)
      return parts
    },
    rest: (at: number, entries: Json | undefined): ChatPart[] => (given.has(at) ? [] : logprobsPart(entries)),
  }
}

/** Annotations vouch for a stretch of the text, so they come out when the text is known. */
function messageItem(block: number): OpenItem {
  const given = givenTexts()
  const citations: JsonObject[] = []
  const text = (piece: string): ChatPart[] => (piece === '' ? [] : [{ type: 'text', block, text: piece }])
  const refusal = (piece: string): ChatPart[] => (piece === '' ? [] : [{ type: 'refusal', text: piece }])
  const likely = tokensOnce()
  const whole = (part: JsonObject, at: number): ChatPart[] =>
    part.type === 'refusal'
      ? refusal(given.rest(`refusal ${at}`, part.refusal))
      : [...likely.rest(at, part.logprobs), ...text(given.rest(`text ${at}`, part.text))]
  return {
    read(type, event) {
      const at = numberOf(event.content_index)
      if (type === 'response.output_text.delta')
        return [...likely.delta(at, event.logprobs), ...text(given.delta(`text ${at}`, event.delta))]
      if (type === 'response.refusal.delta') return refusal(given.delta(`refusal ${at}`, event.delta))
      if (type === 'response.output_text.done') return text(given.rest(`text ${at}`, event.text))
      if (type === 'response.refusal.done') return refusal(given.rest(`refusal ${at}`, event.refusal))
      if (type === 'response.output_text.annotation.added') citations.push(objectOf(event.annotation))
      return []
    },
    close(item) {
      const content = listOf(item.content).map(objectOf)
      const last = content.flatMap((part) => listOf(part.annotations).map(objectOf))
      const parts = content.flatMap(whole)
      const all = last.length > 0 ? last : citations
      return [...parts, ...all.map((value): ChatPart => ({ type: 'citation', block, value }))]
    },
  }
}

/** Its readable text (a summary, or the thoughts themselves where the host shows them) and the seal that replays it. */
function reasoningItem(block: number): OpenItem {
  const given = givenTexts()
  const text = (piece: string): ChatPart[] => (piece === '' ? [] : [{ type: 'reasoning', block, text: piece }])
  return {
    read(type, event) {
      if (type === 'response.reasoning_summary_text.delta')
        return text(given.delta(`summary ${numberOf(event.summary_index)}`, event.delta))
      if (type === 'response.reasoning_text.delta')
        return text(given.delta(`content ${numberOf(event.content_index)}`, event.delta))
      return []
    },
    close(item) {
      const parts = [
        ...listOf(item.summary).flatMap((part, at) => text(given.rest(`summary ${at}`, objectOf(part).text))),
        ...listOf(item.content).flatMap((part, at) => text(given.rest(`content ${at}`, objectOf(part).text))),
      ]
      const sealed = stringOf(item.encrypted_content)
      if (!sealed) return parts
      if (given.none()) return [...parts, { type: 'redacted', block, data: sealed, format: sealFormat }]
      // A summary is shorter than the reasoning that is billed.
      const hidden: ChatPart = { type: 'hidden', bytes: sealed.length }
      return [...parts, hidden, { type: 'signature', block, signature: sealed, format: sealFormat }]
    },
  }
}

/**
 * A call of the client's: named by `call_id`, by which its result is given; the item's own id means nothing to the client. A call is
 * acted on, so one whose whole contradicts its pieces is a failure.
 */
function callItem(block: number, custom: boolean): OpenItem {
  const given = givenTexts()
  const field = custom ? 'input' : 'arguments'
  let begun = false
  const begin = ({ call_id: id, name }: JsonObject): ChatPart[] => {
    if (begun || typeof name !== 'string' || name === '') return []
    begun = true
    return [{ type: 'call', block, id: stringOf(id) || `call_${block}`, name, ...(custom ? { custom } : {}) }]
  }
  const text = (piece: string): ChatPart[] => (piece === '' ? [] : [{ type: 'arguments', block, text: piece }])
  const rest = (whole: Json | undefined): ChatPart[] =>
    given.contradicts(field, whole) ? [contradicted] : text(given.rest(field, whole))
  return {
    read(type, event) {
      if (type === 'response.output_item.added') {
        const item = objectOf(event.item)
        return begin(item)
      }
      // Arguments of a call that has no name yet wait for the whole item.
      if (!begun) return []
      if (/(?:arguments|input)\.delta$/.test(type)) return text(given.delta(field, event.delta))
      return /(?:arguments|input)\.done$/.test(type) ? rest(event[field]) : []
    },
    close: (item) => [...begin(item), ...(begun ? rest(item[field]) : [])],
  }
}

const contradicted: ChatPart = {
  type: 'failure',
  failure: malformed('The provider sent pieces of a call that are not what it says the call is.'),
}

/** A picture stands by itself, and not a second time in the item that made it. */
function pictures(block: number, item: JsonObject): ChatPart[] {
  const { result, ...rest } = item
  if (item.type !== 'image_generation_call' || typeof result !== 'string' || result === '')
    return [{ type: 'other', block, value: item }]
  const mediaType = `image/${stringOf(item.output_format) ?? 'png'}`
  return [
    { type: 'other', block, value: rest },
    { type: 'image', block, mediaType, base64: result },
  ]
}

/** Members of such items that the model wrote. */
const writtenIn = ['arguments', 'code', 'input', 'action', 'operation', 'queries', 'encrypted_content'] as const
const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Tools that ran at the provider, and whatever is yet to be invented: handed on whole. What the model wrote for them is billed. */
function otherItem(block: number): OpenItem {
  let counted = 0
  const hidden = (bytes: number): ChatPart[] => (bytes > 0 ? [{ type: 'hidden', bytes }] : [])
  return {
    read(type, event) {
      if (!type.endsWith('.delta')) return []
      const bytes = Buffer.byteLength(stringOf(event.delta) ?? '')
      counted += bytes
      return hidden(bytes)
    },
    close(item) {
      const written = writtenIn
        .map((name) => item[name] ?? '')
        .map(asText)
        .join('')
      const missed = counted === 0 ? hidden(Buffer.byteLength(written)) : []
      return [...missed, ...pictures(block, item)]
    },
  }
}
