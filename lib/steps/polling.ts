import type { Failure } from '../core/failure.ts'
import { type UpstreamReply, UpstreamTrouble } from '../core/ports.ts'
import type { Exchange } from '../dialects/dialect.ts'
import type { Job } from './job.ts'
import { readAll } from './reading.ts'
import type { Sending } from './sending.ts'

/** Between two questions; longer with every one, for what is not ready soon takes a while. */
const firstPauseMs = 400
const longestPauseMs = 3000
const replyBytes = 1024 * 1024

type Polled = { reply: UpstreamReply } | { failure: Failure }

/**
 * The reply that holds the answer, of hosts whose first one is a place to ask again: asked there until it is ready, within the
 * attempt's own deadlines and under the same hold. The provider has the request by now, so whatever becomes of it may be billed.
 * Rejects as `upstream` does where a deadline passes.
 */
export async function polled(job: Job, sending: Sending, first: UpstreamReply): Promise<Polled> {
  const { exchange, target, dog } = sending
  let place = target.url
  let reply = first
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.3, longestPauseMs)) {
    const body = await readAll(reply.body, replyBytes)
    const again = reply.status < 300 ? exchange.again?.(body) : undefined
    if (!again) return ended(exchange, { ...reply, body: once(body) }, body)
    const next = again.url === undefined ? place : URL.parse(again.url)?.href
    if (next === undefined || !isSameSite(next, target.url)) return { failure: elsewhere }
    place = next
    reply = await asked(job, sending, { url: place, pauseMs })
    dog.limit('idle', undefined)
  }
}

/** Asks once more, and over and over where nobody answers: only the deadline ends that. */
async function asked(job: Job, { target, dog }: Sending, of: { url: string; pauseMs: number }): Promise<UpstreamReply> {
  for (;;) {
    await job.ports.clock.sleep(of.pauseMs, dog.signal)
    try {
      const reply = await job.ports.upstream({
        method: 'GET',
        url: of.url,
        headers: { accept: 'application/json', 'user-agent': 'purser', ...target.headers },
        body: '',
        connectTimeoutMs: job.config.connectTimeoutMs,
        headersTimeoutMs: 2 ** 31 - 1,
        signal: dog.signal,
      })
      if (reply.status < 500 && reply.status !== 429) return reply
      await reply.body[Symbol.asyncIterator]().return?.()
    } catch (error) {
      if (!(error instanceof UpstreamTrouble) || dog.signal.aborted) throw error
    }
  }
}

function ended(exchange: Exchange, reply: UpstreamReply, body: Uint8Array): Polled {
  if (reply.status < 300) return { reply }
  return { failure: { ...exchange.failure(reply.status, reply.headers, body), mayHaveCost: true } }
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body
}

/** The key goes along: only to the host that has it already, or to a neighbour of the same site (`api.us1.bfl.ai`). */
function isSameSite(url: string, known: string): boolean {
  const [next, own] = [new URL(url), new URL(known)]
  if (next.protocol !== own.protocol) return false
  return next.host === own.host || (siteOf(next) !== undefined && siteOf(next) === siteOf(own))
}

/** The last two labels of a name; numbers have none. */
const siteOf = ({ hostname }: URL): string | undefined => /[a-z][\w-]*\.[a-z]+$/.exec(hostname)?.[0]

const elsewhere: Failure = {
  kind: 'malformed',
  status: 200,
  message: 'The provider named a place to ask again that is not its own.',
  mayHaveCost: true,
}
