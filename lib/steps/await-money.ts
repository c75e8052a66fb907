import type { WindowKey } from '../core/budget.ts'
import type { AdmitPorts } from './admission.ts'

const shortestMs = 20
const longestMs = 250

/**
 * Waits before an attempt to hold is made again: a random time that grows with every try, so that many who wait do not
 * come all at once; less where this very process gives money back on the window.
 */
export async function awaitMoney(
  { budgets, clock, random }: AdmitPorts,
  wait: { on: WindowKey; tries: number; until: number; left: AbortSignal | undefined },
): Promise<void> {
  const most = Math.min(longestMs, shortestMs * 2 ** (wait.tries + 1))
  const ms = Math.min(shortestMs + random() * (most - shortestMs), Math.max(wait.until - clock.now(), 0))
  const over = new AbortController()
  const end = () => over.abort()
  if (wait.left?.aborted) return
  wait.left?.addEventListener('abort', end, { once: true })
  const deafen = budgets.onFreed?.(wait.on, end)
  await clock.sleep(ms, over.signal)
  deafen?.()
  wait.left?.removeEventListener('abort', end)
}
