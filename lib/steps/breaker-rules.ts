import type { Failure, FailureKind } from '../core/failure.ts'
import type { AllowedFails, FailureClass } from '../core/routing.ts'

/** What a failure says of its deployment: it is at fault, it is alive (it has answered, if only with a no), or nothing. */
export const says: Record<FailureKind, FailureClass | 'alive' | 'nothing'> = {
  rate_limit: 'rate_limit',
  quota: 'rate_limit',
  overloaded: 'unavailable',
  server: 'server',
  timeout: 'timeout',
  connection: 'bad_gateway',
  reset: 'bad_gateway',
  malformed: 'bad_gateway',
  cut: 'bad_gateway',
  auth: 'auth',
  not_found: 'not_found',
  // Moderation answers with 403, too: a caller could close a deployment for everybody.
  permission: 'alive',
  bad_request: 'alive',
  too_large: 'alive',
  context_window: 'alive',
  content_policy: 'alive',
  client_left: 'nothing',
  config: 'nothing',
  ineligible: 'nothing',
}

/** What one environment has counted of a deployment: since the minute began, and since the first of its recent failures. */
export type Tally = {
  minute: number
  total: number
  failures: number
  /** Failures since the last success, whatever the minute. */
  streak: number
  recentSince: number
  recent: Partial<Record<FailureClass, number>>
}

/** `alone`: no other deployment is in its group. `elsewhere`: another one of them may be asked at the moment, or a fallback. */
export type Surroundings = {
  alone: boolean
  elsewhere: () => boolean
  wildcard: boolean
  allowedFails?: number | undefined
  allowedFailsPolicy?: AllowedFails | undefined
}

/** A wait that is longer is not a busy moment: the deployment is down. */
const longestBusyMs = 60_000
/** Fewest failures of a minute from which a share is more than chance: with somebody else to ask, and without. */
const leastFailures = 2
const leastFailuresAlone = 5
/** So many in a row say that it is dead, however well the minute began: all environments have to leave it within five seconds. */
const deadStreak = 3
const failureShare = 0.5

const passing: ReadonlySet<FailureClass> = new Set(['rate_limit', 'auth'])

/** Used up, or gone for hours: no rule has to count before it is left alone. */
const isDown = (failure: Failure): boolean => failure.kind === 'quota' || (failure.retryAfterMs ?? 0) > longestBusyMs

/**
 * Whether a failure, counted already, opens the breaker. LiteLLM's rules: with `allowed_fails` or its policy, more failures
 * than allowed within the cooldown time; else a 429, a 401 or a 404 at once, or more than half of this minute's attempts.
 * Three in a row are ours. For the last one that can be asked LiteLLM waits for a thousand failures without one success.
 * Here five are enough, because then the callers get their answer at once instead of a time-out each; and a 429 or a 401
 * closes nothing then: limits pass, and a key that is replaced works at the very next request.
 */
export function opens(failure: Failure, tally: Tally, around: Surroundings): boolean {
  const { allowedFails, allowedFailsPolicy, alone, wildcard } = around
  const kind = says[failure.kind]
  if (kind === 'alive' || kind === 'nothing') return false
  // Behind a star the caller names the model: one that does not exist is his mistake.
  if (kind === 'not_found' && wildcard) return false
  const allowed = allowedFailsPolicy?.[kind]
  if (allowed !== undefined) return (tally.recent[kind] ?? 0) > allowed
  if (isDown(failure)) return true
  if (allowedFails !== undefined) return Object.values(tally.recent).reduce((a, b) => a + b, 0) > allowedFails
  if (!around.elsewhere())
    return !passing.has(kind) && tally.failures >= leastFailuresAlone && tally.failures === tally.total
  if (kind === 'auth' || kind === 'not_found') return true
  if (kind === 'rate_limit') return !alone || failure.retryAfterMs !== undefined
  const most = tally.failures >= leastFailures && tally.failures > tally.total * failureShare
  return most || tally.streak >= deadStreak
}

const shortestRestMs = 1000
const longestToldMs = 3_600_000
/** With it a deployment is returned to within half a minute of its recovery, unless the config or the provider says otherwise. */
const longestRestMs = 20_000

/**
 * How long it is left alone: as long as the provider said (an hour at most, then it is asked again), else the cooldown time,
 * doubled with each failed probe.
 */
export function restMs(failure: Failure, trips: number, cooldownMs: number): number {
  const { retryAfterMs } = failure
  if (retryAfterMs !== undefined) return Math.min(Math.max(retryAfterMs, shortestRestMs), longestToldMs)
  return Math.min(cooldownMs * 2 ** (trips - 1), Math.max(cooldownMs, longestRestMs))
}

type Count = { now: number; cooldownMs: number; attempts: 0 | 1 }

/** The tally with one more attempt, or with the failure of one that was counted when it answered. A window that is over starts anew. */
export function counted(known: Tally | undefined, failure: Failure | undefined, count: Count): Tally {
  const { now, cooldownMs, attempts } = count
  const minute = Math.floor(now / 60_000)
  const { recentSince = now, recent: before = {}, streak = 0 } = known ?? {}
  const same = known?.minute === minute ? known : { total: 0, failures: 0 }
  const tally: Tally = {
    minute,
    total: same.total + attempts,
    failures: same.failures,
    streak,
    recentSince,
    recent: before,
  }
  const kind = failure && says[failure.kind]
  if (kind === undefined || kind === 'alive' || kind === 'nothing') return { ...tally, streak: 0 }
  const fresh = now - tally.recentSince > cooldownMs
  const recent = fresh ? {} : tally.recent
  return {
    ...tally,
    failures: tally.failures + 1,
    streak: streak + 1,
    recentSince: fresh ? now : tally.recentSince,
    recent: { ...recent, [kind]: (recent[kind] ?? 0) + 1 },
  }
}
