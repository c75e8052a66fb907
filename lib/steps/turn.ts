import type { Failure } from '../core/failure.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import { attempt } from './attempt.ts'
import type { Candidate } from './choose.ts'
import type { Job } from './job.ts'
import type { Tried } from './send.ts'
import { isHurried } from './task.ts'

/**
 * One attempt, told to routing: when it starts, when it answers, and why it failed. A stream that answers is told to its end
 * by `endTurns`, since only then is it known whether it came to one.
 */
export async function takeTurn(job: Job, candidate: Candidate, group: string): Promise<Tried> {
  const turn = job.routing.started(candidate, job.task)
  try {
    const tried = await attempt(job, candidate, group)
    if ('failure' in tried) turn.ended(blamed(job, tried.failure))
    else {
      const { attempt: current } = tried.answered
      turn.answered((current.firstTokenAt ?? job.ports.clock.now()) - current.startedAt)
      job.turns.set(current.admission.id, turn)
    }
    return tried
  } catch (error) {
    // No budget, or a parameter that cannot be said: nothing that the deployment has done.
    turn.ended({})
    throw error
  }
}

/** A deadline that the caller has set, or that was used up before, is not the deployment's fault: a caller must not be able to close it for others. */
function blamed(job: Job, failure: Failure): { failure?: Failure } {
  const hurried = isHurried(job.task)
  const late = job.ports.clock.now() >= job.deadline
  return failure.kind === 'timeout' && (hurried || late) ? {} : { failure }
}

/** Ends every turn of the request that is not over yet, by what its event says. Any number of times. */
export function endTurns(job: Job, events: readonly SpendEvent[]): void {
  for (const event of events) {
    const turn = job.turns.get(event.id)
    const tokens = event.usage.prompt + event.usage.completion
    turn?.ended({ tokens, ...(event.outcome === 'partial' && { failure: brokeOff }) })
  }
  for (const turn of job.turns.values()) turn.ended({})
  job.turns.clear()
}

const brokeOff: Failure = {
  kind: 'cut',
  status: 0,
  message: 'The answer broke off.',
  mayHaveCost: true,
}
