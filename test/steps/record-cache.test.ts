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
  return { asked, stored, records, cache: recordCache(records, () => time), pass: (ms: number) => (time += ms) }
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

it('never remembers that a team does not exist', async () => {
  const { cache, stored } = counted()
  expect(await cache.scope('team', 'new')).toBeUndefined()

  stored.add('new')

  expect(await cache.scope('team', 'new')).toEqual({ id: 'new' })
})

it('reads in five seconds once that a caller has no user record, and that the gateway has no budget of its own', async () => {
  const { asked, stored, cache, pass } = counted()
  for (const kind of ['user', 'global'] as const) {
    expect(await cache.scope(kind, kind)).toBeUndefined()
    expect(await cache.scope(kind, kind)).toBeUndefined()
  }
  expect(asked).toEqual(['user', 'global'])

  stored.add('global')
  pass(maxAgeMs)

  expect(await cache.scope('global', 'global')).toEqual({ id: 'global' })
})

it('asks again at once for a record that could not be read', async () => {
  let asked = 0
  const scope = async () => Promise.reject(new Error(`the store does not answer, ${++asked}`))
  const { records } = counted()
  const cache = recordCache({ ...records, scope }, () => 0)

  await expect(cache.scope('user', 'u')).rejects.toThrow('1')
  await expect(cache.scope('user', 'u')).rejects.toThrow('2')
})

it('reads again at once where something newer was seen', async () => {
  const { asked, cache } = counted()
  await cache.scope('team', 't')

  await cache.fresh('team', 't')

  expect(asked).toEqual(['t', 't'])
})
