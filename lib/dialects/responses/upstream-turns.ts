import type { ChatPart } from '../../core/chat.ts'

/**
 * Lets the parts of each item stand together, as the hub has them: where a host streams items side by side, one is live and
 * the others wait until those before them are done. Items that others may pass (`letPass`) hold nobody up; what they still say
 * comes out between two others.
 */
export function inTurn() {
  const order: number[] = []
  const waiting = new Map<number, ChatPart[]>()
  const done = new Set<number>()
  const passable = new Set<number>()
  /** Of items that were passed. */
  const late: ChatPart[] = []
  let live = 0
  let begun = false

  const taken = (index: number): ChatPart[] => {
    const parts = waiting.get(index) ?? []
    waiting.delete(index)
    return parts
  }
  const advance = (last: boolean): ChatPart[] => {
    const parts: ChatPart[] = []
    for (let index = order[live]; index !== undefined; index = order[live]) {
      if (!begun) parts.push(...late.splice(0))
      const own = taken(index)
      parts.push(...own)
      begun ||= own.length > 0
      if (!last && !done.has(index) && !passable.has(index)) return parts
      live++
      begun = false
    }
    return [...parts, ...late.splice(0)]
  }
  return {
    give(index: number, parts: ChatPart[], ends: boolean): ChatPart[] {
      // Almost every event is more of the item that is live.
      if (begun && index === order[live] && !ends && !done.has(index) && !passable.has(index)) return parts
      if (!order.includes(index)) order.push(index)
      if (ends) done.add(index)
      if (order.indexOf(index) < live) late.push(...parts)
      else waiting.set(index, [...(waiting.get(index) ?? []), ...parts])
      return advance(false)
    },
    letPass: (index: number): void => void passable.add(index),
    /** Whatever still waits, at the end of the answer. */
    flush: (): ChatPart[] => advance(true),
  }
}
