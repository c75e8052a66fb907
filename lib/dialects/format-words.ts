import type { ChatPart, ChatRequest, TextBlock } from '../core/chat.ts'
import type { JsonObject } from '../core/json.ts'
import type { PartFilter } from './tongue.ts'

/** A structured answer asked for in words, where the host or the model has no other way. Whether it matches is up to the model. */
export const formatWords = (format: NonNullable<ChatRequest['format']>): string =>
  schemaWords(format.type === 'json_schema' ? format.schema : undefined)

/** @param schema absent: any object */
export const schemaWords = (schema: JsonObject | undefined): string =>
  schema === undefined
    ? 'Answer with one JSON object and nothing else.'
    : `Answer with one JSON value that matches this JSON schema, and nothing else:\n${JSON.stringify(schema)}`

/** The request with its format told to the model, behind the first instructions: the same place in every request. */
export function inWords({ format, ...request }: ChatRequest): ChatRequest {
  if (format === undefined) return request
  const words: TextBlock = { type: 'text', text: formatWords(format) }
  const [first, ...others] = request.messages
  if (first?.role !== 'system')
    return { ...request, messages: [{ role: 'system', content: [words] }, ...request.messages] }
  return { ...request, messages: [{ ...first, content: [...first.content, words] }, ...others] }
}

const opening = /^\s*```(?:json)?[ \t]*\r?\n/i
const maybeOpening = /^\s*(?:`{0,2}|```[a-z]{0,4}[ \t]*\r?)$/i
const maybeClosing = /\s*(?:`{1,3}\s*)?$/
const closing = /^\s*```\s*$/

/** What says nothing of where the text ends. */
const between = new Set<ChatPart['type']>(['start', 'usage', 'tier', 'logprobs', 'hidden'])

/**
 * Takes the fence of Markdown off an answer that was asked for as JSON in words: models put one around it, and clients parse
 * what they are given. Fences may be cut anywhere between two pieces; an answer that does not begin with one stays as it is.
 */
export function unfenced(): PartFilter {
  let state: 'before' | 'inside' | 'over' = 'before'
  let held = ''
  let block = 0

  const said = (text: string): ChatPart[] => (text === '' ? [] : [{ type: 'text', block, text }])
  const taken = (length: number): ChatPart[] => {
    const text = held.slice(0, length)
    held = held.slice(length)
    return said(text)
  }
  const inside = (): ChatPart[] => taken(held.search(maybeClosing))
  const before = (): ChatPart[] => {
    const fence = opening.exec(held)
    if (!fence && maybeOpening.test(held)) return []
    state = fence ? 'inside' : 'over'
    if (!fence) return taken(held.length)
    held = held.slice(fence[0].length)
    return inside()
  }
  const ended = (): ChatPart[] => {
    if (state === 'inside' && closing.test(held)) held = ''
    return taken(held.length)
  }
  return (part) => {
    if (part.type !== 'text') return between.has(part.type) || held === '' ? [part] : [...ended(), part]
    if (state === 'over') return [part]
    // Text of another block goes on with the same answer.
    block = part.block
    held += part.text
    return state === 'before' ? before() : inside()
  }
}
