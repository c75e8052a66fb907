import type { ChatPart } from '../core/chat.ts'
import type { Seen } from './dialect.ts'

/** Of a reply of which nothing has come yet. */
export const nothingSeen = (): Seen => ({ contentBytes: 0, contentEvents: 0 })

/** Takes one part, as the provider sent it, into what is known of the reply. */
export function note(seen: Seen, part: ChatPart): void {
  if (part.type === 'usage') noteUsage(seen, part)
  else if (part.type === 'finish') seen.finish = part.reason
  else if (part.type === 'failure') {
    if (part.native !== undefined) seen.finish = part.native
  } else if (part.type === 'tier') seen.tier = part.tier
  else if (part.type === 'choice') noteChoice(seen, part.part)
  else if (part.type === 'start') {
    if (part.id !== undefined) seen.id = part.id
    if (part.model !== undefined) seen.model = part.model
  } else {
    const bytes = contentBytes(part)
    seen.contentBytes += bytes
    if (bytes > 0) seen.contentEvents += 1
  }
}

function noteUsage(seen: Seen, { usage, pace, passes }: ChatPart & { type: 'usage' }): void {
  seen.usage = usage
  if (pace !== undefined) seen.pace = pace
  if (passes) seen.passes = passes
}

/** What another choice wrote is billed with the first's; how it ended is not how the answer did. */
function noteChoice(seen: Seen, part: ChatPart): void {
  if (part.type !== 'finish' && part.type !== 'start') note(seen, part)
}

/** A picture of a megapixel is billed as 1290 tokens, whatever its file weighs; an estimate takes four bytes for a token. */
const imageBytes = 1290 * 4

/**
 * Bytes of what the model wrote. Hidden reasoning counts by its sealed form (at least as long as the text), and so do
 * arguments of the provider's own tools: the provider bills all of it, and an estimate must not fall short.
 */
function contentBytes(part: ChatPart): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
    case 'arguments':
      return Buffer.byteLength(part.text)
    case 'call':
      return Buffer.byteLength(part.name)
    case 'redacted':
      return part.bytes ?? Buffer.byteLength(part.data)
    case 'hidden':
      return part.bytes
    case 'image':
      return imageBytes
    case 'start':
    case 'logprobs':
    case 'tier':
    case 'choice':
    case 'signature':
    case 'citation':
    case 'other':
    case 'usage':
    case 'finish':
    case 'failure':
      return 0
  }
}
