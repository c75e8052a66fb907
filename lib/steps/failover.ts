import { errorOf, type Failure } from '../core/failure.ts'
import type { Fallbacks } from '../core/config.ts'
import type { Candidate } from './choose.ts'
import { eligible } from './eligible.ts'
import { failed } from './failed.ts'
import { guarded } from './guarded.ts'
import type { Job } from './job.ts'
import { type Group, groupOf, mayUse, unknownModel } from './models.ts'
import { type Asking, nextCandidate } from './next-candidate.ts'
import type { Answered } from './send.ts'
import { triedDetail } from './tried.ts'
import { policyRetries, verdictOf } from './verdict.ts'

/** Longer waits than this are another deployment's chance, or the caller's business. */
const longestWaitMs = 60_000

type Result = { answered: Answered } | { failure: Failure }

/**
 * Asks the group, then its fallbacks in order, until one answers. Each target must be allowed to the key. Where all fail,
 * the caller sees the failure of the group it asked for (LiteLLM's rule: status and code of the first group), and is told
 * what was tried.
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
    const open = (failure: Failure) =>
      fallbacksOf(job, group.name, failure).filter((target) => !visited.has(target) && mayUse(job.caller, target))
    const mayGoOn = job.tally.fallbacks < job.config.maxFallbacks
    const result = await askGroup(job, group, (failure) => queue.length > 0 || (mayGoOn && open(failure).length > 0))
    if ('answered' in result) return result.answered
    first ??= result.failure
    if (result.failure.kind === 'client_left' || !mayGoOn || isLate(job)) break
    queue.unshift(...open(result.failure))
    if (queue.length) job.tally.fallbacks++
  }
  throw first ? errorOf(first, triedDetail(job, first)) : unknownModel(name)
}

/** Which list a failure opens: context and policy have their own and no other; a malformed request has none. */
function fallbacksOf(job: Job, group: string, failure: Failure): string[] {
  const { config, task } = job
  if (task.wishes.disableFallbacks) return []
  const listed = (fallbacks: Fallbacks) => fallbacks[group] ?? fallbacks['*']
  if (failure.kind === 'context_window') return listed(config.contextWindowFallbacks) ?? []
  if (failure.kind === 'content_policy') return listed(config.contentPolicyFallbacks) ?? []
  if (verdictOf(failure, 0) === 'stop') return []
  return task.wishes.fallbacks ?? listed(config.fallbacks) ?? config.defaultFallbacks
}

const nobody: Failure = {
  kind: 'config',
  status: 0,
  message: 'There is no deployment for this model.',
  mayHaveCost: false,
}

/** What an attempt would end with that stays silent. */
const silence: Failure = { kind: 'timeout', status: 0, message: '', mayHaveCost: true }

/** `beyond`: whether such a failure leaves another group to ask. */
async function askGroup(job: Job, group: Group, beyond: (failure: Failure) => boolean): Promise<Result> {
  const able = job.task.continued ? group.deployments.filter((c) => c.deployment.acceptsPrefill === true) : undefined
  const chosen = await eligible(job, able ? { ...group, deployments: able } : group, beyond)
  if ('failure' in chosen) return chosen
  const { tiers } = chosen
  let last = nobody
  for (const [at, tier] of tiers.entries()) {
    const result = await askTier(job, group, tier, (failure) => {
      if (at < tiers.length - 1) return 'tier'
      return beyond(failure) ? 'fallback' : undefined
    })
    if ('answered' in result) return result
    last = result.failure
    if (verdictOf(last, 0) === 'stop' || isLate(job)) break
  }
  return { failure: last }
}

const isLate = (job: Job): boolean => job.ports.clock.now() >= job.deadline

/** One tier: its candidates in routing's order, then again those whose failure may pass (next-candidate.ts says which). */
async function askTier(
  job: Job,
  group: Group,
  tier: Candidate[],
  beyond: (failure: Failure) => Asking['elsewhere'],
): Promise<Result> {
  const ready = await job.routing.candidates(tier, job.task)
  if (!ready.length) return { failure: job.routing.refusal(tier) }
  const asking: Asking = { group: group.name, ready, elsewhere: undefined, failed: new Map(), tries: 0 }
  for (;;) {
    const candidate = nextCandidate(job, asking)
    if (!candidate) return { failure: asking.last ?? nobody }
    const before = asking.failed.get(candidate)?.failure
    if (before && !(await waited(job, before, asking.tries))) return { failure: before }
    if (asking.tries++) job.tally.retries++
    job.tally.attempts++
    const startedAt = job.ports.clock.now()
    const others = ready.filter((one) => one !== candidate && !asking.failed.has(one))
    job.spare = others.some((one) => !job.routing.isOpen(one)) || beyond(silence) !== undefined
    const tried = await guarded(job, { candidate, group: group.name, others })
    if ('answered' in tried) return tried
    const { failure } = tried
    const tookMs = job.ports.clock.now() - startedAt
    failed(job, tried, { deployment: candidate.deployment, kind: failure.kind, tookMs })
    const again = policyRetries(job, group.name, failure) ?? 0
    if (isLate(job) || (verdictOf(failure, tookMs) === 'stop' && !again)) return { failure }
    asking.failed.set(candidate, { failure, tookMs })
    asking.last = failure
    asking.elsewhere = beyond(failure)
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
