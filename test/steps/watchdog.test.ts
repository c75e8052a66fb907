import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { watchdog } from '../../lib/steps/watchdog.ts'

const bitten = (dog: ReturnType<typeof watchdog>) =>
  new Promise((resolve) => dog.signal.addEventListener('abort', () => resolve(dog.reason)))

it('bites at the first deadline, and once', async () => {
  const dog = watchdog(Date.now, undefined)
  dog.limit('total', 10_000)
  dog.limit('idle', 5)

  expect(await bitten(dog)).toBe('idle')
  dog.limit('attempt', 0)
  await sleep(5)
  expect(dog.reason).toBe('idle')
})

it('follows a deadline that moves, later and sooner', async () => {
  const dog = watchdog(Date.now, undefined)
  dog.limit('idle', 20)
  dog.limit('idle', 60_000)
  await sleep(40)
  expect(dog.reason).toBeUndefined()

  dog.limit('idle', 1)

  expect(await bitten(dog)).toBe('idle')
})

it('tells a client that left, even before it began', async () => {
  const left = new AbortController()
  const dog = watchdog(Date.now, left.signal)
  left.abort()

  expect(dog.reason).toBe('left')
  expect(await bitten(watchdog(Date.now, AbortSignal.abort()))).toBe('left')
})

it('does nothing after it was stopped', async () => {
  const dog = watchdog(Date.now, undefined)
  dog.limit('idle', 1)
  dog.stop()
  await sleep(10)

  expect(dog.signal.aborted).toBe(false)
})
