import type { Clock } from '../core/ports.ts'
import type { DeploymentStatistics, RouteSnapshot, RoutingSettings, Timing } from '../core/routing.ts'
import { p95, timed } from './statistics.ts'
import type { Gauge } from './strategy.ts'

/** What this environment has measured itself says more than what all have told, as long as it is so fresh. */
const ownFreshMs = 30_000

type Own = { inFlight: number; minute: number; requests: number; tokens: number; firstToken?: Timing; whole?: Timing }

/** How busy and how fast deployments are: what this environment sees, beside what the spend events of all have told. */
export type Gauges = {
  started(id: string): void
  ended(id: string, tokens: number): void
  answered(id: string, ms: number, streamed: boolean): void
  gauge(id: string, streamed: boolean): Gauge
  /** What one answer in twenty is later than, of all environments; undefined: too little is known. */
  p95(id: string, streamed: boolean): number | undefined
}

export type GaugePorts = { clock: Pick<Clock, 'now'>; statistics: () => RouteSnapshot['statistics'] }

export function routingGauges(settings: RoutingSettings, { clock, statistics }: GaugePorts): Gauges {
  const owns = new Map<string, Own>()

  /** By deployment, of which the config has only so many. */
  function ownOf(id: string): Own {
    const minute = minuteOf(clock.now())
    let own = owns.get(id)
    if (!own) owns.set(id, (own = { inFlight: 0, minute, requests: 0, tokens: 0 }))
    if (own.minute !== minute) Object.assign(own, { minute, requests: 0, tokens: 0 })
    return own
  }

  function latencyOf(id: string, streamed: boolean): number | undefined {
    const kind = streamed ? 'firstToken' : 'whole'
    const now = clock.now()
    const own = owns.get(id)?.[kind]
    if (own && now - own.at < ownFreshMs) return own.ewmaMs
    const shared = statistics()[id]?.[kind]
    return shared && now - shared.at < settings.latencyTtlMs ? shared.ewmaMs : undefined
  }

  return {
    started(id) {
      const own = ownOf(id)
      own.inFlight++
      own.requests++
    },
    ended(id, tokens) {
      const own = ownOf(id)
      own.inFlight--
      own.tokens += tokens
    },
    answered(id, ms, streamed) {
      const kind = streamed ? 'firstToken' : 'whole'
      const own = ownOf(id)
      own[kind] = timed(own[kind], ms, clock.now())
    },
    gauge(id, streamed) {
      const own = ownOf(id)
      const shared = statistics()[id]
      const current = shared?.minute === own.minute ? shared : undefined
      return {
        inFlight: own.inFlight,
        latencyMs: latencyOf(id, streamed),
        busy: busyOf(shared, clock.now()),
        // Each environment's own requests are among those of all, but later: the larger number is the nearer one.
        requests: Math.max(own.requests, current?.requests ?? 0),
        tokens: Math.max(own.tokens, current?.tokens ?? 0),
      }
    },
    p95: (id, streamed) => p95(statistics()[id]?.[streamed ? 'firstToken' : 'whole']),
  }
}

const minuteOf = (now: number): number => Math.floor(now / 60_000)

/** How many attempts run at once, by Little's law: how often one begins, times how long it lasts. */
function busyOf(shared: DeploymentStatistics | undefined, now: number): number {
  if (!shared || minuteOf(now) - shared.minute > 1) return 0
  const elapsedMs = Math.min(Math.max(now - shared.minute * 60_000, 1000), 60_000)
  return (shared.requests / elapsedMs) * shared.durationMs
}
