import type { ChatPart } from '../core/chat.ts'
import type { PartFilter } from './tongue.ts'

/** A filter is stateful, and of one choice: each has its own. A failure of one is the answer's. */
export function eachChoice(make: () => PartFilter): PartFilter {
  const first = make()
  const others = new Map<number, PartFilter>()
  const of = (index: number): PartFilter => {
    const filter = others.get(index) ?? make()
    others.set(index, filter)
    return filter
  }
  return (part) => {
    if (part.type !== 'choice') return first(part)
    return of(part.index)(part.part).map((own) => ofChoice(part.index, own))
  }
}

/** The part as one of that choice. The first choice's parts stand as they are, and what concerns the whole answer does. */
export const ofChoice = (index: number, part: ChatPart): ChatPart =>
  index === 0 || part.type === 'failure' || part.type === 'usage' ? part : { type: 'choice', index, part }
