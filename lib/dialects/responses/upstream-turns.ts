import type { ChatPart } from '../../core/chat.ts'

/**
 * Lets the parts of each item stand together, as the hub has them: where a host streams items side by side, one is live and
 * the others wait until those before them are done.
 */
export function inTurn() {
  const order: number[] = []
  const waiting = new Map<number, ChatPart[]>()
  const done = new Set<number>()
  let live = 0

  const advance = (last: boolean): ChatPart[] => {
    const parts: ChatPart[] = []
    for (let index = order[live]; index !== undefined; index = order[live]) {
      parts.push(...(waiting.get(index) ?? []))
      waiting.delete(index)
      if (!last && !done.has(index)) break
      live++
    }
    return parts
  }
  return {
    give(index: number, parts: readonly ChatPart[], ends: boolean): ChatPart[] {
      if (!order.includes(index)) order.push(index)
      if (ends) done.add(index)
      waiting.set(index, [...(waiting.get(index) ?? []), ...parts])
      return advance(false)
    },
    /** Whatever still waits, at the end of the answer. */
    flush: (): ChatPart[] => advance(true),
  }
}
