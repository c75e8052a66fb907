import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { exchange } from '../../lib/net/exchange.ts'
import { pool } from '../../lib/net/pool.ts'

/** Answers 50 ms later, in a thread of its own; says where it is, and that it was asked. */
const service = `
const { parentPort } = require('node:worker_threads')
const server = require('node:http').createServer((request, response) => {
  if (request.url === '/late') parentPort.postMessage('asked')
  request.resume()
  setTimeout(() => request.url !== '/silent' && response.end('{}'), 50)
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`
const holdUp = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

it('has a reply that came while the process was held up, and gives up one that did not come', async () => {
  const worker = new Worker(service, { eval: true })
  const [port] = (await once(worker, 'message')) as [number]
  const dispatcher = pool(`http://127.0.0.1:${port}`)
  const send = (path: string, timeoutMs: number) => exchange(dispatcher, { path, headers: {}, body: '', timeoutMs })

  const late = send('/late', 1000)
  await once(worker, 'message')
  holdUp(1500)

  expect(await late).toMatchObject({ status: 200, body: '{}' })
  await expect(send('/silent', 200)).rejects.toMatchObject({ sent: true, message: 'no reply within 200 ms' })
  await dispatcher.destroy()
  await worker.terminate()
})
