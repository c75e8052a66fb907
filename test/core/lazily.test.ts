import { expect, it } from 'vitest'
import { lazily } from '../../lib/core/lazily.ts'

it('loads once, however many ask, and only when the first does', async () => {
  let loads = 0
  const one = lazily(async () => ++loads)
  expect(loads).toBe(0)

  expect(await Promise.all([one(), one()])).toEqual([1, 1])
  expect(await one()).toBe(1)
})

it('tries again what could not be loaded', async () => {
  let loads = 0
  const one = lazily(async () => {
    if (++loads === 1) throw new Error('too many open files')
    return loads
  })

  await expect(one()).rejects.toThrow('too many open files')
  expect(await one()).toBe(2)
})
