import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { isObject, tryParse } from '../../lib/core/json.ts'
import { type FunctionOptions, type LambdaEnvironment, lambdaEnvironment, textOf } from './runtime.ts'

export type RunningFunction = {
  /** A function URL, on loopback. */
  url: string
  /** Invokes it with any event, as a queue, a topic or a schedule would. Rejects with the function's error. */
  invoke(event: unknown): Promise<unknown>
  /** Processes that were started so far, and those that live. */
  started: () => number
  environments: () => LambdaEnvironment[]
  /** Resolves once every invocation has returned, not only answered. */
  quiet(): Promise<void>
  stop(): Promise<void>
}

type Pool = { acquire(): Promise<LambdaEnvironment>; release(environment: LambdaEnvironment): void }

const mostBodyBytes = 6 * 2 ** 20
const separator = Buffer.alloc(8)

/** A function with as many environments as there are requests at once, and an HTTP front that behaves as a function URL. */
export async function startFunction(options: FunctionOptions): Promise<RunningFunction> {
  const all = new Set<LambdaEnvironment>()
  const idle: LambdaEnvironment[] = []
  let started = 0
  const pool: Pool = {
    async acquire() {
      const kept = idle.pop()
      if (kept) return kept
      started++
      const made = await lambdaEnvironment(options, () => {
        all.delete(made)
        idle.splice(0, idle.length, ...idle.filter((one) => one !== made))
      })
      all.add(made)
      await made.ready
      return made
    },
    release(environment) {
      if (all.has(environment)) idle.push(environment)
    },
  }
  // Idle connections are left to the client to close, who else may write to one at that moment.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    answer(pool, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    invoke: (event) => invoke(pool, event),
    started: () => started,
    environments: () => [...all],
    async quiet() {
      while ([...all].some((one) => !one.idle())) await sleep(5)
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await Promise.all([...all].map((one) => one.kill()))
    },
  }
}

async function invoke(pool: Pool, event: unknown): Promise<unknown> {
  const environment = await pool.acquire()
  try {
    return await new Promise((resolve, reject) => {
      environment.invoke({
        id: randomUUID(),
        event,
        reply: async (body) => resolve(tryParse(await textOf(body))),
        failed: (error) => reject(new Error(error)),
      })
    })
  } finally {
    pool.release(environment)
  }
}

async function answer(pool: Pool, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  if (body.length > mostBodyBytes) return void response.writeHead(413).end('{"Message":"Request Too Long"}')
  const environment = await pool.acquire()
  try {
    await new Promise<void>((resolve) => {
      const id = randomUUID()
      const gone = () => {
        if (response.headersSent) response.destroy()
        else response.writeHead(502).end('Internal Server Error')
        resolve()
      }
      environment.invoke({
        id,
        event: urlEvent(request, body, id),
        async reply(stream) {
          await relay(stream, response).catch(() => void response.destroy())
          resolve()
        },
        failed: gone,
      })
    })
  } finally {
    pool.release(environment)
  }
}

/** Payload format 2.0. Lambda hands text on as it is and everything else in base64. */
function urlEvent(request: IncomingMessage, body: Buffer, requestId: string): unknown {
  const [rawPath = '/', rawQueryString = ''] = (request.url ?? '/').split('?', 2)
  const text = /^(text\/|application\/(json|xml|javascript))/.test(request.headers['content-type'] ?? '')
  const { cookie, ...rest } = request.headers
  const headers = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  )
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookie && { cookies: cookie.split('; ') }),
    headers: { ...headers, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
    ...(body.length > 0 && { body: body.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !text,
    requestContext: {
      accountId: 'anonymous',
      apiId: 'loopback',
      domainName: 'loopback',
      domainPrefix: 'loopback',
      http: { method: request.method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: '' },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: new Date().toUTCString(),
      timeEpoch: Date.now(),
    },
  }
}

type Prelude = { statusCode?: number; headers?: Record<string, string>; cookies?: string[] }

/** What the function answers, as the client of a function URL gets it. A client that left is not noticed, as on AWS. */
async function relay(stream: IncomingMessage, response: ServerResponse): Promise<void> {
  if (stream.headers['lambda-runtime-function-response-mode'] !== 'streaming')
    return buffered(await textOf(stream), response)
  let head: Buffer | undefined = Buffer.alloc(0)
  if (!stream.headers['content-type']?.includes('http-integration-response')) {
    head = undefined
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
  }
  for await (const chunk of stream) {
    if (!head) {
      await write(response, chunk as Buffer)
      continue
    }
    head = Buffer.concat([head, chunk as Buffer])
    const at = head.indexOf(separator)
    if (at < 0) continue
    begin(response, JSON.parse(head.subarray(0, at).toString()) as Prelude)
    await write(response, head.subarray(at + separator.length))
    head = undefined
  }
  // No prelude came: on AWS status and headers are lost too.
  if (head) response.writeHead(200, { 'content-type': 'application/octet-stream' })
  if (stream.trailers['lambda-runtime-function-error-type']) response.destroy()
  else response.end()
}

/** Cookies are set from their own list, and from nowhere else. */
function begin(response: ServerResponse, { statusCode = 200, headers = {}, cookies }: Prelude): void {
  const { 'set-cookie': _, ...others } = headers
  response.writeHead(statusCode, { ...others, ...(cookies?.length && { 'set-cookie': cookies }) })
  response.flushHeaders()
}

function write(response: ServerResponse, chunk: Buffer): Promise<void> | void {
  if (chunk.length === 0 || response.destroyed || response.write(chunk)) return
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.once('drain', go).once('close', go)
  })
}

function buffered(text: string, response: ServerResponse): void {
  const result = tryParse(text)
  if (!isObject(result)) return void response.writeHead(200, { 'content-type': 'application/json' }).end(text)
  const body = typeof result.body === 'string' ? result.body : ''
  begin(response, result)
  response.end(Buffer.from(body, result.isBase64Encoded === true ? 'base64' : 'utf8'))
}
