import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import type { UpstreamRequest } from '../../lib/core/ports.ts'
import { undiciUpstream } from '../../lib/net/upstream.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1/x?y=1`
}

const request = (url: string, over: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
  connectTimeoutMs: 20_000,
  headersTimeoutMs: 20_000,
  signal: new AbortController().signal,
  ...over,
})

const textOf = async (body: AsyncIterable<Uint8Array>) => {
  let text = ''
  for await (const chunk of body) text += Buffer.from(chunk).toString()
  return text
}

it('sends the request once and reads status, headers and body', async () => {
  const seen: unknown[] = []
  const url = await serve((req, res) => {
    let body = ''
    req
      .on('data', (c: Buffer) => (body += c.toString()))
      .on('end', () => {
        seen.push([req.method, req.url, body, req.headers['accept-encoding']])
        res.writeHead(418, { 'X-Request-Id': 'r' }).end('short')
      })
  })

  const reply = await undiciUpstream()(request(url))

  expect([reply.status, reply.headers['x-request-id'], await textOf(reply.body)]).toEqual([418, 'r', 'short'])
  expect(seen).toEqual([['POST', '/v1/x?y=1', '{"a":1}', undefined]])
})

it('hands on each piece as it comes', async () => {
  const url = await serve((_, res) => {
    res.writeHead(200).write('first')
    setTimeout(() => res.end('second'), 50)
  })

  const { body } = await undiciUpstream()(request(url))
  const reader = body[Symbol.asyncIterator]()

  expect(Buffer.from((await reader.next()).value as Uint8Array).toString()).toBe('first')
  expect(Buffer.from((await reader.next()).value as Uint8Array).toString()).toBe('second')
  expect((await reader.next()).done).toBe(true)
})

it('slows the upstream down while nobody reads', async () => {
  let written = 0
  const url = await serve((_, res) => {
    const piece = Buffer.alloc(65_536)
    const more = () => {
      while (!res.destroyed && res.write(piece)) written += piece.length
      res.once('drain', more)
    }
    more()
  })

  const { body } = await undiciUpstream()(request(url))
  const reader = body[Symbol.asyncIterator]()
  await reader.next()
  await new Promise((resolve) => setTimeout(resolve, 200))

  expect(written).toBeLessThan(32_000_000)
  await reader.return?.()
})

it('closes the connection when the reader leaves early', async () => {
  const closed = Promise.withResolvers<void>()
  const url = await serve((_, res) => {
    res.on('close', () => closed.resolve())
    res.writeHead(200).write('x')
  })

  const { body } = await undiciUpstream()(request(url))
  for await (const _ of body) break

  await closed.promise
})

it('tells a refused connection from one that broke, was silent, or was given up', async () => {
  // Not a port that was just closed, which the next to ask for one may get.
  const refused = 'http://127.0.0.1:9/v1/x'
  const broken = await serve((_, res) => res.socket?.destroy())
  const silent = await serve(() => {})
  const kindOf = (url: string, over: Partial<UpstreamRequest> = {}) =>
    undiciUpstream()(request(url, over)).then(
      () => 'none',
      (error: { kind: string }) => error.kind,
    )

  expect(await kindOf(refused)).toBe('connection')
  expect(await kindOf(broken)).toBe('reset')
  expect(await kindOf(silent, { headersTimeoutMs: 300 })).toBe('timeout')
  expect(await kindOf(silent, { signal: AbortSignal.timeout(300) })).toBe('aborted')
  expect(await kindOf(silent, { signal: AbortSignal.abort() })).toBe('aborted')
})

it('rejects in mid-body when the connection breaks, and when it is given up', async () => {
  const broken = await serve((_, res) => {
    res.writeHead(200, { 'content-length': '10' }).write('half', () => res.destroy())
  })
  const hanging = await serve((_, res) => void res.writeHead(200).write('half'))
  const upstream = undiciUpstream()

  await expect(upstream(request(broken)).then((reply) => textOf(reply.body))).rejects.toMatchObject({ kind: 'reset' })
  await expect(
    upstream(request(hanging, { signal: AbortSignal.timeout(300) })).then((reply) => textOf(reply.body)),
  ).rejects.toMatchObject({ kind: 'aborted' })
})

it('does not use a connection that was idle for long', async () => {
  let connections = 0
  let time = 0
  const url = await serve((_, res) => res.end('x'))
  servers[0]?.on('connection', () => connections++)
  const upstream = undiciUpstream(() => time)
  const once = async () => {
    await textOf((await upstream(request(url))).body)
    // The pool takes a connection back a moment after its answer has ended.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }

  await once()
  await once()
  expect(connections).toBe(1)
  time += 60_000
  await once()

  expect(connections).toBe(2)
})
