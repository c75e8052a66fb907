import { errorOf, type Failure } from '../core/failure.ts'
import { toDollars } from '../core/money.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import { minusUsage } from '../core/usage.ts'
import type { Interrupted } from '../dialects/dialect.ts'
import { eventOf } from './event.ts'
import { failover } from './failover.ts'
import type { Job } from './job.ts'
import type { Task } from './task.ts'
import { noteIfOwnFault } from './own-fault.ts'
import { recoveryOf } from './recovery.ts'
import type { Answered } from './send.ts'
import { verdictOf } from './verdict.ts'

export type Stream = Extract<Answered, { kind: 'stream' }>

/** Every part of an answer is billed with all of the prompt, so there are not many. */
const mostContinuations = 2

/**
 * Somebody who goes on where a stream broke off (`stream_recovery: continue`), or undefined where nobody can: only deployments
 * that accept a prefill are asked, and only for the rest of a plain text. The part that the client has is booked first, as an
 * attempt of its own; the rest is another, with its own hold. Never rejects: the caller then tells of the failure.
 */
export async function continuation(job: Job, broken: Stream, failure: Failure): Promise<Stream | undefined> {
  const interrupted = interruptedOf(job, broken, failure)
  if (!interrupted) return undefined
  const event = book(job, broken, failure)
  const before = job.task
  const task = continuedTask(before, interrupted, event)
  if (!task) return undefined
  try {
    job.task = task
    const answered = await failover(job, broken.attempt.group)
    return answered.kind === 'stream' ? answered : undefined
  } catch (error) {
    noteIfOwnFault(job, error)
    // Nobody could, and the line below `broken` in the ledger says what it cost to ask; the caller learns why it broke off.
    return undefined
  } finally {
    job.task = before
  }
}

function interruptedOf(job: Job, { attempt, reader }: Stream, failure: Failure): Interrupted | undefined {
  if (recoveryOf(job, attempt.deployment) !== 'continue' || verdictOf(failure, 0) === 'stop') return undefined
  if (job.call.left?.aborted || job.ports.clock.now() >= job.deadline) return undefined
  if (job.closed.filter(({ event }) => event.outcome === 'partial').length >= mostContinuations) return undefined
  const interrupted = reader.interrupted?.()
  return interrupted && /\S/.test(interrupted.text) ? interrupted : undefined
}

/** The part that was sent, as an event; routing and this request's next choices know of it. */
function book(job: Job, { attempt, reader }: Stream, failure: Failure): SpendEvent {
  const now = job.ports.clock.now()
  const end = {
    outcome: 'partial' as const,
    status: 200,
    error: errorOf(failure).code,
    seen: reader.seen,
    endedAt: now,
  }
  const event = eventOf(job, attempt, end)
  job.closed.push({ event, tight: attempt.admission.tight })
  const kind = failure.kind === 'timeout' ? 'timeout' : 'cut'
  job.tried.push({ deployment: attempt.deployment, kind, tookMs: now - attempt.startedAt })
  return event
}

/** The same task for the rest of the answer; undefined where the client's own cap leaves no rest. */
function continuedTask(task: Task, interrupted: Interrupted, { usage, cost }: SpendEvent): Task | undefined {
  const cap = task.boundsWith({}).outputCap
  const rest = cap === undefined ? undefined : cap - usage.completion
  if (rest !== undefined && rest < 1) return undefined
  return {
    ...task,
    continued: true,
    boundsWith: (params) => {
      const bounds = task.boundsWith(params)
      const inputTokens = bounds.inputTokens + Buffer.byteLength(interrupted.text)
      return { ...bounds, inputTokens, ...(rest !== undefined && { outputCap: rest }) }
    },
    bind: (upstream, options) => {
      const outputCap = options.outputCap ?? rest
      return task.bind(upstream, {
        ...options,
        ...(outputCap !== undefined && { outputCap }),
        after: { ...interrupted, usage },
        // The client sees one usage and one cost: of both parts.
        dollars: (sum, served) => {
          const own = options.dollars(minusUsage(sum, usage), served)
          return own === undefined ? undefined : own + toDollars(cost)
        },
      })
    },
  }
}
