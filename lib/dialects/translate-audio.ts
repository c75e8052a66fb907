import type { ChatRequest } from '../core/chat.ts'
import { GatewayError } from '../core/errors.ts'

/** Audio is a file of the hub, which tongues that take none would print as a document: refused by its place, never dropped. */
export function refuseAudio({ messages }: ChatRequest): void {
  for (const [position, message] of messages.entries()) {
    for (const [at, block] of message.content.entries()) {
      if (block.type !== 'file' || !('mediaType' in block.source) || !block.source.mediaType.startsWith('audio/'))
        continue
      const param = `messages[${position}].content[${at}]`
      throw new GatewayError('unsupported_parameter', {
        param: `${param}.type`,
        message: `${param}: this model takes no audio; send text, images or PDF files.`,
      })
    }
  }
}
