import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { afterReading } from '../../lib/core/clock.ts'

/** Answers everything 50 ms later, in a thread of its own. */
const echo = `
const { parentPort } = require('node:worker_threads')
const server = require('node:net').createServer((socket) => socket.on('data', (data) => setTimeout(() => socket.write(data), 50)))
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`
const holdUp = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

it('acts after its time, and not once it was called off', async () => {
  const acted: string[] = []
  const callOff = afterReading(1, () => acted.push('called off'))
  afterReading(1, () => acted.push('in time'))

  callOff()
  await sleep(20)

  expect(acted).toEqual(['in time'])
})

it('can be called off by what arrived while the process was held up', async () => {
  const worker = new Worker(echo, { eval: true })
  const [port] = (await once(worker, 'message')) as [number]
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let acted = false
  socket.write('late?')
  const callOff = afterReading(100, () => (acted = true))
  socket.once('data', callOff)

  holdUp(500)
  await once(socket, 'data')
  await sleep(20)

  socket.destroy()
  await worker.terminate()
  expect(acted).toBe(false)
})
