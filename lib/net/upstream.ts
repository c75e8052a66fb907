import { type Upstream, type UpstreamReply, type UpstreamRequest, UpstreamTrouble } from '../core/ports.ts'
import { type Dispatcher, pool } from './pool.ts'

/** A connection that was idle for longer may have been frozen with its environment, and be dead without knowing. */
const idleMs = 5000

/**
 * HTTP to providers over undici's pools, one per origin and connect timeout. Redirects are not followed (credentials would
 * travel along) and compression is not asked for (it delays tokens).
 */
export function undiciUpstream(now: () => number = Date.now): Upstream {
  const pools = new Map<string, { pool: Dispatcher; running: number; usedAt: number }>()

  const lease = (origin: string, connectTimeoutMs: number) => {
    const name = `${origin} ${connectTimeoutMs}`
    let entry = pools.get(name)
    if (entry && entry.running === 0 && now() - entry.usedAt > idleMs) {
      entry.pool.destroy(null, () => {})
      entry = undefined
    }
    if (!entry) pools.set(name, (entry = { pool: pool(origin, { connectTimeoutMs }), running: 0, usedAt: now() }))
    return entry
  }

  return (request) => {
    const url = new URL(request.url)
    const entry = lease(url.origin, request.connectTimeoutMs)
    entry.running++
    const over = () => {
      entry.running--
      entry.usedAt = now()
    }
    return exchange(entry.pool, url, request, over)
  }
}

function exchange(
  dispatcher: Dispatcher,
  url: URL,
  request: UpstreamRequest,
  over: () => void,
): Promise<UpstreamReply> {
  return new Promise((resolve, reject) => {
    if (request.signal.aborted) return refuse()
    let controller: { abort(reason: Error): void; pause(): void; resume(): void } | undefined
    let body: Body | undefined
    let timedOut = false
    const aborted = () => (controller ? controller.abort(new Error('aborted')) : fail(new Error('aborted')))
    const timer = setTimeout(() => {
      timedOut = true
      if (controller) controller.abort(new Error('no headers in time'))
      else fail(new Error('no connection in time'))
    }, request.headersTimeoutMs)
    request.signal.addEventListener('abort', aborted, { once: true })
    const finish = () => {
      clearTimeout(timer)
      request.signal.removeEventListener('abort', aborted)
      over()
    }
    let ended = false
    const fail = (error: Error) => {
      if (ended) return
      ended = true
      finish()
      const trouble = troubleOf(error, { started: controller !== undefined, timedOut, aborted: request.signal.aborted })
      if (body) body.fail(trouble)
      else reject(trouble)
    }

    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers,
        body: request.body,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        onRequestStart(started) {
          controller = started
          if (request.signal.aborted || timedOut) started.abort(new Error('aborted'))
        },
        onResponseStart(started, status, headers) {
          if (status < 200) return
          clearTimeout(timer)
          body = bodyOf(started)
          resolve({ status, headers: flat(headers), body: body.bytes })
        },
        onResponseData: (_, chunk) => body?.push(chunk),
        onResponseEnd() {
          if (ended) return
          ended = true
          finish()
          body?.end()
        },
        onResponseError: (_, error) => fail(error),
      },
    )

    function refuse() {
      over()
      reject(new UpstreamTrouble('aborted', 'aborted before it was sent'))
    }
  })
}

const troubleOf = (error: Error, known: { started: boolean; timedOut: boolean; aborted: boolean }): UpstreamTrouble => {
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

type Body = { bytes: AsyncIterable<Uint8Array>; push(chunk: Uint8Array): void; end(): void; fail(error: Error): void }

/** The reply's body as an iterable with backpressure: the socket pauses while more than a few chunks wait to be read. */
function bodyOf(controller: { abort(reason: Error): void; pause(): void; resume(): void }): Body {
  const most = 16
  const waiting: Uint8Array[] = []
  let state: 'open' | 'ended' | Error = 'open'
  let paused = false
  let wake: (() => void) | undefined
  const signal = () => {
    wake?.()
    wake = undefined
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = waiting.shift()
        if (paused && waiting.length === 0) {
          paused = false
          controller.resume()
        }
        if (chunk) yield chunk
        else if (state === 'ended') return
        else if (state !== 'open') throw state
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      if (state === 'open') controller.abort(new Error('nobody reads on'))
    }
  }

  return {
    bytes: read(),
    push(chunk) {
      waiting.push(chunk)
      if (waiting.length >= most && !paused) {
        paused = true
        controller.pause()
      }
      signal()
    },
    end() {
      state = 'ended'
      signal()
    },
    fail(error) {
      state = error
      signal()
    },
  }
}
