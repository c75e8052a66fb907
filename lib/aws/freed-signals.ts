import type { WindowKey } from '../core/budget.ts'

/**
 * Tells requests of this process that wait for held money when some came back on their window. One listener is told at a
 * time, in the order they came: what one settlement frees is rarely enough for two, and a crowd that all tries at once
 * only writes refusals. A hint and no more; whoever waits has a timer as well.
 */
export function freedSignals() {
  const listeners = new Map<string, Set<() => void>>()

  return {
    tell: (on: WindowKey): void => {
      const waiting = listeners.get(nameOf(on))
      const [first] = waiting ?? []
      if (!first) return
      waiting?.delete(first)
      first()
    },
    /** Returns how to stop listening. */
    listen: (on: WindowKey, listener: () => void): (() => void) => {
      const name = nameOf(on)
      const waiting = listeners.get(name) ?? new Set()
      listeners.set(name, waiting.add(listener))
      return () => {
        waiting.delete(listener)
        if (waiting.size === 0 && listeners.get(name) === waiting) listeners.delete(name)
      }
    },
  }
}

const nameOf = ({ pk, sk }: WindowKey) => `${pk}\n${sk}`
