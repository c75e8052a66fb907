import { errorOf, type Failure } from '../core/failure.ts'
import type { Reply } from '../core/http.ts'
import { UpstreamTrouble } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import { type Answered, lingerMs, ourFault, troubleFailure } from '../steps/send.ts'
import { type Ending, eventOf } from '../steps/charge.ts'
import type { Job } from '../steps/job.ts'
import { nextStep } from '../steps/reading.ts'
import { noteError, noteSpend, noteStreamed } from '../steps/request-facts.ts'
import { settle } from '../steps/settle.ts'
import { answerHeaders } from './headers.ts'

type Stream = Extract<Answered, { kind: 'stream' }>

/**
 * A streamed answer: what was held back first, then every piece at the upstream's pace. It ends in exactly one of three
 * ways (complete, cut, client left), and whichever it is becomes one event. A cut never looks like an end.
 */
export function streamReply(job: Job, answered: Stream): Reply {
  const { dog, reader, rest } = answered
  let ending: Ending['outcome'] = 'client_left'
  let error: string | undefined
  let closing: Promise<void> | undefined

  const close = () => {
    dog.stop()
    // A door whose client left before the first byte never reads the body: the upstream is let go here.
    if (ending === 'client_left') void rest.return?.().catch(() => {})
    const end = {
      outcome: ending,
      status: 200,
      seen: reader.seen,
      endedAt: job.ports.clock.now(),
      ...(error !== undefined && { error }),
    }
    job.closed.push({ event: eventOf(job, answered.attempt, end), tight: answered.attempt.admission.tight })
    noteSpend(
      job.line,
      job.closed.map(({ event }) => event),
    )
    noteStreamed(job.line, job.call.receivedAt, job.closed.at(-1)?.event)
    return settle(job)
  }
  const closed = () => (closing ??= close())

  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      const tail: Uint8Array[] = []
      const failure = yield* pieces(job, answered, tail)
      if (failure?.kind === 'client_left') return
      ending = failure ? 'partial' : 'completed'
      error = failure && errorOf(failure).code
      if (failure) noteError(job.line, errorOf(failure).code)
      if (job.ports.publishBeforeEnd) await closed()
      if (failure) yield reader.fail(errorOf(failure))
      else yield* tail
    } finally {
      if (ending === 'client_left') await readOut(answered)
      await rest.return?.().catch(() => {})
    }
  }

  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      ...answerHeaders(job, answered),
    },
    body: body(),
    done: closed,
  }
}

/**
 * Reads for a moment what the provider had already sent when its client left: it is billed, so it is counted. Where the
 * answer ends in that moment, its usage is known exactly.
 */
async function readOut({ dog, reader, rest }: Stream): Promise<void> {
  dog.limit('left', lingerMs)
  try {
    for (;;) {
      const step = await nextStep(rest, reader)
      if (step.finished || step.failure) return
    }
  } catch {
    // The watchdog has ended it, or the provider has.
  }
}

/** Passes pieces on until the answer is complete, or says why it never will be. The idle limit rests while the client reads. */
async function* pieces(
  job: Job,
  answered: Stream,
  tail: Uint8Array[],
): AsyncGenerator<Uint8Array, Failure | undefined> {
  const { dog, head, reader, rest } = answered
  dog.limit('idle', undefined)
  if (head.bytes.length) yield joined(head.bytes)
  tail.push(...head.tail)
  try {
    for (let finished = head.finished; !finished;) {
      dog.limit('idle', job.config.idleTimeoutMs)
      const step = await nextStep(rest, reader)
      dog.limit('idle', undefined)
      if (step.bytes.length) yield joined(step.bytes)
      tail.push(...step.tail)
      if (step.failure) return step.failure
      finished = step.finished
    }
    return undefined
  } catch (trouble) {
    // Nothing but the end marker of a finished answer was still to come: it is whole.
    const last = dog.reason === 'left' ? undefined : reader.end()
    if (last && !last.failure) {
      tail.push(...last.tail)
      return undefined
    }
    if (trouble instanceof UpstreamTrouble)
      return { ...troubleFailure(trouble, dog.reason), ...(dog.reason === undefined && { kind: 'cut' as const }) }
    job.ports.log('error', 'a stream failed inside the gateway', {
      request_id: job.call.requestId,
      error: reasonFor(trouble),
    })
    return ourFault
  }
}

/** Events that came in one read leave in one write. */
const joined = (pieces: Uint8Array[]): Uint8Array =>
  pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
