import { expect, it } from 'vitest'
import type { Records, TeamRecord } from '../../lib/core/records.ts'
import { maxAgeMs, recordCache } from '../../lib/steps/record-cache.ts'

function counted() {
  const asked: string[] = []
  let time = 0
  const stored = new Set(['t'])
  const records = {
    keyByHash: async (hash: string) => void asked.push(hash),
    scope: async (_kind: string, id: string) => {
      asked.push(id)
      return stored.has(id) ? ({ id } as TeamRecord) : undefined
    },
  } as unknown as Records
  return { asked, stored, cache: recordCache(records, () => time), pass: (ms: number) => (time += ms) }
}

it('reads a record once in five seconds, and again after', async () => {
  const { asked, cache, pass } = counted()

  await Promise.all([cache.scope('team', 't'), cache.scope('team', 't')])
  pass(maxAgeMs - 1)
  await cache.scope('team', 't')
  expect(asked).toEqual(['t'])

  pass(1)
  await cache.scope('team', 't')
  expect(asked).toEqual(['t', 't'])
})

it('never remembers that something does not exist', async () => {
  const { cache, stored } = counted()
  expect(await cache.scope('team', 'new')).toBeUndefined()

  stored.add('new')

  expect(await cache.scope('team', 'new')).toEqual({ id: 'new' })
})

it('reads again at once where something newer was seen', async () => {
  const { asked, cache } = counted()
  await cache.scope('team', 't')

  await cache.fresh('team', 't')

  expect(asked).toEqual(['t', 't'])
})
