import type { RetryClass, RetryPolicy } from '../core/config.ts'
import type { Failure, FailureKind } from '../core/failure.ts'
import type { Job } from './job.ts'

/**
 * What a failure means for the deployment it came from. `again`: transient, worth one more try there. `busy`: it asks for
 * time, which another may not need. `leave`: not by this request. `stop`: the request is at fault, nobody else is asked.
 */
export type Verdict = 'again' | 'busy' | 'leave' | 'stop'

const rules: Record<FailureKind, { verdict: Verdict; policy: RetryClass }> = {
  server: { verdict: 'again', policy: 'server' },
  connection: { verdict: 'again', policy: 'server' },
  reset: { verdict: 'again', policy: 'server' },
  malformed: { verdict: 'again', policy: 'server' },
  // Billed each time, so asked again at most once, whatever a policy says.
  cut: { verdict: 'again', policy: 'server' },
  rate_limit: { verdict: 'busy', policy: 'rate_limit' },
  overloaded: { verdict: 'busy', policy: 'unavailable' },
  // Silent or misconfigured: its siblings are asked.
  timeout: { verdict: 'leave', policy: 'timeout' },
  quota: { verdict: 'leave', policy: 'rate_limit' },
  auth: { verdict: 'leave', policy: 'auth' },
  permission: { verdict: 'leave', policy: 'auth' },
  not_found: { verdict: 'leave', policy: 'not_found' },
  config: { verdict: 'leave', policy: 'default' },
  ineligible: { verdict: 'leave', policy: 'default' },
  bad_request: { verdict: 'stop', policy: 'bad_request' },
  too_large: { verdict: 'stop', policy: 'bad_request' },
  context_window: { verdict: 'stop', policy: 'bad_request' },
  content_policy: { verdict: 'stop', policy: 'content_policy' },
  client_left: { verdict: 'stop', policy: 'default' },
}

/** Whoever took longer to fail is not asked to do so again. */
const fastMs = 10_000
/** Who asks for so long a wait is down, not busy. */
const downMs = 3_600_000

/** `tookMs`: how long the attempt lasted. */
export function verdictOf(failure: Failure, tookMs: number): Verdict {
  const { verdict } = rules[failure.kind]
  if (verdict === 'stop' || verdict === 'leave') return verdict
  if (failure.retry === false || (failure.retryAfterMs ?? 0) >= downMs) return 'leave'
  return verdict === 'again' && tookMs > fastMs ? 'leave' : verdict
}

/**
 * Retries that the operator has set for such a failure, of this group or of all (LiteLLM's `retry_policy`); undefined: none
 * set. A prompt that is too long stays too long, and what a client has left nobody waits for: no policy changes that.
 */
export function policyRetries(job: Job, group: string, { kind }: Failure): number | undefined {
  if (kind === 'context_window' || kind === 'client_left') return undefined
  const policy: RetryPolicy | undefined = job.config.groupRetryPolicies?.[group] ?? job.config.retryPolicy
  return policy?.[rules[kind].policy] ?? policy?.default
}
