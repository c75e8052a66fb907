import type { ChatPart } from '../../core/chat.ts'
import type { PartFilter } from '../tongue.ts'

const opening = '<think>'
const closing = '</think>'

/**
 * Reasoning that a host left in the text, taken out of it: what stands between the tags at the start of the answer. Later tags
 * are the answer's own words. Tags may be cut anywhere between two pieces.
 */
export function readThinkTags(): PartFilter {
  const split = splitter()
  let opened = false
  let block = 0
  /** The reasoning is one more block in front of the others. */
  const moved = ({ thought, text }: Piece): ChatPart[] => {
    opened ||= thought !== ''
    const parts: ChatPart[] = thought === '' ? [] : [{ type: 'reasoning', block, text: thought }]
    return text === '' ? parts : [...parts, { type: 'text', block: opened ? block + 1 : block, text }]
  }
  return (part) => {
    if (part.type === 'text') {
      block = part.block
      return moved(split.add(part.text))
    }
    if (between.has(part.type)) return [part]
    const rest = moved(split.flush())
    return [...rest, 'block' in part && opened ? { ...part, block: part.block + 1 } : part]
  }
}

/** What says nothing of where the text ends. */
const between = new Set<ChatPart['type']>(['start', 'usage', 'tier', 'logprobs', 'hidden'])

type Piece = { thought: string; text: string }

/** Tells thoughts from text, and holds back what may be the beginning of a tag. */
function splitter(): { add(text: string): Piece; flush(): Piece } {
  let state: 'before' | 'inside' | 'behind' | 'over' = 'before'
  let held = ''
  const take = (): string => {
    const all = held
    held = ''
    return all
  }
  let begun = false
  const inside = (): Piece => {
    if (!begun) held = held.trimStart()
    const at = held.indexOf(closing)
    const until = at < 0 ? held.length - partial(held) : at
    const thought = held.slice(0, until)
    begun ||= thought !== ''
    held = held.slice(at < 0 ? until : at + closing.length)
    if (at < 0) return { thought, text: '' }
    state = 'behind'
    return { thought, text: behind() }
  }
  /** Line breaks that set the answer off from the tag are not its own. */
  const behind = (): string => {
    const text = state === 'behind' ? take().trimStart() : take()
    if (text !== '') state = 'over'
    return text
  }
  const before = (): Piece => {
    const start = held.trimStart()
    if (start.length < opening.length && opening.startsWith(start)) return { thought: '', text: '' }
    state = start.startsWith(opening) ? 'inside' : 'over'
    if (state === 'over') return { thought: '', text: take() }
    held = start.slice(opening.length)
    return inside()
  }
  return {
    add(text) {
      held += text
      if (state === 'before') return before()
      return state === 'inside' ? inside() : { thought: '', text: behind() }
    },
    /** Half a tag is what it says. */
    flush() {
      const rest = take()
      if (state === 'inside') return { thought: rest, text: '' }
      if (rest !== '') state = 'over'
      return { thought: '', text: rest }
    },
  }
}

/** How many letters at the end of the text may be the beginning of the closing tag. */
function partial(text: string): number {
  for (let length = Math.min(closing.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(closing.slice(0, length))) return length
  }
  return 0
}
