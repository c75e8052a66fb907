import type { UserBlock } from '../core/chat.ts'
import { unsupported } from './unsupported.ts'

/** A file for hosts that read text alone, under its name. Throws `unsupported_parameter` for what is no text, or not here. */
export function textOfFile(block: UserBlock & { type: 'file' }): string {
  const { source, name } = block
  if (!('base64' in source) || !/^text\/|json|xml/.test(source.mediaType)) {
    const given = 'base64' in source ? source.mediaType : source
    throw unsupported('messages.content', { type: 'file', source: given })
  }
  const text = Buffer.from(source.base64, 'base64').toString()
  return name === undefined ? text : `${name}:\n${text}`
}
