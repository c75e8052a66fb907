import type { ChatMessage, UserBlock } from '../core/chat.ts'
import { answered } from './answered.ts'

/**
 * A conversation in which every call is answered (`answered.ts`), for APIs whose tool messages hold one text alone: pictures and
 * files follow the results, as the user's.
 */
export function textResults(messages: readonly ChatMessage[]): ChatMessage[] {
  const told: ChatMessage[] = []
  let media: UserBlock[] = []
  const flush = () => {
    if (media.length > 0) told.push({ role: 'user', content: media })
    media = []
  }
  for (const message of answered(messages)) {
    if (message.role === 'tool') {
      told.push({ ...message, content: [{ type: 'text', text: textOf(message.content) }] })
      media.push(...message.content.filter((block) => block.type !== 'text'))
    } else {
      flush()
      told.push(message)
    }
  }
  flush()
  return told
}

function textOf(content: readonly UserBlock[]): string {
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []))
  const elsewhere = texts.length === 0 && content.length > 0 ? 'The result follows.' : ''
  return texts.join('\n') || elsewhere
}
