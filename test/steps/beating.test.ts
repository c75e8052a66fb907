import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { beating, patiently, silence } from '../../lib/steps/beating.ts'

it('tells silence again and again, and then what was waited for, once', async () => {
  let reads = 0
  let answer = () => {}
  const { next } = beating(() => new Promise<number>((resolve) => (answer = () => resolve(++reads))), 10)
  const got: unknown[] = []
  while (got.filter((one) => one !== silence).length < 2) {
    got.push(await next())
    if (got.slice(-2).every((one) => one === silence) && got.length >= 2) {
      answer()
      got.push(await next())
    }
  }

  expect(got.filter((one) => one !== silence)).toEqual([1, 2])
  expect(got.filter((one) => one === silence).length).toBeGreaterThanOrEqual(4)
})

it('fails as the read fails, and reads anew afterwards', async () => {
  let reads = 0
  const { next } = beating(async () => {
    if (reads++ === 0) throw new Error('broken')
    return 'whole'
  }, 1000)

  await expect(next()).rejects.toThrow('broken')
  expect(await next()).toBe('whole')
})

it('tells nothing where it is switched off', async () => {
  expect(await beating(() => sleep(5, 'late'), 0).next()).toBe('late')
})

it('gives signs of life while it waits, and returns what came', async () => {
  const late = Promise.withResolvers<string>()
  const waiting = patiently(late.promise, { everyMs: 10, beat: Buffer.from('x') })
  let beats = 0
  let step = await waiting.next()
  for (; !step.done; step = await waiting.next()) if (++beats === 2) late.resolve('late')

  expect([step.value, beats >= 2]).toEqual(['late', true])
})
