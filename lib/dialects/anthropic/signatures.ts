import { signatureFormat } from './reply-blocks.ts'

/** Whose seal it is; `callId`: it belongs to that call of the turn. */
export type Sealer = { format?: string; callId?: string }

/**
 * Reasoning that another tongue has sealed travels in the fields of this one: tagged, so that a later turn knows whose it is,
 * whichever provider that turn goes to. What Anthropic signed travels as it is.
 */
export function tagged(sealed: string, { format, callId }: Sealer): string {
  if (callId === undefined && (format === undefined || format === signatureFormat)) return sealed
  const call = callId === undefined ? '' : `@${Buffer.from(callId).toString('base64url')}`
  return `${tag}${format ?? signatureFormat}${call}:${sealed}`
}

const tag = 'purser:'

/** The seal as its maker wrote it, and whose it is. */
export function untagged(text: string): { sealed: string; format: string; callId?: string } {
  if (!isTagged(text)) return { sealed: text, format: signatureFormat }
  const at = text.indexOf(':', tag.length)
  const [format = '', call] = text.slice(tag.length, at).split('@')
  const callId = call === undefined ? {} : { callId: Buffer.from(call, 'base64url').toString() }
  return { sealed: text.slice(at + 1), format, ...callId }
}

export const isTagged = (text: string): boolean => text.startsWith(tag) && text.includes(':', tag.length)
