import { quotas } from './load-quotas.ts'

const coldSeconds = 0.3

export type Environments = {
  /** Seconds until the call begins; undefined where it is turned away. */
  start: (now: number) => number | undefined
  end: () => void
  busy: () => number
}

type Fleet = Record<'concurrency' | 'perEnvironment' | 'rps' | 'seconds', number>

/** Lambda: environments that stay warm, started at a limited rate, up to the account's concurrency. */
export function environments({ concurrency, perEnvironment, rps, seconds }: Fleet): Environments {
  const perSecond = quotas.environmentsPerTenSeconds.value / 10
  let warm = Math.min(concurrency, Math.ceil((rps * seconds) / perEnvironment / 2))
  let starts: number = quotas.environmentsPerTenSeconds.value
  let at = 0
  let busy = 0
  return {
    start(now: number): number | undefined {
      starts = Math.min(quotas.environmentsPerTenSeconds.value, starts + (now - at) * perSecond)
      at = now
      const needed = Math.ceil((busy + 1) / perEnvironment)
      const isCold = needed > warm
      if (isCold && (needed > concurrency || starts < 1)) return undefined
      busy++
      if (!isCold) return 0
      starts--
      warm = needed
      return coldSeconds
    },
    end: () => void busy--,
    busy: () => busy,
  }
}
