import { randomUUID } from 'node:crypto'
import { type Call, type Flow, isStream, type Reply } from '../core/http.ts'
import type { Clock, Log } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import { replyOf } from '../core/reply-of.ts'
import { type Pieces, piecesOf } from './pieces.ts'

/** What is asked of the flow: a call without what the door adds. `signal`: the caller no longer wants the answer. */
export type Asked = Pick<Call, 'method' | 'path' | 'query' | 'headers' | 'body'> & { signal?: AbortSignal | undefined }
export type Answer = { status: number; headers: Record<string, string>; body: string | Uint8Array | Pieces }
export type Ask = (asked: Asked) => Promise<Answer>

export type InProcessOptions = { clock: Clock; log: Log; stalledMs: number }

/** How long `close` waits for answers that are being given, and then for those that it broke off to be booked. */
const graceMs = 10_000
const bookingMs = 2000

const requestIdPattern = /^[\w.:-]{1,128}$/

/**
 * The door without a socket. `ask` rejects with the signal's reason once the caller has left, whose money is settled behind it;
 * everything else is an answer. A body must be read to its end or left by `return`. `close` takes nothing more, lets answers end,
 * then breaks off what is left.
 */
export function inProcess(flow: Flow, options: InProcessOptions): { ask: Ask; close: () => Promise<void> } {
  const { clock, log } = options
  const running = new Set<Promise<unknown>>()
  const closing = new AbortController()
  let closed = false

  const ask: Ask = async (asked) => {
    if (closed) throw new Error('The gateway is closed: make another with createGateway.')
    const { signal, ...what } = asked
    signal?.throwIfAborted()
    const own = new AbortController()
    const left = AbortSignal.any([own.signal, closing.signal, ...(signal ? [signal] : [])])
    const named = what.headers['x-request-id'] ?? ''
    const requestId = requestIdPattern.test(named) ? named : randomUUID()
    const { promise, resolve } = Promise.withResolvers<void>()
    running.add(promise)
    void promise.then(() => running.delete(promise))
    const conclude = (reply: Reply) => concluded(reply, log).finally(resolve)
    const replying = replyOf(flow, { ...what, requestId, receivedAt: clock.now(), left }, log)
    const reply = await unlessLeft(replying, left, (late) => void abandon(late, conclude))
    const { status, headers, body } = reply
    if (!isStream(body)) {
      await conclude(reply)
      return { status, headers, body }
    }
    const leave = (reason: Error) => own.abort(reason)
    return { status, headers, body: piecesOf(body, { ...options, left, leave, conclude: () => conclude(reply) }) }
  }

  const close = async () => {
    closed = true
    await within(graceMs)
    closing.abort(new Error('The gateway was closed before the answer was complete.'))
    await within(bookingMs)
  }
  const within = async (ms: number) => {
    const ended = new AbortController()
    await Promise.race([Promise.all(running), clock.sleep(ms, ended.signal)])
    ended.abort()
  }
  return { ask, close }
}

/** Whoever leaves does not wait for a provider: what comes after that is given to `late`. */
function unlessLeft(replying: Promise<Reply>, left: AbortSignal, late: (reply: Reply) => void): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(left.reason as Error)
    left.addEventListener('abort', leave, { once: true })
    void replying.then((reply) => {
      left.removeEventListener('abort', leave)
      if (left.aborted) late(reply)
      else resolve(reply)
    })
  })
}

async function abandon(reply: Reply, conclude: (reply: Reply) => Promise<void>): Promise<void> {
  try {
    if (isStream(reply.body)) await reply.body[Symbol.asyncIterator]().return?.()
  } finally {
    await conclude(reply)
  }
}

async function concluded(reply: Reply, log: Log): Promise<void> {
  try {
    await reply.done?.()
  } catch (error) {
    log('error', 'a request could not be concluded', { reason: reasonFor(error) })
  }
}
