import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { journalBus } from '../../infra/local/bus.ts'
import { systemClock } from '../../lib/core/clock.ts'
import { journalQueue, type QueueMessage, type QueueOptions } from '../../infra/local/queue.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'purser-queue-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

// Time that passes as soon as somebody waits for it, so that back-offs cost nothing.
const hurried = () => {
  let now = 0
  const sleep: QueueOptions['clock']['sleep'] = async (ms, signal) => {
    if (signal?.aborted) return
    if (ms > 1e9) return systemClock.sleep(ms, signal)
    now += ms
    await systemClock.sleep(0)
  }
  return { now: () => now, sleep }
}

const queueOf = (handle: QueueOptions['handle'], more: Partial<QueueOptions> = {}) =>
  journalQueue<unknown>({ dir, handle, log: () => {}, clock: hurried(), maxAttempts: 4, ...more })

const collect = (into: unknown[][]) => (messages: QueueMessage[]) => {
  into.push(messages.map(({ body }) => body))
  return Promise.resolve([])
}

test('delivers in the order of arrival, at most a hundred at a time', async () => {
  const batches: unknown[][] = []
  const queue = queueOf(collect(batches))
  for (let n = 0; n < 250; n++) await queue.add([n])

  queue.start()
  await queue.drain()
  await queue.stop()

  expect(batches.flat()).toEqual(Array.from({ length: 250 }, (_, n) => n))
  expect(Math.max(...batches.map((batch) => batch.length))).toBe(100)
})

test('a message that fails is tried again and holds up nobody', async () => {
  const order: unknown[] = []
  let refusals = 2
  const queue = queueOf((messages) => {
    order.push(...messages.map(({ body }) => body))
    const failed = messages.filter(({ body }) => body === 'slow' && refusals-- > 0)
    return Promise.resolve(failed.map(({ messageId }) => messageId))
  })
  await queue.add(['slow', 'a', 'b'])

  queue.start()
  await queue.drain()
  await queue.stop()

  expect(order).toEqual(['slow', 'a', 'b', 'slow', 'slow'])
})

test('a poison message goes to the dead letters after its attempts', async () => {
  let deliveries = 0
  const said: string[] = []
  const queue = queueOf(
    (messages) => {
      const poison = messages.filter(({ body }) => body === 'poison')
      deliveries += poison.length
      return Promise.resolve(poison.map(({ messageId }) => messageId))
    },
    { log: (_, message) => said.push(message) },
  )
  await queue.add(['fine', 'poison'])

  queue.start()
  await queue.drain()
  await queue.stop()

  expect(deliveries).toBe(4)
  expect(readFileSync(join(dir, 'dead.jsonl'), 'utf8')).toContain('"poison"')
  expect(said).toEqual(['messages went to the dead letters'])
})

test('a handler that throws fails the whole batch, which is delivered again', async () => {
  const batches: unknown[][] = []
  let crashes = 1
  const queue = queueOf((messages) => {
    if (crashes-- > 0) throw new Error('store is down')
    return collect(batches)(messages)
  })
  await queue.add([1, 2])

  queue.start()
  await queue.drain()
  await queue.stop()

  expect(batches).toEqual([[1, 2]])
})

test('what a killed process had not handled is delivered by the next one', async () => {
  const killed = queueOf(() => new Promise(() => {}))
  await killed.add(['under way', 'waiting'])
  killed.start()

  const batches: unknown[][] = []
  const next = queueOf(collect(batches))
  next.start()
  await next.drain()
  await next.stop()

  expect(batches).toEqual([['under way', 'waiting']])
})

test('the bus resolves only once the event is in a file', async () => {
  const bus = journalBus({ dir, handle: () => Promise.resolve([]), log: () => {}, clock: hurried(), maxAttempts: 1 })

  await bus.publish([{ type: 'look.v1', detail: { version: 1, look: { pk: 'BUDGET#key#k', sk: 'total#0' } } }])

  expect(readFileSync(join(dir, '00000001.jsonl'), 'utf8')).toContain('"type":"look.v1"')
})

test('publishing nothing writes nothing', async () => {
  const bus = journalBus({ dir, handle: () => Promise.resolve([]), log: () => {}, clock: hurried(), maxAttempts: 1 })

  await bus.publish([])
  await bus.stop()

  expect(existsSync(join(dir, '00000001.jsonl'))).toBe(false)
})
