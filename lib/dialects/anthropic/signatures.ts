import { signatureFormat } from './reply-blocks.ts'

/**
 * Reasoning that another tongue has sealed travels in the fields of this one: tagged, so that a later turn knows whose it is,
 * whichever provider that turn goes to. What Anthropic signed travels as it is.
 */
export const tagged = (sealed: string, format: string | undefined): string =>
  format === undefined || format === signatureFormat ? sealed : `${tag}${format}:${sealed}`

const tag = 'purser:'

/** The seal as its maker wrote it, and whose it is. */
export function untagged(sealed: string): { sealed: string; format: string } {
  if (!isTagged(sealed)) return { sealed, format: signatureFormat }
  const at = sealed.indexOf(':', tag.length)
  return { sealed: sealed.slice(at + 1), format: sealed.slice(tag.length, at) }
}

export const isTagged = (sealed: string): boolean => sealed.startsWith(tag) && sealed.includes(':', tag.length)
