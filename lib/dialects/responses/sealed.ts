import type { AssistantBlock } from '../../core/chat.ts'
import { type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { sealFormat } from './upstream-items.ts'

/**
 * Reasoning of other tongues travels to clients of this one in `encrypted_content`, which they hand back unread: text and
 * signature whole, because a signature is over the very bytes.
 */
type Sealed = { text?: string; signature?: string; data?: string; format?: string; callId?: string }

const mark = 'purser.'

/** Reasoning that this tongue's providers sealed stays as it is: they read it themselves. */
export function sealed({ text, signature, data, format, callId }: Sealed): string {
  const own = format === sealFormat ? (signature ?? data) : undefined
  return own ?? mark + Buffer.from(JSON.stringify({ text, signature, data, format, callId })).toString('base64url')
}

/** Whether it was sealed here, so that no provider of this tongue can read it. */
export const isOurs = (encrypted: unknown): boolean => typeof encrypted === 'string' && encrypted.startsWith(mark)

/** A conversation's summary, for a `compaction` item. */
export const sealedSummary = (summary: string): string =>
  mark + Buffer.from(JSON.stringify({ summary })).toString('base64url')

/** What a `compaction` item says, as the message that takes its place; undefined where somebody else has sealed it. */
export function openedSummary({ type, encrypted_content: encrypted }: JsonObject): string | undefined {
  if (type !== 'compaction' || typeof encrypted !== 'string' || !isOurs(encrypted)) return undefined
  const { summary } = objectOf(tryParse(Buffer.from(encrypted.slice(mark.length), 'base64url').toString()))
  return typeof summary === 'string' ? `Summary of the conversation before:\n\n${summary}` : undefined
}

/** A reasoning item that a client hands back. Without a seal its text is all there is, and nobody vouches for it. */
export function parseReasoning(item: JsonObject): AssistantBlock[] {
  const text = [...listOf(item.summary), ...listOf(item.content)]
    .map((part) => stringOf(objectOf(part).text) ?? '')
    .join('')
  const encrypted = stringOf(item.encrypted_content)
  if (!encrypted) return text === '' ? [] : [{ type: 'reasoning', text }]
  if (!isOurs(encrypted)) {
    const format = sealFormat
    return text === ''
      ? [{ type: 'redacted', data: encrypted, format }]
      : [{ type: 'reasoning', text, signature: encrypted, format }]
  }
  const opened = objectOf(tryParse(Buffer.from(encrypted.slice(mark.length), 'base64url').toString()))
  const { text: exact, signature, data, format, callId } = opened
  const of = { ...(typeof format === 'string' && { format }), ...(typeof callId === 'string' && { callId }) }
  if (typeof data === 'string') return [{ type: 'redacted', data, ...(typeof format === 'string' && { format }) }]
  const words = stringOf(exact) ?? text
  if (typeof signature === 'string') return [{ type: 'reasoning', text: words, signature, ...of }]
  return words === '' ? [] : [{ type: 'reasoning', text: words }]
}
