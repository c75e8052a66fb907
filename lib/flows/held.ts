import { asGatewayError } from '../core/errors.ts'
import type { Reply } from '../core/http.ts'
import { comment, patiently } from '../steps/beating.ts'
import type { Job } from '../steps/job.ts'
import { wishedRecovery } from '../steps/recovery.ts'
import type { Answered } from '../steps/send.ts'
import { settle } from '../steps/settle.ts'
import { thrownReply } from './headers.ts'
import { streamHeaders, streamReply } from './streaming.ts'

type Settled = { answered: Answered } | { thrown: unknown }

/** Whether any answer to this request could be held back to its end (`stream_recovery: hold`). */
export function mayHold({ call, config, task }: Job): boolean {
  // Between bytes that only pass there is no room for a sign of life.
  if (!task.stream || task.kind === 'speech' || task.kind === 'pass') return false
  const wished = wishedRecovery(call)
  if (wished) return wished === 'hold'
  return config.streamRecovery === 'hold' || config.deployments.some((d) => d.streamRecovery === 'hold')
}

/**
 * Waits for an answer that is held until it is whole. Where that takes longer than a connection is left open for (25 s by
 * default), the reply begins: its status is 200 from then on, signs of life keep it open, and what fails is told in-band.
 * Undefined: it is known in time, and the status will be true.
 */
export async function heldReply(job: Job, answering: Promise<Answered>): Promise<Reply | undefined> {
  const settled: Promise<Settled> = answering.then(
    (answered) => ({ answered }),
    (thrown: unknown) => ({ thrown }),
  )
  const { clock } = job.ports
  const over = new AbortController()
  void settled.then(() => over.abort())
  await clock.sleep(job.call.receivedAt + job.config.holdHeartbeatMs - clock.now(), over.signal)
  // Whoever is asked now may not be held; its successor may.
  while (!over.signal.aborted && !job.voice) await clock.sleep(1000, over.signal)
  return over.signal.aborted ? undefined : lateReply(job, settled)
}

function lateReply(job: Job, settled: Promise<Settled>): Reply {
  let inner: Reply | undefined
  let closing: Promise<void> | undefined
  const end = async () => {
    const result = await settled
    if ('answered' in result && result.answered.kind === 'stream') {
      inner ??= streamReply(job, result.answered)
      await inner.done?.()
    } else await settle(job)
  }
  const done = () => (closing ??= end())

  async function* body(): AsyncGenerator<Uint8Array> {
    const voice = job.voice?.()
    const beat = voice?.beat ?? comment
    yield beat
    const result = yield* patiently(settled, { everyMs: job.config.heartbeatMs || 15_000, beat })
    if ('answered' in result && result.answered.kind === 'stream') {
      inner ??= streamReply(job, result.answered)
      yield* inner.body as AsyncIterable<Uint8Array>
      return
    }
    const thrown = 'thrown' in result ? result.thrown : undefined
    const { error = asGatewayError(thrown) } = thrownReply(job.ports.log, job.line, thrown)
    if (job.ports.publishBeforeEnd) await done()
    // Without a word for it the connection is broken off: the answer must not look complete.
    if (!voice) throw error
    yield voice.fail(error)
  }

  return { status: 200, headers: { ...streamHeaders, 'x-litellm-call-id': job.call.requestId }, body: body(), done }
}
