import type { FailureKind } from './failure.ts'

/** How the deployments of a tier are ordered (LiteLLM's names; `usage-based-routing` is the same as its v2 here). */
export const routingStrategies = [
  'simple-shuffle',
  'least-busy',
  'latency-based-routing',
  'usage-based-routing',
  'usage-based-routing-v2',
  'cost-based-routing',
] as const
export type RoutingStrategy = (typeof routingStrategies)[number]

/** Failures that LiteLLM's `allowed_fails_policy` counts apart, and that a deployment can be blamed for. */
export type FailureClass = 'auth' | 'not_found' | 'timeout' | 'rate_limit' | 'server' | 'unavailable' | 'bad_gateway'
export type AllowedFails = Partial<Record<FailureClass, number>>

/** The part of the config that says whom to ask first, and whom to leave alone. */
export type RoutingSettings = {
  strategy: RoutingStrategy
  /** `routing_strategy_args.ttl`: older measurements say nothing. */
  latencyTtlMs: number
  /** `routing_strategy_args.lowest_latency_buffer`: who is at most this share slower than the fastest counts as equally fast. */
  latencyBuffer: number
  cooldownMs: number
  disableCooldowns: boolean
  /** Set: the only rule is this many failures, more of which within the cooldown time open the breaker. */
  allowedFails?: number
  allowedFailsPolicy?: AllowedFails
}

export const defaultRouting: RoutingSettings = {
  strategy: 'simple-shuffle',
  latencyTtlMs: 3_600_000,
  latencyBuffer: 0,
  cooldownMs: 5000,
  disableCooldowns: false,
}

/** An open breaker: nobody asks the deployment before `until`, then one environment at a time. Milliseconds since 1970. */
export type OpenBreaker = {
  since: number
  until: number
  /** How often it was opened in a row: each time it rests longer. */
  trips: number
  kind: FailureKind
  /** The provider's HTTP status; 0 where there was none. */
  status: number
  /** Who probes, and until when nobody else may. */
  lease?: { by: string; until: number } | undefined
}

/**
 * What the spend events say of a deployment. Times are measured twice: to the first token of streams, to the end of whole
 * replies. Each in milliseconds: a peak-sensitive moving average, and a histogram for percentiles.
 */
export type DeploymentStatistics = {
  /** When the newest event ended, milliseconds since 1970. */
  at: number
  firstToken?: Timing
  whole?: Timing
  /** The minute since 1970 that the two counts below are of. */
  minute: number
  requests: number
  tokens: number
  /** Share of billable attempts that failed, a moving average. */
  errors: number
  /** Moving average of how long an attempt lasts from start to end, in milliseconds. */
  durationMs: number
}
export type Timing = { ewmaMs: number; at: number; histogram: number[] }

/** What all environments know together: breakers and statistics, by deployment. */
export type RouteSnapshot = {
  open: Readonly<Record<string, OpenBreaker>>
  statistics: Readonly<Record<string, DeploymentStatistics>>
  /** Canaries that were rolled back, by `trialKey`, and when (milliseconds since 1970). Absent: none. */
  rolledBack?: Readonly<Record<string, number>>
}

/**
 * Routing's state that environments share, one item in all. It is read as a whole and written only on change. Every call
 * rejects where the store does not answer; the caller then goes by what it knows itself.
 */
export type RouteStore = {
  read(): Promise<RouteSnapshot>
  /** Opens, or prolongs; an entry that lasts longer stands. */
  open(key: string, entry: OpenBreaker): Promise<RouteSnapshot>
  /** The right to probe, for one environment at a time. False: another has it, or the breaker is not what it was. */
  claim(
    key: string,
    lease: { since: number; by: string; now: number; until: number },
  ): Promise<{ mine: boolean; snapshot: RouteSnapshot }>
  /** Removes the entry that was opened at `since`; a newer one stays. */
  close(key: string, since: number): Promise<void>
  /** For the aggregator: replaces the statistics of some deployments; does nothing where somebody else was faster. */
  measure(change: (known: RouteSnapshot['statistics']) => RouteSnapshot['statistics']): Promise<void>
}
