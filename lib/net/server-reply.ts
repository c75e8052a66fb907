import type { ServerResponse } from 'node:http'
import { isStream, type Reply } from '../core/http.ts'
import type { Log } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'

export type Outlet = {
  response: ServerResponse
  /** Aborted when the client has left. */
  left: AbortSignal
  /** Answer to HEAD: everything but the body. */
  head: boolean
  stalledMs: number
  log: Log
}

/** Sends a reply at the client's pace, then calls `done`: once, whatever happened. Never rejects. */
export async function sendReply(reply: Reply, outlet: Outlet): Promise<void> {
  const { response, log } = outlet
  try {
    if (isStream(reply.body)) await (outlet.head ? sendHead : sendStream)(reply, reply.body, outlet)
    else sendWhole(reply, reply.body, outlet)
  } catch (error) {
    // Sources promise not to throw. If one does, the cut must be seen as one: never a proper end of the body.
    log('error', 'a reply broke off', { reason: reasonFor(error) })
    response.destroy()
  }
  try {
    await reply.done?.()
  } catch (error) {
    log('error', 'a request could not be concluded', { reason: reasonFor(error) })
  }
}

const bodiless = (status: number) => status === 204 || status === 304

function sendWhole(reply: Reply, body: string | Uint8Array, { response, head }: Outlet): void {
  const length = bodiless(reply.status) ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  response.writeHead(reply.status, { ...reply.headers, ...length })
  if (head || bodiless(reply.status)) response.end()
  else response.end(body)
}

async function sendHead(reply: Reply, body: AsyncIterable<Uint8Array>, { response }: Outlet): Promise<void> {
  await body[Symbol.asyncIterator]().return?.()
  response.writeHead(reply.status, reply.headers).end()
}

async function sendStream(reply: Reply, body: AsyncIterable<Uint8Array>, outlet: Outlet): Promise<void> {
  const { response, left } = outlet
  const source = body[Symbol.asyncIterator]()
  try {
    response.writeHead(reply.status, reply.headers)
  } catch (error) {
    // Nothing of it can be sent, and who reads the provider must know.
    await source.return?.()
    throw error
  }
  // With the first bytes in one packet where they are at hand, else ahead of them.
  const flush = setImmediate(() => response.flushHeaders())
  let returned: Promise<unknown> | undefined
  // A source whose client has left must know, or it would go on reading (and paying) for nobody.
  const leave = () => {
    returned ??= Promise.resolve(source.return?.())
    returned.catch(() => {}) // awaited below, unless the source broke first
  }
  left.addEventListener('abort', leave, { once: true })
  try {
    if (left.aborted) leave()
    while (!left.aborted) {
      const next = await source.next()
      if (next.done) break
      clearImmediate(flush)
      if (!left.aborted && !response.write(next.value)) await drained(outlet)
    }
    await returned
    response.end()
  } finally {
    left.removeEventListener('abort', leave)
    clearImmediate(flush)
  }
}

/** Waits until the client has taken what was sent, or is gone. One that takes nothing for `stalledMs` is cut off: it would hold the provider for ever. */
function drained({ response, stalledMs }: Outlet): Promise<void> {
  if (response.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), stalledMs)
    const end = () => {
      clearTimeout(timer)
      response.off('drain', end).off('close', end)
      resolve()
    }
    response.once('drain', end).once('close', end)
  })
}
