import type { Failure } from '../core/failure.ts'
import type { Candidate } from './choose.ts'
import type { Job } from './job.ts'
import { policyRetries, verdictOf } from './verdict.ts'

/** How far the asking of one tier has come. */
export type Asking = {
  group: string
  /** Whom routing allows, in its order of preference. */
  ready: readonly Candidate[]
  /** Who can be asked after this tier: another deployment of the same group, only another group, or nobody. */
  elsewhere: 'tier' | 'fallback' | undefined
  /** The newest failure of each candidate. */
  failed: Map<Candidate, { failure: Failure; tookMs: number }>
  last?: Failure
  /** Attempts so far. */
  tries: number
}

/** A wait that is no longer than this is better than the answer of another model. */
const shortWaitMs = 5000

/**
 * Who is asked next, or nobody: first those of the tier that were not asked, then those whose failure may have passed, within
 * the number of retries. A fast transient failure is worth one more try on the same deployment; one that asks for time gets it
 * where there is nobody else to ask, and once where it says that a moment is enough and only other models are left.
 */
export function nextCandidate(job: Job, asking: Asking): Candidate | undefined {
  const { ready, failed, tries, last } = asking
  // A breaker that has opened since says so for those that were not asked yet; what this request retries is its own decision.
  const fresh = ready.find((c) => !failed.has(c) && !isSpent(job, c) && (tries === 0 || !job.routing.isOpen(c)))
  const candidate = fresh ?? ready.find((c) => mayRepeat(job, asking, c))
  if (!candidate || !last) return candidate
  return tries > mostRetries(job, asking, candidate) ? undefined : candidate
}

/** LiteLLM's precedence: the policy for this kind of failure, the request, the deployment, the gateway. */
function mostRetries(job: Job, { group, last }: Asking, { deployment }: Candidate): number {
  const set = last && policyRetries(job, group, last)
  return set ?? job.task.wishes.retries ?? deployment.retries ?? job.config.retries
}

function mayRepeat(job: Job, { group, elsewhere, failed }: Asking, candidate: Candidate): boolean {
  const known = failed.get(candidate)
  if (!known) return false
  const { failure, tookMs } = known
  const asked = job.tried.filter(({ deployment }) => deployment === candidate.deployment)
  const verdict = verdictOf(failure, tookMs)
  const once = asked.length < 2 && !repeats(job)
  // Half an answer that took long to come takes as long again: somebody else is asked, if there is anybody.
  if (failure.kind === 'cut' || asked.some(({ kind }) => kind === 'cut'))
    return once && (verdict === 'again' || !elsewhere)
  if (policyRetries(job, group, failure) !== undefined) return true
  if (verdict === 'again') return once
  const soon = elsewhere === 'fallback' && (failure.retryAfterMs ?? Infinity) <= shortWaitMs && once
  return verdict === 'busy' && (!elsewhere || soon)
}

/** Under another name, or for the rest of an answer, a deployment comes up again: silence and two cuts are remembered. */
function isSpent({ tried }: Job, candidate: Candidate): boolean {
  const kinds = tried.filter(({ deployment }) => deployment === candidate.deployment).map(({ kind }) => kind)
  return kinds.includes('timeout') || (kinds.length > 1 && kinds.includes('cut'))
}

/** The client's SDK is itself trying again (OpenAI's and Anthropic's say so): one of the two is enough. */
const repeats = ({ call }: Job): boolean => Number(call.headers['x-stainless-retry-count'] ?? 0) > 0
