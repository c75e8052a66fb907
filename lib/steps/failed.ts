import { newAttemptId } from '../core/attempt-id.ts'
import { errorOf, type Failure } from '../core/failure.ts'
import { noUsage } from '../core/usage.ts'
import type { Attempt } from './charge.ts'
import { eventOf } from './event.ts'
import { isOnTrial } from './eligible.ts'
import type { Job, TriedOnce } from './job.ts'
import type { Tried } from './send.ts'
import { verdictOf } from './verdict.ts'

/** Books a failed attempt: one that may have been billed is an event of its own; the hold of any other may be used again. */
export function failed(
  job: Job,
  tried: Exclude<Tried, { answered: unknown }> | { failure: Failure },
  once: TriedOnce,
): void {
  job.tried.push(once)
  if (!('attempt' in tried)) return
  const { attempt, failure } = tried
  if (!failure.mayHaveCost) {
    job.ports.notes.erase(attempt.admission.id)
    job.unused = attempt.admission
    if (isTried(job, attempt, failure)) job.closed.push(unbilled(job, attempt, failure))
    return
  }
  const error = errorOf(failure)
  const outcome = failure.kind === 'client_left' ? 'client_left' : tried.seen?.contentEvents ? 'partial' : 'failed'
  job.closed.push({
    event: eventOf(job, attempt, {
      outcome,
      status: error.status,
      error: error.code,
      endedAt: job.ports.clock.now(),
      ...(tried.seen && { seen: tried.seen }),
    }),
    tight: attempt.admission.tight,
  })
}

/** Whether this failure is counted by somebody: for or against a deployment on trial, and not against a caller's mistake. */
const isTried = (job: Job, { deployment }: Attempt, failure: Failure): boolean =>
  (job.shadow === true || isOnTrial(job.config, deployment.group)) && verdictOf(failure, 0) !== 'stop'

/**
 * A failure that cost nothing, told all the same: where a canary is on trial, it is what the trial is about. Under an id of its
 * own, since the next attempt may use the hold.
 */
function unbilled(job: Job, attempt: Attempt, failure: Failure): Job['closed'][number] {
  const { code, status } = errorOf(failure)
  const id = newAttemptId(job.deadline, job.ports.random)
  const free = { ...attempt, admission: { ...attempt.admission, id, holds: [] } }
  const ending = { outcome: 'failed' as const, status, error: code, endedAt: job.ports.clock.now() }
  const { units: _units, ...event } = eventOf(job, free, ending)
  return { event: { ...event, usage: noUsage, cost: 0, estimated: false }, tight: false }
}
