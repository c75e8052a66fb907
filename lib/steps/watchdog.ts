import { afterReading } from '../core/clock.ts'

/** Why an attempt was given up. `left`: the client did; `total`: the request's own deadline; the others are the deployment's limits. */
export type GivenUp = 'first_content' | 'idle' | 'attempt' | 'total' | 'left'

export type Watchdog = {
  signal: AbortSignal
  /** Set once it has bitten. */
  readonly reason: GivenUp | undefined
  /** (Re)starts one limit, `ms` from now; undefined takes it away. Cheap: called for every event of a stream. */
  limit(kind: GivenUp, ms: number | undefined): void
  /** From now on a client that leaves ends the attempt only after `ms`: time to read what is already on its way, and billed. */
  linger(ms: number): void
  stop(): void
}

/**
 * One timer for all deadlines of an attempt, and one signal that ends it: the connection, a wait for headers or a read all
 * stop by it, so nothing is left behind. Moving a deadline only writes a number; the timer is set anew when it fires early.
 */
export function watchdog(now: () => number, left: AbortSignal | undefined): Watchdog {
  const abort = new AbortController()
  const due = new Map<GivenUp, number>()
  let disarm = () => {}
  let timerAt = Infinity
  let reason: GivenUp | undefined
  let lingerMs = 0

  const bite = (why: GivenUp) => {
    if (reason) return
    reason = why
    stop()
    abort.abort()
  }
  const gone = () => (lingerMs > 0 ? limit('left', lingerMs) : bite('left'))
  const stop = () => {
    disarm()
    left?.removeEventListener('abort', gone)
  }
  const check = () => {
    const time = now()
    timerAt = Infinity
    let next = Infinity
    for (const [kind, at] of due) {
      if (at <= time) return bite(kind)
      next = Math.min(next, at)
    }
    if (next < Infinity) arm(next)
  }
  const arm = (at: number) => {
    disarm()
    timerAt = at
    disarm = afterReading(Math.min(Math.max(at - now(), 1), 2 ** 31 - 1), check)
  }

  const limit = (kind: GivenUp, ms: number | undefined) => {
    if (ms === undefined) due.delete(kind)
    else {
      const at = now() + ms
      due.set(kind, at)
      if (at < timerAt && !reason) arm(at)
    }
  }

  if (left?.aborted) queueMicrotask(gone)
  else left?.addEventListener('abort', gone, { once: true })
  return {
    signal: abort.signal,
    get reason() {
      return reason
    },
    limit,
    linger(ms) {
      lingerMs = ms
    },
    stop,
  }
}
