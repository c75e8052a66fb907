import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchange } from '../../lib/net/exchange.ts'
import { renewedPool } from '../../lib/net/renewed.ts'

let connections = 0
const server = createServer((request, response) => {
  request.resume()
  setTimeout(() => response.end('{}'), request.url === '/slow' ? 100 : 0)
}).on('connection', () => connections++)

let origin = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** Sends one request at a moment of a made-up clock. */
function scene() {
  let now = 0
  connections = 0
  const lease = renewedPool(origin, {}, () => now)
  return async (at: number, path = '/') => {
    now = at
    const { dispatcher, over } = lease()
    await exchange(dispatcher, { path, headers: {}, body: '', timeoutMs: 5000 }).finally(over)
    // The connection is free again a turn after the last byte.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('uses a connection again that was idle for a moment', async () => {
  const send = scene()

  for (const at of [0, 1000, 5000, 9999]) await send(at)

  expect(connections).toBe(1)
})

test('uses no connection again that was idle for longer, whatever its timers say', async () => {
  const send = scene()

  for (const at of [0, 5001, 10_500]) await send(at)

  expect(connections).toBe(3)
})

test('does not count the time in which an answer was under way', async () => {
  const send = scene()

  const slow = send(0, '/slow')
  await send(20_000)
  await slow
  await send(24_000)

  expect(connections).toBe(2)
})
