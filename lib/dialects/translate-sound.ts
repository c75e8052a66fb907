import type { ChatPart } from '../core/chat.ts'
import { objectOf, stringOf } from '../core/json.ts'

/** For clients whose replies carry no sound: that there was some is said in plain words, where the sound stood. */
export function saySound(part: ChatPart): ChatPart[] {
  if (part.type !== 'other') return [part]
  const mediaType = stringOf(objectOf(objectOf(part.value).inlineData).mimeType) ?? ''
  if (!/^(?:audio|video)/.test(mediaType)) return [part]
  return [{ type: 'text', block: part.block, text: `[The answer holds ${mediaType}, which this API cannot carry.]` }]
}
