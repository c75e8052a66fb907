import type { Clock } from './ports.ts'

/**
 * Calls `act` after `ms`, and after what has arrived by then was read: a process that was held up comes to its timers before it
 * comes to its sockets, and would take its own absence for somebody's silence. Returns what calls it off.
 */
export function afterReading(ms: number, act: () => void): () => void {
  let soon: NodeJS.Immediate | undefined
  const timer = setTimeout(() => (soon = setImmediate(act)), ms)
  return () => {
    clearTimeout(timer)
    clearImmediate(soon)
  }
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const timer = setTimeout(end, ms)
      function end() {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      signal?.addEventListener('abort', end)
    }),
}
