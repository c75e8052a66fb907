import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorBody, type GatewayError } from '../core/errors.ts'
import { type Call, type Flow, isStream, jsonReply, type Reply } from '../core/http.ts'
import type { Log } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import { replyOf } from '../core/reply-of.ts'
import { requestLine } from '../core/request-line.ts'
import { readBody, toCall } from './server-call.ts'
import { sendReply } from './server-reply.ts'

// An ESM import of node:http also loads the built-in fetch, which costs start-up time and memory for nothing.
const http = process.getBuiltinModule('node:http')

export type ServeOptions = {
  port: number
  host: string
  /** Larger requests get 413 before they are read. */
  maxBodyBytes: number
  /** What is said of them. */
  tooLarge: (bytes: number, most: number) => GatewayError
  /** An error's reply as callers of the path expect it; absent: as it is. */
  shape?: (reply: Reply, call: Call) => Promise<Reply>
  log: Log
  /** How long after it came a request must have been answered, where a platform ends it. */
  deadlineMs?: number
  /** How long `close` waits for running requests. */
  graceMs?: number
  /** A client that takes nothing of its answer for this long counts as gone. */
  stalledMs?: number
}

export type Served = { port: number; close: () => Promise<void> }

/**
 * HTTP/1.1 on a port, for one flow: the door of one computer, and of a Lambda web function. Rejects where the port cannot be had.
 * `close` accepts nothing more, lets running requests end within `graceMs`, then cuts what is left.
 */
export async function serve(flow: Flow, options: ServeOptions): Promise<Served> {
  const { port, host, log, graceMs = 10_000 } = options
  const running = new Set<Promise<void>>()
  let closing = false
  const server = http.createServer({
    noDelay: true,
    // A client behind a connection pool must not meet a socket that was closed a moment ago; pools give up after 60 s or less.
    keepAliveTimeout: 75_000,
    // Java's client offers h2c on every request and expects to be answered in plain HTTP/1.1; only WebSockets are refused.
    shouldUpgradeCallback: (request: IncomingMessage) => request.headers.upgrade?.toLowerCase() === 'websocket',
  })
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    if (closing) response.setHeader('connection', 'close')
    const answered = answer(flow, { request, response, options }).catch((error: unknown) => {
      log('error', 'a request could not be answered', { reason: reasonFor(error) })
      response.destroy()
    })
    running.add(answered)
    void answered.finally(() => running.delete(answered))
  }
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('upgrade', refuseUpgrade)

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  server.on('error', (error) => log('error', 'the server reports an error', { reason: String(error) }))

  const close = async () => {
    closing = true
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    await within(graceMs, () => Promise.all(running))
    server.closeAllConnections()
    // A request whose connection was cut still settles what it has cost.
    await within(2000, () => Promise.all(running))
    await closed
  }
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : port, close }
}

type Exchange = { request: IncomingMessage; response: ServerResponse; options: ServeOptions }

async function answer(flow: Flow, exchange: Exchange): Promise<void> {
  const { request, response, options } = exchange
  const left = new AbortController()
  response.once('close', () => response.writableFinished || left.abort())
  const body = await readBody(request, response, options.maxBodyBytes)
  if (body === 'left') return
  if (!(body instanceof Uint8Array)) return refuseBody(exchange, body.tooLarge)
  const call = toCall(request, body, left.signal)
  if (options.deadlineMs !== undefined) call.deadline = call.receivedAt + options.deadlineMs
  const reply = await replyOf(flow, call, options.log)
  await sendReply(reply, {
    response,
    left: left.signal,
    head: request.method === 'HEAD',
    stalledMs: options.stalledMs ?? 300_000,
    log: options.log,
  })
}

/** A client that is still sending after so long gets its connection cut. */
const drainedMs = 5000

/**
 * The rest of the body is read and thrown away before the answer ends: a connection that closes while its client still writes is
 * reset, and most clients then never look at what was answered.
 */
async function refuseBody({ request, response, options }: Exchange, bytes: number): Promise<void> {
  const call = toCall(request, new Uint8Array(), AbortSignal.abort())
  const { requestId } = call
  options.log('info', 'request', { ...requestLine(call), requests: 1, errors: 1, status: 413, error_code: 'too_large' })
  const error = options.tooLarge(bytes, options.maxBodyBytes)
  const plain: Reply = { ...jsonReply(413, errorBody(error)), error }
  const { body, headers } = (await options.shape?.(plain, call)) ?? plain
  const text = isStream(body) ? '' : body
  const about = { 'content-length': Buffer.byteLength(text), 'x-request-id': requestId, connection: 'close' }
  response.writeHead(413, { ...headers, ...about }).write(text)
  const read = new Promise((resolve) => request.once('end', resolve).once('close', resolve))
  request.resume()
  if (!request.readableEnded) await within(drainedMs, () => read)
  response.end()
  if (!request.readableEnded) request.destroy()
}

function refuseUpgrade(_request: IncomingMessage, socket: Duplex): void {
  const text = JSON.stringify({
    error: {
      message: 'WebSockets are not supported; use HTTP.',
      type: 'invalid_request_error',
      param: null,
      code: '426',
    },
  })
  // RFC 9110, 15.5.22: the answer says which protocol would do.
  socket.on('error', () => socket.destroy())
  socket.end(
    'HTTP/1.1 426 Upgrade Required\r\nupgrade: HTTP/1.1\r\nconnection: upgrade, close\r\n' +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}

async function within(ms: number, work: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
  await Promise.race([work(), late])
  clearTimeout(timer)
}
