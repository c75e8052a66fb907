import { requestIdOf } from '../core/upstream-id.ts'
import type { Failure } from '../core/failure.ts'
import { type UpstreamReply, UpstreamTrouble } from '../core/ports.ts'
import type { Exchange, Seen, StreamReader } from '../dialects/dialect.ts'
import type { Attempt } from './charge.ts'
import type { Job } from './job.ts'
import { noteOwnFault } from './own-fault.ts'
import { firstPiece, readAll, stepper, type StreamHead, wholeHead } from './reading.ts'
import { recoveryOf } from './recovery.ts'
import type { Sending } from './sending.ts'
import type { Target } from './target.ts'
import { ourFault, redirected, troubleFailure } from './trouble.ts'
import type { Watchdog } from './watchdog.ts'

/** An answer that is known to be one: whole, or a stream whose first content is here. Nothing of it has been sent yet. */
export type Answered = {
  attempt: Attempt
  dog: Watchdog
  upstreamHeaders: Record<string, string>
  apiBase: string
  dropped: string[]
} & (
  | { kind: 'whole'; body: Uint8Array | string; seen: Seen; contentType?: string }
  | { kind: 'stream'; reader: StreamReader; head: StreamHead; rest: AsyncIterator<Uint8Array> }
)

export type Tried = { answered: Answered } | { failure: Failure; attempt: Attempt; seen?: Seen }

/** After its client has left, a stream is read on for so long: what was sent by then is billed, and must be counted. */
export const lingerMs = 150

const errorBytes = 65_536
const errorBodyMs = 5000
/** No answer is as large; what is could fill the memory. */
const replyBytes = 128 * 1024 * 1024

/** Sends the request and reads until it is known to be an answer, or is none. Rejects with nothing that a provider can cause. */
export async function send(job: Job, current: Attempt, { exchange, target, dog }: Sending): Promise<Tried> {
  const { ports, task, config } = job
  try {
    const reply = await ports.upstream({
      method: 'POST',
      url: target.url,
      headers: headersOf(exchange, target, task.stream),
      body: exchange.pieces ?? exchange.body,
      connectTimeoutMs: config.connectTimeoutMs,
      headersTimeoutMs: 2 ** 31 - 1,
      signal: dog.signal,
    })
    if (reply.status >= 300 && reply.status < 400) {
      await reply.body[Symbol.asyncIterator]().return?.()
      return { failure: redirected, attempt: current }
    }
    if (reply.status >= 300) return named({ failure: await failureOf(exchange, reply, dog), attempt: current }, reply)
    if (exchange.again) return named(await later(job, current, { exchange, target, dog }, reply), reply)
    const common = {
      attempt: current,
      dog,
      upstreamHeaders: reply.headers,
      apiBase: target.base,
      dropped: exchange.dropped,
    }
    return named(await (task.stream ? opened : whole)(job, exchange, reply, common), reply)
  } catch (error) {
    if (error instanceof UpstreamTrouble) return { failure: troubleFailure(error, dog.reason), attempt: current }
    // A fault of ours after the request went out: it may have been billed, so it must end as an entry, not as a forgotten hold.
    noteOwnFault(job, error)
    return { failure: ourFault, attempt: current }
  }
}

/** A failure under the id that the provider gave to the request, also where its status was one of success. */
function named(tried: Tried, { headers }: UpstreamReply): Tried {
  if (!('failure' in tried) || tried.failure.upstreamRequestId !== undefined) return tried
  const id = requestIdOf(headers)
  return id === undefined ? tried : { ...tried, failure: { ...tried.failure, upstreamRequestId: id } }
}

/** A deployment's own headers win, but for lists of features (`...-beta`), where both are meant. */
function headersOf(exchange: Exchange, target: Target, stream: boolean): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: stream ? 'text/event-stream' : 'application/json',
    'user-agent': 'purser',
    ...exchange.headers,
  }
  for (const [name, value] of Object.entries(target.headers)) {
    const own = name.toLowerCase().endsWith('-beta') ? headers[name.toLowerCase()] : undefined
    headers[name.toLowerCase()] = own === undefined ? value : `${own},${value}`
  }
  return headers
}

/** A reply that may be a place to ask again. */
async function later(job: Job, current: Attempt, sending: Sending, reply: UpstreamReply): Promise<Tried> {
  const { exchange, target, dog } = sending
  const { polled } = await import('./polling.ts')
  const ready = await polled(job, sending, reply)
  if ('failure' in ready) return { failure: ready.failure, attempt: current }
  const { headers } = ready.reply
  const common = { attempt: current, dog, upstreamHeaders: headers, apiBase: target.base, dropped: exchange.dropped }
  return whole(job, exchange, ready.reply, common)
}

type Common = Pick<Answered, 'attempt' | 'dog' | 'upstreamHeaders' | 'apiBase' | 'dropped'>

/** Once its headers are here, a whole reply is on its way: silence is worth no more patience than a stream's. */
async function whole(job: Job, exchange: Exchange, reply: UpstreamReply, common: Common): Promise<Tried> {
  const { attempt, dog } = common
  const alive = () => dog.limit('idle', job.config.idleTimeoutMs)
  alive()
  const body = await readAll(reply.body, replyBytes, alive)
  const result = body.length < replyBytes ? exchange.whole(body, reply.headers) : { failure: ourFault }
  if ('failure' in result) return { attempt, ...result }
  dog.stop()
  return { answered: { ...common, kind: 'whole', ...result } }
}

async function opened(job: Job, exchange: Exchange, reply: UpstreamReply, common: Common): Promise<Tried> {
  const { dog } = common
  const reader = exchange.stream()
  reader.open?.(reply.headers)
  const rest = reply.body[Symbol.asyncIterator]()
  const first = await orLetGo(rest, firstPiece({ rest, reader }))
  const now = job.ports.clock.now()
  const attempt = first.failure ? common.attempt : { ...common.attempt, firstTokenAt: now }
  if (!first.failure) {
    dog.limit('first_content', undefined)
    // An answer that keeps coming is not cut for being long: from here on silence and the request's own end are the limits.
    dog.limit('attempt', undefined)
    dog.linger(lingerMs)
  }
  const held = !first.failure && recoveryOf(job, attempt.deployment) === 'hold'
  const next = stepper({ rest, reader, dog }, job.config.idleTimeoutMs, job.ports.clock.now)
  const head = held ? await orLetGo(rest, wholeHead(first, next)) : first
  if (head.failure) {
    await rest.return?.()
    return { failure: head.failure, attempt, seen: reader.seen }
  }
  return { answered: { ...common, attempt, kind: 'stream', reader, head, rest } }
}

/** What is thrown while a stream is read ends its connection, too: else its provider would go on, and be paid, for nobody. */
async function orLetGo<T>(rest: AsyncIterator<Uint8Array>, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    await rest.return?.().catch(() => {})
    throw error
  }
}

/** Reads what the provider says about an error status: enough of it, and not for long. */
async function failureOf(exchange: Exchange, reply: UpstreamReply, dog: Watchdog): Promise<Failure> {
  dog.limit('idle', errorBodyMs)
  let body: Uint8Array = new Uint8Array()
  try {
    body = await readAll(reply.body, errorBytes)
  } catch {
    // The status alone must do.
  }
  return exchange.failure(reply.status, reply.headers, body)
}
