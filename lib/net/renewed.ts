import { type Dispatcher, pool, type PoolOptions } from './pool.ts'

/** Connections that were idle for longer are not used again: their process may have been frozen, and they be dead without knowing. */
const idleMs = 5000

/** A pool for one exchange. `over` is called once, when the exchange has ended. */
export type Lease = { dispatcher: Dispatcher; over: () => void }

/**
 * A pool that is made anew after an idle time. Lambda freezes a process between two requests, and with it the timers that
 * would have closed its connections: what a firewall has dropped meanwhile it never hears of. A request that is sent there
 * is one that may have arrived. (What a server has closed undici sees, because it lets the event loop turn before it writes.)
 */
export function renewedPool(origin: string, options: PoolOptions, now: () => number): () => Lease {
  let current: Dispatcher | undefined
  let running = 0
  let usedAt = now()

  return () => {
    if (running === 0 && now() - usedAt > idleMs) {
      current?.destroy(null, () => {})
      current = undefined
    }
    running++
    const over = () => {
      running--
      usedAt = now()
    }
    return { dispatcher: (current ??= pool(origin, options)), over }
  }
}
