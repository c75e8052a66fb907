import type { Failure } from '../core/failure.ts'
import type { StreamReader, StreamStep } from '../dialects/dialect.ts'

/** What was read until the first content: sent on in one go once it is known to be an answer. */
export type StreamHead = { bytes: Uint8Array[]; tail: Uint8Array[]; finished: boolean; failure?: Failure }

/** The whole body, or its first `most` bytes; stopping early closes the connection. */
export async function readAll(body: AsyncIterable<Uint8Array>, most = Infinity): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= most) break
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

/** Reads until content, the end or a failure: lifecycle events are held back, so that a failure before content has its true status. */
export async function firstPiece(rest: AsyncIterator<Uint8Array>, reader: StreamReader): Promise<StreamHead> {
  const head: StreamHead = { bytes: [], tail: [], finished: false }
  for (;;) {
    const step = await nextStep(rest, reader)
    head.bytes.push(...step.bytes)
    head.tail.push(...step.tail)
    if (step.failure) return { ...head, failure: step.failure }
    if (step.finished) return { ...head, finished: true }
    if (step.content) return head
  }
}

/** One read, through the reader. The end of the connection is a step, too: finished, or a failure. */
export async function nextStep(rest: AsyncIterator<Uint8Array>, reader: StreamReader): Promise<StreamStep> {
  const next = await rest.next()
  if (!next.done) return reader.push(next.value)
  const step = reader.end()
  return step.failure ? step : { ...step, finished: true }
}
