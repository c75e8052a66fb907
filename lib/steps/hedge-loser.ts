import { errorOf } from '../core/failure.ts'
import { reasonFor } from '../core/reason.ts'
import { releaseHolds } from './admit.ts'
import type { Ending } from './charge.ts'
import type { Candidate } from './choose.ts'
import { eventOf } from './event.ts'
import type { Job } from './job.ts'
import { noteIfOwnFault } from './own-fault.ts'
import type { Answered, Tried } from './send.ts'

/** One of two attempts that run at once: a job of its own where they must not share, and a way to end it. */
export type Lane = { job: Job; candidate: Candidate; tried: Promise<Tried>; cancel: () => void }

/**
 * Waits for the end of an attempt that lost against another, lets its connection go, and books it: what may have been billed
 * is an event of its own, what surely was not gives its hold back. Never rejects.
 */
export async function bookLoser(job: Job, lane: Lane): Promise<void> {
  try {
    const tried = await lane.tried
    if ('answered' in tried) await bookAnswer(job, tried.answered)
    else await bookFailure(job, tried)
  } catch (error) {
    // It never went out (no budget, no key, a fault of ours): nothing was billed.
    noteIfOwnFault(job, error)
  }
  const { unused } = lane.job
  if (unused) await releaseHolds(job.ports, unused)
}

/** Both answered in the same moment. A whole reply is paid for; a stream costs what had come when it was let go. */
async function bookAnswer(job: Job, answered: Answered): Promise<void> {
  answered.dog.stop()
  if (answered.kind === 'whole')
    return book(job, answered.attempt, { outcome: 'completed', status: 200, seen: answered.seen })
  await answered.rest
    .return?.()
    .catch((error: unknown) => job.ports.log('info', 'a connection ended badly', { error: reasonFor(error) }))
  book(job, answered.attempt, { outcome: 'client_left', status: 200, seen: answered.reader.seen, error })
}

async function bookFailure(job: Job, { attempt, failure, seen }: Exclude<Tried, { answered: unknown }>): Promise<void> {
  const cancelled = failure.kind === 'client_left'
  const { code, status } = errorOf(failure)
  const tookMs = job.ports.clock.now() - attempt.startedAt
  if (!cancelled) job.tried.push({ deployment: attempt.deployment, kind: failure.kind, tookMs })
  if (failure.mayHaveCost) {
    const outcome = cancelled ? 'client_left' : seen?.contentEvents ? 'partial' : 'failed'
    return book(job, attempt, { outcome, status, error: cancelled ? error : code, ...(seen && { seen }) })
  }
  job.ports.notes.erase(attempt.admission.id)
  await releaseHolds(job.ports, attempt.admission)
}

/** What the event and the ledger call it. */
const error = 'hedge_lost'

function book(job: Job, attempt: Answered['attempt'], ending: Omit<Ending, 'endedAt'>): void {
  const event = eventOf(job, attempt, { ...ending, endedAt: job.ports.clock.now() })
  job.closed.push({ event, tight: attempt.admission.tight })
}
