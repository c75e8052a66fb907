import { errorOf, type Failure } from '../core/failure.ts'
import { eventOf } from './charge.ts'
import type { Job, TriedOnce } from './job.ts'
import type { Tried } from './send.ts'

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
