import { asGatewayError } from '../core/errors.ts'
import { errorOf, type Failure } from '../core/failure.ts'
import type { Fallbacks } from '../core/config.ts'
import { eventOf } from './charge.ts'
import { type Candidate, tiersOf } from './choose.ts'
import type { Job } from './job.ts'
import { type Group, groupOf, mayUse, unknownModel } from './models.ts'
import type { Answered, Tried } from './send.ts'
import { takeTurn } from './turn.ts'

/** What a failure means for the group it came from. */
const verdicts: Record<Failure['kind'], 'retry' | 'leave' | 'stop'> = {
  rate_limit: 'retry',
  overloaded: 'retry',
  server: 'retry',
  connection: 'retry',
  reset: 'retry',
  malformed: 'retry',
  cut: 'retry',
  // A silent or misconfigured deployment is not asked again by this request, its siblings are.
  timeout: 'leave',
  quota: 'leave',
  auth: 'leave',
  permission: 'leave',
  not_found: 'leave',
  config: 'leave',
  bad_request: 'stop',
  too_large: 'stop',
  context_window: 'stop',
  content_policy: 'stop',
  client_left: 'stop',
}

/** Longer waits than this are another deployment's chance, or the caller's business. */
const longestWaitMs = 60_000

/**
 * Asks the group, then its fallbacks in order, until one answers. Each target must be allowed to the key. Where all fail,
 * the caller sees the failure of the group it asked for (LiteLLM's rule: status and code of the first group).
 */
export async function failover(job: Job, name: string): Promise<Answered> {
  const visited = new Set<string>()
  const queue = [name]
  let first: Failure | undefined
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (visited.has(next)) continue
    visited.add(next)
    const group = groupOf(job.config, next)
    if (!group) throw unknownModel(next)
    const result = await askGroup(job, group)
    if ('answered' in result) return result.answered
    first ??= result.failure
    if (result.failure.kind === 'client_left' || job.ports.clock.now() >= job.deadline) break
    const targets = fallbacksOf(job, next, result.failure).filter(
      (target) => !visited.has(target) && mayUse(job.caller, target),
    )
    queue.unshift(...targets)
    if (job.tally.fallbacks >= job.config.maxFallbacks) break
    if (queue.length) job.tally.fallbacks++
  }
  throw first ? errorOf(first) : unknownModel(name)
}

/** Which list a failure opens: context and policy have their own and no other; a malformed request has none. */
export function fallbacksOf(job: Job, group: string, failure: Failure): string[] {
  const { config, task } = job
  if (task.wishes.disableFallbacks) return []
  const listed = (fallbacks: Fallbacks) => fallbacks[group] ?? fallbacks['*']
  if (failure.kind === 'context_window') return listed(config.contextWindowFallbacks) ?? []
  if (failure.kind === 'content_policy') return listed(config.contentPolicyFallbacks) ?? []
  if (verdicts[failure.kind] === 'stop') return []
  return task.wishes.fallbacks ?? listed(config.fallbacks) ?? config.defaultFallbacks
}

const nobody: Failure = {
  kind: 'config',
  status: 0,
  message: 'There is no deployment for this model.',
  mayHaveCost: false,
}

async function askGroup(job: Job, group: Group): Promise<{ answered: Answered } | { failure: Failure }> {
  let last = nobody
  for (const tier of tiersOf(group)) {
    const result = await askTier(job, group, tier)
    if ('answered' in result) return result
    last = result.failure
    if (verdicts[last.kind] === 'stop') break
  }
  return { failure: last }
}

/** One tier: siblings first, then again those whose failure may pass, at most `num_retries` attempts after the first. */
async function askTier(
  job: Job,
  group: Group,
  tier: Candidate[],
): Promise<{ answered: Answered } | { failure: Failure }> {
  const ready = await job.routing.candidates(tier, job)
  if (!ready.length) return { failure: job.routing.refusal(tier) }
  const failed = new Map<Candidate, Failure>()
  let failure: Failure | undefined
  for (let tries = 0; ; tries++) {
    // A breaker that has opened since says so for those that were not asked yet; what this request retries is its own decision.
    const fresh = ready.filter((c) => !failed.has(c) && (tries === 0 || !job.routing.isOpen(c)))
    const again = ready.filter((c) => verdicts[failed.get(c)?.kind ?? 'config'] === 'retry')
    const candidate = fresh[0] ?? again[0]
    const most = job.task.wishes.retries ?? candidate?.deployment.retries ?? job.config.retries
    if (!candidate || (failure && tries > most))
      return {
        failure: failure ?? nobody,
      }
    const before = failed.get(candidate)
    if (before && !(await waited(job, before, tries))) return { failure: before }
    if (tries) job.tally.retries++
    job.tally.attempts++
    const tried = await guarded(job, candidate, group.name)
    if ('answered' in tried) return tried
    failure = tried.failure
    record(job, tried)
    if (verdicts[failure.kind] === 'stop') return { failure }
    failed.set(candidate, failure)
  }
}

/** A deployment whose key is missing in the configuration fails like one whose key is refused; everything else thrown ends the request. */
async function guarded(job: Job, candidate: Candidate, group: string): Promise<Tried | { failure: Failure }> {
  try {
    return await takeTurn(job, candidate, group)
  } catch (error) {
    const reason = asGatewayError(error)
    if (reason.code !== 'upstream_auth') throw error
    return { failure: { kind: 'auth', status: 0, message: reason.message, mayHaveCost: false } }
  }
}

/** Waits before the same deployment is asked again: as long as it said, or with growing jitter. False: that would be too long. */
async function waited(job: Job, failure: Failure, tries: number): Promise<boolean> {
  const { clock, random } = job.ports
  const backOff = Math.min(500 * 2 ** (tries - 1), 8000) * (0.5 + random() / 2)
  const ms = Math.max(failure.retryAfterMs ?? backOff, job.config.retryAfterMs)
  if (ms > longestWaitMs || clock.now() + ms >= job.deadline) return false
  await clock.sleep(ms, job.call.left)
  return !job.call.left?.aborted
}

/** Books a failed attempt: one that may have been billed is an event of its own; the hold of any other may be used again. */
function record(job: Job, tried: Tried | { failure: Failure }): void {
  if (!('attempt' in tried)) return
  const { attempt: failed, failure } = tried
  const error = errorOf(failure)
  if (failure.mayHaveCost) {
    const outcome = failure.kind === 'client_left' ? 'client_left' : tried.seen?.contentEvents ? 'partial' : 'failed'
    job.closed.push({
      event: eventOf(job, failed, {
        outcome,
        status: error.status,
        error: error.code,
        endedAt: job.ports.clock.now(),
        ...(tried.seen && { seen: tried.seen }),
      }),
      tight: failed.admission.tight,
    })
    return
  }
  job.ports.notes.erase(failed.admission.id)
  job.unused = failed.admission
}
