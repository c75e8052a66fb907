import type { DeploymentStatistics, RouteSnapshot, Timing } from '../core/routing.ts'
import type { SpendEvent } from '../core/spend-event.ts'

/** How fast an average forgets: a peak counts at once, and is half gone in seven seconds. */
const forgetMs = 10_000
/** Buckets of half an octave from 25 ms on: a percentile is at most 41 % too high, and 26 of them reach 145 s. */
const smallestMs = 25
const buckets = 26
/** More samples than this and all are halved, so that what a deployment was like last week fades. */
const mostSamples = 400
/** Fewer say nothing of one in twenty. */
const leastSamples = 20
const errorWeight = 0.05

/** Peak-sensitive moving average (peak-EWMA): slower than thought is believed at once, faster only with time. */
function averaged(known: Timing | undefined, ms: number, at: number): number {
  if (!known || ms >= known.ewmaMs) return ms
  const weight = Math.exp(-Math.max(at - known.at, 1) / forgetMs)
  return known.ewmaMs * weight + ms * (1 - weight)
}

/** The timing with one more sample. */
export function timed(known: Timing | undefined, ms: number, at: number): Timing {
  const histogram = known ? [...known.histogram] : Array.from({ length: buckets }, () => 0)
  const bucket = Math.min(Math.max(Math.ceil(2 * Math.log2(Math.max(ms, 1) / smallestMs)), 0), buckets - 1)
  histogram[bucket] = (histogram[bucket] ?? 0) + 1
  const total = histogram.reduce((a, b) => a + b, 0)
  return {
    ewmaMs: Math.round(averaged(known, ms, at)),
    at: Math.max(at, known?.at ?? 0),
    histogram: total > mostSamples ? histogram.map((count) => Math.floor(count / 2)) : histogram,
  }
}

/** The time that all but one in twenty keep, rounded up to a bucket; undefined where too little was seen. */
export function p95(timing: Timing | undefined): number | undefined {
  if (!timing) return undefined
  const total = timing.histogram.reduce((a, b) => a + b, 0)
  if (total < leastSamples) return undefined
  let left = total * 0.95
  for (const [bucket, count] of timing.histogram.entries()) {
    left -= count
    if (left <= 0) return smallestMs * 2 ** (bucket / 2)
  }
  return undefined
}

/** What a batch of spend events adds. A duplicate counts twice: these are estimates, and nothing about money hangs on them. */
export function measured(
  known: RouteSnapshot['statistics'],
  events: readonly SpendEvent[],
): RouteSnapshot['statistics'] {
  const changed: Record<string, DeploymentStatistics> = {}
  for (const event of events) {
    const id = event.deployment_id
    changed[id] = withEvent(changed[id] ?? known[id], event)
  }
  return changed
}

function withEvent(known: DeploymentStatistics | undefined, event: SpendEvent): DeploymentStatistics {
  const failed = event.outcome === 'failed' || event.outcome === 'partial'
  const durationMs = event.end - event.start
  const errors = known ? known.errors + errorWeight * ((failed ? 1 : 0) - known.errors) : failed ? errorWeight : 0
  return {
    ...known,
    ...timings(known, event),
    ...load(known, event),
    at: Math.max(event.end, known?.at ?? 0),
    errors: Math.round(errors * 1e4) / 1e4,
    durationMs: Math.round(known ? known.durationMs * 0.9 + durationMs * 0.1 : durationMs),
  }
}

/** Of answers only: how long a failure took says nothing of how long an answer takes. */
function timings(
  known: DeploymentStatistics | undefined,
  event: SpendEvent,
): Pick<DeploymentStatistics, 'firstToken' | 'whole'> {
  if (event.first_token !== undefined)
    return { firstToken: timed(known?.firstToken, event.first_token - event.start, event.first_token) }
  if (event.stream || event.outcome !== 'completed') return {}
  return { whole: timed(known?.whole, event.end - event.start, event.end) }
}

/** Requests and tokens of the newest minute; what comes late for an earlier one is left out. */
function load(
  known: DeploymentStatistics | undefined,
  event: SpendEvent,
): Pick<DeploymentStatistics, 'minute' | 'requests' | 'tokens'> {
  const minute = Math.floor(event.start / 60_000)
  const tokens = event.usage.prompt + event.usage.completion
  if (!known || minute > known.minute) return { minute, requests: 1, tokens }
  const { requests, tokens: before } = known
  if (minute < known.minute) return { minute: known.minute, requests, tokens: before }
  return { minute, requests: requests + 1, tokens: before + tokens }
}
