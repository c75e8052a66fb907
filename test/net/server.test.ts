import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { serve, type Served, type ServeOptions } from '../../lib/net/server.ts'
import { type Call, type Flow, jsonReply, type Reply } from '../../lib/core/http.ts'
import { inShapeOfPath } from '../../lib/flows/error-shape.ts'
import { tooLarge } from '../../lib/flows/gateway.ts'

let served: Served | undefined
afterEach(async () => {
  await served?.close()
  served = undefined
})

const start = async (flow: Flow, more: Partial<ServeOptions> = {}) => {
  served = await serve(flow, {
    port: 0,
    host: '127.0.0.1',
    maxBodyBytes: 1000,
    tooLarge,
    log: () => {},
    graceMs: 200,
    ...more,
  })
  return `http://127.0.0.1:${served.port}`
}

const raw = async (): Promise<Socket> => {
  const socket = connect(served?.port ?? 0, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

const heard = (socket: Socket) => {
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString()))
  return () => text
}

const bytes = (text: string) => new TextEncoder().encode(text)

const until = async (condition: () => boolean) => {
  for (let n = 0; n < 2000 && !condition(); n++) await sleep(10)
  expect(condition()).toBe(true)
}

const upgrade = async (to: string) => {
  const socket = await raw()
  const text = heard(socket)
  socket.write(`GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: ${to}\r\n\r\n`)
  await until(() => text().includes('}'))
  socket.destroy()
  return text()
}

test('hands a request on as plain data', async () => {
  let call: Call | undefined
  const url = await start(async (it) => {
    call = it
    return jsonReply(200, {})
  })

  await fetch(`${url}/v1/x%20y?a=1&b=%2F`, { method: 'POST', body: 'hello', headers: { 'X-Thing': 'One' } })

  expect(call).toMatchObject({ method: 'POST', path: '/v1/x%20y', query: { a: '1', b: '/' } })
  expect(call?.headers['x-thing']).toBe('One')
  expect(Buffer.from(call?.body ?? []).toString()).toBe('hello')
  expect(call?.requestId).toMatch(/^[0-9a-f-]{36}$/)
})

test("takes the client's request id where it is harmless, and only there", async () => {
  const url = await start(async ({ requestId }) => jsonReply(200, { requestId }))
  const idFor = async (id: string) => (await fetch(url, { headers: { 'x-request-id': id } })).json()

  expect(await idFor('trace-1')).toEqual({ requestId: 'trace-1' })
  expect(await idFor('"} {')).not.toEqual({ requestId: '"} {' })
})

test('answers whole, empty and HEAD replies with status, headers and length', async () => {
  const url = await start(async ({ path }) =>
    path === '/empty' ? { status: 204, headers: { 'x-a': '1' }, body: '' } : jsonReply(418, { é: 1 }),
  )

  const whole = await fetch(url)
  const empty = await fetch(`${url}/empty`)
  const head = await fetch(url, { method: 'HEAD' })

  expect([whole.status, await whole.text(), whole.headers.get('content-length')]).toEqual([418, '{"é":1}', '8'])
  expect([empty.status, empty.headers.get('x-a'), empty.headers.get('content-length')]).toEqual([204, '1', null])
  expect([head.status, await head.text(), head.headers.get('content-length')]).toEqual([418, '', '8'])
})

test('sends the first bytes of a stream before the second are there', async () => {
  const { promise: second, resolve: release } = Promise.withResolvers<void>()
  const url = await start(async () => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: (async function* () {
      yield bytes('first')
      await second
      yield bytes('second')
    })(),
  }))

  const reader = (await fetch(url)).body?.getReader()
  const first = await reader?.read()
  release()
  const next = await reader?.read()

  expect(Buffer.from(first?.value ?? []).toString()).toBe('first')
  expect(Buffer.from(next?.value ?? []).toString()).toBe('second')
  expect((await reader?.read())?.done).toBe(true)
})

test('sends the headers of a stream that is silent at first', async () => {
  const { promise: speaks, resolve: release } = Promise.withResolvers<void>()
  const url = await start(async () => ({
    status: 200,
    headers: { 'x-here': 'yes' },
    body: (async function* () {
      await speaks
      yield bytes('late')
    })(),
  }))

  const response = await fetch(url)
  release()

  expect(response.headers.get('x-here')).toBe('yes')
  expect(await response.text()).toBe('late')
})

test('a slow reader holds the source back, and loses nothing', async () => {
  let pulled = 0
  const chunk = new Uint8Array(256 * 1024).fill(97)
  const url = await start(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      for (; pulled < 100; pulled++) yield chunk
    })(),
  }))

  const response = await fetch(url)
  await sleep(200)
  const early = pulled
  const body = await response.arrayBuffer()

  expect(early).toBeLessThan(60)
  expect(body.byteLength).toBe(100 * chunk.length)
})

test('a client that leaves ends the source, and the request is concluded once', async () => {
  const events: string[] = []
  const url = await start(async ({ left }): Promise<Reply> => {
    left?.addEventListener('abort', () => events.push('left'))
    const body = (async function* () {
      try {
        for (;;) {
          yield bytes('x'.repeat(100))
          await sleep(10)
        }
      } finally {
        events.push('returned')
      }
    })()
    return { status: 200, headers: {}, body, done: async () => void events.push('done') }
  })
  const leave = new AbortController()

  const response = await fetch(url, { signal: leave.signal })
  await response.body?.getReader().read()
  leave.abort()
  await until(() => events.includes('done'))
  await sleep(30)

  expect(events).toEqual(['left', 'returned', 'done'])
})

test('a reader that takes nothing at all is cut off and concluded', async () => {
  let concluded = 0
  await start(
    async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (;;) yield new Uint8Array(1 << 20)
      })(),
      done: async () => void concluded++,
    }),
    { stalledMs: 100 },
  )

  const socket = await raw()
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')

  await until(() => concluded > 0)
  socket.destroy()
  expect(concluded).toBe(1)
})

test('a source that throws against its promise is never a clean end, and is concluded once', async () => {
  let concluded = 0
  const url = await start(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield bytes('half')
      await sleep(20)
      throw new Error('broken')
    })(),
    done: async () => void concluded++,
  }))

  const response = await fetch(url)

  await expect(response.text()).rejects.toThrow()
  await until(() => concluded > 0)
  expect(concluded).toBe(1)
})

test('a flow that throws is a 500 in the shape of the API, and a line that says where', async () => {
  const said: unknown[] = []
  const url = await start(() => Promise.reject(new Error('secret reason')), { log: (...line) => said.push(line) })

  const response = await fetch(url)
  const text = await response.text()

  expect(response.status).toBe(500)
  expect(JSON.parse(text)).toMatchObject({ error: { type: 'internal_server_error', code: '500' } })
  expect(text).not.toContain('secret')
  expect(JSON.stringify(said)).toContain('server.test.ts')
})

test('a body over the limit gets 413, announced or not, and the flow is never asked', async () => {
  let asked = 0
  const url = await start(async () => jsonReply(200, { asked: ++asked }))
  const pieces = new ReadableStream({
    pull: (controller) => controller.enqueue(bytes('y'.repeat(400))),
  })

  const announced = await fetch(url, { method: 'POST', body: 'x'.repeat(1001) })
  const chunked = await fetch(url, { method: 'POST', body: pieces, duplex: 'half' })

  expect(announced.status).toBe(413)
  expect(await announced.text()).toMatch(/max_request_size_mb.*"code":"413"/)
  expect(chunked.status).toBe(413)
  expect(asked).toBe(0)
})

test('a large body arrives as it was sent, its length announced or not', async () => {
  const sent = Buffer.from(Array.from({ length: 500_000 }, (_, at) => at % 251))
  const url = await start(async ({ body }) => jsonReply(200, { same: sent.equals(body) }), { maxBodyBytes: 1_000_000 })
  const pieces = new ReadableStream({
    start(controller) {
      for (let at = 0; at < sent.length; at += 100_000) controller.enqueue(sent.subarray(at, at + 100_000))
      controller.close()
    },
  })

  const announced = await fetch(url, { method: 'POST', body: sent })
  const chunked = await fetch(url, { method: 'POST', body: pieces, duplex: 'half' })

  expect([await announced.json(), await chunked.json()]).toEqual([{ same: true }, { same: true }])
})

test('a client that is still sending megabytes when it is refused reads why', async () => {
  const url = await start(async () => jsonReply(200, {}))

  const refused = await fetch(url, { method: 'POST', body: Buffer.alloc(30_000_000) })

  expect([refused.status, await refused.text()]).toEqual([413, expect.stringContaining('max_request_size_mb')])
})

test('a client that asks first is told to go on, or refused before it sends', async () => {
  await start(async ({ body }) => jsonReply(200, { bytes: body.length }))
  const ask = async (length: number) => {
    const socket = await raw()
    const text = heard(socket)
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`)
    await until(() => text().includes('\r\n\r\n'))
    return { socket, text }
  }

  const small = await ask(5)
  small.socket.write('12345')
  await until(() => small.text().includes('"bytes":5'))
  const large = await ask(5000)

  expect(small.text()).toMatch(/^HTTP\/1\.1 100 Continue/)
  expect(large.text()).toMatch(/^HTTP\/1\.1 413 /)
  small.socket.destroy()
  large.socket.destroy()
})

test('a client that leaves in the middle of its request asks nothing', async () => {
  let asked = 0
  await start(async () => jsonReply(200, { asked: ++asked }))

  const socket = await raw()
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf')
  await sleep(30)
  socket.destroy()
  await sleep(50)

  expect(asked).toBe(0)
})

test('a WebSocket is refused with 426, an offer of h2c is answered in plain HTTP', async () => {
  await start(async () => jsonReply(200, { ok: true }))
  expect(await upgrade('websocket')).toMatch(/^HTTP\/1\.1 426 /)
  expect(await upgrade('h2c')).toMatch(/^HTTP\/1\.1 200 /)
})

test('keeps connections open, and closing lets running requests end', async () => {
  const arrived = Promise.withResolvers<void>()
  const asked: string[] = []
  const url = await start(
    async ({ path }) => {
      asked.push(path)
      arrived.resolve()
      if (path === '/slow') await sleep(100)
      return jsonReply(200, { path })
    },
    { graceMs: 20_000 },
  )

  const slow = fetch(`${url}/slow`)
  await arrived.promise
  const closed = served?.close()
  const response = await slow
  await closed
  served = undefined

  expect(await response.json()).toEqual({ path: '/slow' })
  // Whoever answers there now is not this server: its port may have been given to the next who asked.
  await fetch(`${url}/late`).catch(() => undefined)
  expect(asked).toEqual(['/slow'])
})

test('closing cuts what does not end in time, and still concludes it', async () => {
  let concluded = 0
  const url = await start(
    async ({ left }) => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield bytes('first')
        await new Promise((resolve) => left?.addEventListener('abort', resolve))
      })(),
      done: async () => void concluded++,
    }),
    { graceMs: 50 },
  )
  const response = await fetch(url)

  await served?.close()
  served = undefined

  await expect(response.text()).rejects.toThrow()
  expect(concluded).toBe(1)
})

test.each([
  ['/v1/messages', { type: 'error', error: { type: 'request_too_large' }, request_id: 'mine' }],
  ['/v1/responses', { error: { type: 'invalid_request_error', param: null } }],
])('a body that is too large is refused in the shape that callers of %s read', async (path, shape) => {
  const url = await start(async () => jsonReply(200, {}), { shape: inShapeOfPath })

  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'x-request-id': 'mine' },
    body: 'x'.repeat(2000),
  })

  expect(response.status).toBe(413)
  expect(response.headers.get('x-request-id')).toBe('mine')
  expect(await response.json()).toMatchObject(shape)
})

test('a port that is taken is an error that says so', async () => {
  await start(async () => jsonReply(200, {}))

  const second = serve(async () => jsonReply(200, {}), {
    port: served?.port ?? 0,
    host: '127.0.0.1',
    maxBodyBytes: 1,
    tooLarge,
    log: () => {},
  })

  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('a flow is told when its answer must have ended, where the platform has a limit', async () => {
  const deadlines: (number | undefined)[] = []
  const url = await start(
    async ({ deadline, receivedAt }) => {
      deadlines.push(deadline && deadline - receivedAt)
      return jsonReply(200, {})
    },
    { deadlineMs: 890_000 },
  )

  await (await fetch(url)).text()

  expect(deadlines).toEqual([890_000])
})
