import { Readable } from 'node:stream'
import { afterReading } from '../core/clock.ts'
import { type Upstream, type UpstreamReply, type UpstreamRequest, UpstreamTrouble } from '../core/ports.ts'
import { type Body, bodyOf } from './body.ts'
import { decoded } from './decoded.ts'
import type { Dispatcher } from './pool.ts'
import { type Lease, renewedPool } from './renewed.ts'

/**
 * HTTP to providers over undici's pools, one per origin and connect timeout. Redirects are not followed (credentials would
 * travel along) and compression is not asked for (it delays tokens); what
 * comes compressed all the same is read.
 */
export function undiciUpstream(now: () => number = Date.now): Upstream {
  const pools = new Map<string, () => Lease>()

  const lease = (origin: string, connectTimeoutMs: number) => {
    const name = `${origin} ${connectTimeoutMs}`
    let take = pools.get(name)
    if (!take) pools.set(name, (take = renewedPool(origin, { connectTimeoutMs }, now)))
    return take()
  }

  return async (request) => {
    const url = new URL(request.url)
    if (request.signal.aborted) throw new UpstreamTrouble('aborted', 'aborted before it was sent')
    const { dispatcher, over } = lease(url.origin, request.connectTimeoutMs)
    return exchange(dispatcher, { ...request, path: url.pathname + url.search, over })
  }
}

/** One request's way: not started, under way, or over; it ends once, by whatever comes first. */
type Passage = {
  start(controller: Dispatcher.DispatchController): void
  answer(reply: { status: number; headers: Record<string, string> }): void
  data(chunk: Uint8Array): void
  end(): void
  fail(error: Error): void
}

/** `over` is called once, when the body has ended, too. */
type Sent = UpstreamRequest & { path: string; over: () => void }

function exchange(dispatcher: Dispatcher, request: Sent): Promise<UpstreamReply> {
  return new Promise((resolve, reject) => {
    const way = passage(request, resolve, reject)
    dispatcher.dispatch(
      {
        path: request.path,
        method: request.method,
        ...sentOf(request),
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        // Called before the first byte is written: a request that never got so far surely cost nothing.
        onRequestStart: (controller) => way.start(controller),
        onResponseStart: (_, status, headers) => status >= 200 && way.answer({ status, headers: flat(headers) }),
        onResponseData: (_, chunk) => way.data(chunk),
        onResponseEnd: () => way.end(),
        onResponseError: (_, error) => way.fail(error),
      },
    )
  })
}

/** A list of pieces goes out one after the other, under the length of all of them: not every host takes a body of unknown length. */
function sentOf({ headers, body }: UpstreamRequest) {
  if (typeof body === 'string' || body instanceof Uint8Array) return { headers, body }
  const length = body.reduce((sum, piece) => sum + piece.length, 0)
  return { headers: { ...headers, 'content-length': String(length) }, body: Readable.from(body, { objectMode: false }) }
}

function passage(request: Sent, resolve: (reply: UpstreamReply) => void, reject: (error: Error) => void): Passage {
  let controller: Dispatcher.DispatchController | undefined
  let body: Body | undefined
  let over = false
  let timedOut = false
  const giveUp = (why: string) => (controller ? controller.abort(new Error(why)) : fail(new Error(why)))
  const aborted = () => giveUp('aborted')
  const callOff = afterReading(request.headersTimeoutMs, () => {
    timedOut = true
    giveUp('no headers in time')
  })
  request.signal.addEventListener('abort', aborted, { once: true })

  const close = () => {
    over = true
    request.over()
    callOff()
    request.signal.removeEventListener('abort', aborted)
  }
  const fail = (error: Error) => {
    if (over) return
    close()
    const trouble = troubleOf(error, { started: controller !== undefined, timedOut, aborted: request.signal.aborted })
    if (body) body.fail(trouble)
    else reject(trouble)
  }

  return {
    start(started) {
      if (over) started.abort(new Error('given up before it was sent'))
      else controller = started
    },
    answer(reply) {
      callOff()
      if (!controller) return
      body = bodyOf(controller)
      resolve({ ...reply, body: decoded(body.bytes, reply.headers['content-encoding']) })
    },
    data: (chunk) => body?.push(chunk),
    end() {
      if (over) return
      close()
      body?.end()
    },
    fail,
  }
}

function troubleOf(error: Error, known: { started: boolean; timedOut: boolean; aborted: boolean }): UpstreamTrouble {
  if (known.aborted) return new UpstreamTrouble('aborted', 'aborted', error)
  if (!known.started) return new UpstreamTrouble('connection', error.message, error)
  return new UpstreamTrouble(known.timedOut ? 'timeout' : 'reset', error.message, error)
}

const flat = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
