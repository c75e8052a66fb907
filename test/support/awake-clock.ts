import { systemClock } from '../../lib/core/clock.ts'
import type { Clock } from '../../lib/core/ports.ts'

/** Longer than this between two looks at the clock, and the process was held up. */
const mostMs = 20

let [time, last] = [Date.now(), performance.now()]

function now(): number {
  const at = performance.now()
  time += Math.min(at - last, mostMs)
  last = at
  return Math.floor(time)
}

setInterval(now, 5).unref()

/**
 * A clock for tests of short deadlines: what passes while the machine does not let this process run does not pass for it. Else a
 * limit of 300 ms would be a test of the machine, on which the provider that is to answer in time lives in the same process.
 */
export const awakeClock: Clock = {
  now,
  async sleep(ms, signal) {
    const end = now() + ms
    for (let left = ms; left > 0; left = signal?.aborted ? 0 : end - now()) await systemClock.sleep(left, signal)
  },
}
