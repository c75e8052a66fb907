import { errorOf, type Failure } from '../core/failure.ts'
import type { Reply } from '../core/http.ts'
import { reasonFor } from '../core/reason.ts'
import { beating, comment, patiently, silence } from '../steps/beating.ts'
import type { Ending } from '../steps/charge.ts'
import { eventOf } from '../steps/event.ts'
import type { Stream } from '../steps/continuation.ts'
import type { Job } from '../steps/job.ts'
import { nextStep, stepper } from '../steps/reading.ts'
import { noteError, noteSpend, noteStreamed, noteTally } from '../steps/request-facts.ts'
import { lingerMs } from '../steps/send.ts'
import { settle } from '../steps/settle.ts'
import { ourFault } from '../steps/trouble.ts'
import { answerHeaders } from './headers.ts'

/** Of every stream; the last keeps nginx from gathering it. */
export const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
}

/**
 * A streamed answer: what was held back first, then every piece at the upstream's pace. It ends in exactly one of three
 * ways (complete, cut, client left), and whichever it is becomes one event. A cut never looks like an end. Where another
 * deployment goes on with the rest, each part is an attempt of its own.
 */
export function streamReply(job: Job, answered: Stream): Reply {
  let current: Stream | undefined = answered
  let ending: Ending['outcome'] = 'client_left'
  let error: string | undefined
  let closing: Promise<void> | undefined

  const close = () => {
    if (current) book(job, current, { outcome: ending, ...(error !== undefined && { error }) })
    noteTally(job.line, job.tally)
    noteSpend(
      job.line,
      job.closed.map(({ event }) => event),
    )
    noteStreamed(job.line, job.call.receivedAt, job.closed.at(-1)?.event)
    return settle(job)
  }
  const closed = () => (closing ??= close())

  async function* body(): AsyncGenerator<Uint8Array> {
    let speaker = answered
    try {
      const tail: Uint8Array[] = []
      let failure = yield* pieces(job, speaker, tail)
      while (failure && failure.kind !== 'client_left') {
        const broken = speaker
        speaker.dog.stop()
        const why = failure
        const going = import('../steps/continuation.ts')
          .then(({ continuation }) => continuation(job, broken, why))
          .catch((thrown: unknown) => noteFault(job, thrown))
        const next = yield* patiently(going, { everyMs: job.config.heartbeatMs, beat: broken.reader.beat })
        // Booked by the continuation, whether it found somebody or not.
        if (job.closed.some(({ event }) => event.id === broken.attempt.admission.id)) current = next
        if (!next) break
        speaker = next
        failure = yield* pieces(job, speaker, tail)
      }
      if (failure?.kind === 'client_left') return
      ending = failure ? 'partial' : 'completed'
      error = failure && errorOf(failure).code
      if (failure) noteError(job.line, errorOf(failure).code)
      if (job.ports.publishBeforeEnd) await closed()
      if (failure && speaker.reader.breaks) throw errorOf(failure)
      if (failure) yield told(job, speaker, failure)
      else yield* tail
    } finally {
      if (ending === 'client_left' && current) await readOut(current)
      await speaker.rest.return?.().catch(() => {})
    }
  }

  return {
    status: 200,
    headers: { ...streamHeaders, ...answered.reader.headers, ...answerHeaders(job, answered) },
    body: body(),
    done: closed,
  }
}

/** One part's event, and the end of its connection. */
function book(job: Job, { attempt, dog, reader, rest }: Stream, end: Pick<Ending, 'outcome' | 'error'>): void {
  dog.stop()
  // A door whose client left before the first byte never reads the body: the upstream is let go here.
  if (end.outcome === 'client_left') void rest.return?.().catch(() => {})
  const event = eventOf(job, attempt, { ...end, status: 200, seen: reader.seen, endedAt: job.ports.clock.now() })
  job.closed.push({ event, tight: attempt.admission.tight })
}

/**
 * Reads for a moment what the provider had already sent when its client left: it is billed, so it is counted. Where the
 * answer ends in that moment, its usage is known exactly.
 */
async function readOut({ dog, reader, rest }: Stream): Promise<void> {
  dog.limit('left', lingerMs)
  try {
    for (;;) {
      const step = await nextStep({ rest, reader })
      if (step.finished || step.failure) return
    }
  } catch {
    // The watchdog has ended it, or the provider has.
  }
}

/** The error event. Where not even that can be said, the connection is broken off: it must not look like an end. */
function told(job: Job, { reader }: Stream, failure: Failure): Uint8Array {
  try {
    return reader.fail(errorOf(failure))
  } catch (thrown) {
    noteFault(job, thrown)
    throw errorOf(failure)
  }
}

/** Passes pieces on until the answer is complete, or says why it never will be; a sign of life where none come for long. */
async function* pieces(job: Job, stream: Stream, tail: Uint8Array[]): AsyncGenerator<Uint8Array, Failure | undefined> {
  const { head, reader } = stream
  const { config, ports } = job
  const { next, stop } = beating(stepper(stream, config.idleTimeoutMs, ports.clock.now), config.heartbeatMs)
  if (head.bytes.length) yield joined(head.bytes)
  tail.push(...head.tail)
  try {
    for (let finished = head.finished; !finished;) {
      const step = await next()
      if (step === silence) {
        yield reader.beat ?? comment
        continue
      }
      if (step.bytes.length) yield joined(step.bytes)
      tail.push(...step.tail)
      if (step.failure) return step.failure
      finished = step.finished
    }
    return undefined
  } catch (trouble) {
    noteFault(job, trouble)
    return ourFault
  } finally {
    stop()
  }
}

/** Whatever was thrown inside the gateway is one line, with its reason. */
function noteFault({ ports, call }: Job, thrown: unknown): undefined {
  ports.log('error', 'a stream failed inside the gateway', { request_id: call.requestId, error: reasonFor(thrown) })
}

/** Events that came in one read leave in one write. */
const joined = (pieces: Uint8Array[]): Uint8Array =>
  pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
