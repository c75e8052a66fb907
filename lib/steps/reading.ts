import type { Failure } from '../core/failure.ts'
import { UpstreamTrouble } from '../core/ports.ts'
import type { StreamReader, StreamStep } from '../dialects/dialect.ts'
import { troubleFailure } from './trouble.ts'
import type { Watchdog } from './watchdog.ts'

/** What was read before anything was sent: sent on in one go once it is known to be an answer. */
export type StreamHead = { bytes: Uint8Array[]; tail: Uint8Array[]; finished: boolean; failure?: Failure }

/** A reply as it comes in, and who makes sense of it. */
export type Source = { rest: AsyncIterator<Uint8Array>; reader: StreamReader; dog: Watchdog }

/** The whole body, or its first `most` bytes; stopping early closes the connection. `each` is called for every chunk. */
export async function readAll(
  body: AsyncIterable<Uint8Array>,
  most = Infinity,
  each?: () => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    each?.()
    chunks.push(chunk)
    size += chunk.length
    if (size >= most) break
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

/** Reads until content, the end or a failure: lifecycle events are held back, so that a failure before content has its true status. */
export async function firstPiece({ rest, reader }: Pick<Source, 'rest' | 'reader'>): Promise<StreamHead> {
  const head: StreamHead = { bytes: [], tail: [], finished: false }
  for (;;) {
    const step = await nextStep({ rest, reader })
    head.bytes.push(...step.bytes)
    head.tail.push(...step.tail)
    if (step.failure) return { ...head, failure: step.failure }
    if (step.finished) return { ...head, finished: true }
    if (step.content) return head
  }
}

/** Reads what follows the first content to the end: for answers of which nothing is sent before they are whole. */
export async function wholeHead(head: StreamHead, next: () => Promise<StreamStep>): Promise<StreamHead> {
  const { bytes, tail } = head
  for (let finished = head.finished; !finished;) {
    const step = await next()
    bytes.push(...step.bytes)
    tail.push(...step.tail)
    if (step.failure) return { bytes, tail, finished: false, failure: step.failure }
    finished = step.finished
  }
  return { bytes, tail, finished: true }
}

/** How long usage and an end marker are waited for behind the finish reason: most hosts send them at once, some never. */
const endingMs = 5000

/**
 * The steps after the first content, one a call. The idle limit runs while the provider is waited for, from one piece of the
 * answer to the next: comments, pings and a drip of bytes that make no event do not move it. It rests while the client reads.
 * A connection that breaks is a failure here, unless nothing but the end marker of a finished answer was still to come.
 */
export function stepper(source: Source, idleMs: number, now: () => number): () => Promise<StreamStep> {
  const { reader, dog } = source
  let left = idleMs
  let events = reader.seen.contentEvents
  dog.limit('idle', undefined)
  return async () => {
    const from = now()
    dog.limit('idle', left)
    const step = await nextStep(source).catch((trouble: unknown) => brokenOff(source, trouble))
    dog.limit('idle', undefined)
    if (step.content) left = idleMs
    else {
      // What the client does not get to see (sealed reasoning, arguments of hosted tools) is life, too.
      const seen = reader.seen.contentEvents
      left = seen > events ? idleMs : left - (now() - from)
      events = seen
    }
    if (reader.ending?.()) left = Math.min(left, endingMs)
    return step
  }
}

function brokenOff({ reader, dog }: Source, trouble: unknown): StreamStep {
  // A reader that threw is not asked whether the answer was complete.
  if (!(trouble instanceof UpstreamTrouble)) throw trouble
  // What only passes bytes cannot tell their end from a break.
  const last = dog.reason === 'left' || reader.breaks ? undefined : reader.end()
  if (last && !last.failure) return { ...last, finished: true }
  const failure = troubleFailure(trouble, dog.reason)
  return { ...emptyStep(), failure: dog.reason === undefined ? { ...failure, kind: 'cut' } : failure }
}

const emptyStep = (): StreamStep => ({ bytes: [], content: false, tail: [], finished: false })

/** One read, through the reader. The end of the connection is a step, too: finished, or a failure. */
export async function nextStep({ rest, reader }: Pick<Source, 'rest' | 'reader'>): Promise<StreamStep> {
  const next = await rest.next()
  if (!next.done) return reader.push(next.value)
  const step = reader.end()
  return step.failure ? step : { ...step, finished: true }
}
