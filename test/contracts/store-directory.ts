import { describe, expect, it } from 'vitest'
import { recordStore } from '../../lib/aws/directory.ts'
import { type Dynamo, DynamoError } from '../../lib/aws/dynamo.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { KeyRecord } from '../../lib/core/records.ts'
import type { StoreOf } from './store.ts'

export function directoryContract(at: StoreOf): void {
  const dynamo: Dynamo = (operation, input) => sdkDynamo(at().client)(operation, input)

  let made = 0
  const keyRecord = (over: Partial<KeyRecord> = {}): KeyRecord => {
    const n = ++made
    return {
      kind: 'key',
      id: `id${n}`,
      hash: `hash${n}`,
      name: 'sk-...abcd',
      aliases: {},
      terms: { v: 1, anchor: 1000, blocked: false, limit: 5 },
      models: [],
      metadata: {},
      createdAt: 1000 + n,
      updatedAt: 1000 + n,
      other: {},
      ...over,
    }
  }
  const directory = () => recordStore(dynamo, at().table)
  const edited = (record: KeyRecord, over: Partial<KeyRecord>): KeyRecord => ({
    ...record,
    updatedAt: record.updatedAt + 1,
    ...over,
  })
  const allItems = async () => (await dynamo('Scan', { TableName: at().table })).Items ?? []

  /** Loses the answer to transaction number `at`, with or without its effect. */
  const losing =
    (at: number, effect: boolean): Dynamo =>
    async (operation, input) => {
      if (operation !== 'TransactWriteItems' || at-- !== 0) return dynamo(operation, input)
      if (effect) await dynamo(operation, input)
      throw new DynamoError('lost', 'no answer', { lost: true })
    }

  /** An engine that forgets idempotency tokens, as one that was restarted does. */
  const forgetful =
    (inner: Dynamo): Dynamo =>
    (operation, input) => {
      const { ClientRequestToken: _, ...rest } = input as { ClientRequestToken?: string }
      return inner(operation, rest as typeof input)
    }

  describe('records', () => {
    it('come back as they were written, by hash, id and alias', async () => {
      const metadata = {
        deep: JSON.parse('['.repeat(60) + ']'.repeat(60)) as never[],
        big: 1e200,
        empty: '',
        none: null,
      }
      const record = keyRecord({ alias: 'svc-a', metadata, expires: 7, teamId: 't', other: { note: [1, null] } })

      expect(await directory().create(record)).toBe('created')

      expect(await directory().keyByHash(record.hash)).toEqual(record)
      expect(await directory().keyByAlias('svc-a')).toEqual(record)
      expect(await directory().scope('key', record.id)).toEqual(record)
      expect(await directory().scope('team', record.id)).toBeUndefined()
    })

    it('give a hash and an alias one owner, whoever is first', async () => {
      const first = keyRecord({ alias: 'mine' })
      await directory().create(first)

      const answers = await Promise.all([
        directory().create(keyRecord({ hash: first.hash })),
        directory().create(keyRecord({ alias: 'mine' })),
        directory().create({ ...first }),
      ])

      expect(answers).toEqual(['conflict', 'conflict', 'conflict'])
      expect(await directory().keyByAlias('mine')).toEqual(first)
    })

    it('let one of two simultaneous creations of a name win', async () => {
      const answers = await Promise.all([1, 2, 3, 4].map(() => directory().create(keyRecord({ alias: 'raced' }))))

      expect(answers.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'created'])
    })

    it('are replaced only as they were read, so that no edit is undone', async () => {
      const record = keyRecord()
      await directory().create(record)
      const answers = await Promise.all([
        directory().replace(record, edited(record, { models: ['a'] })),
        directory().replace(record, edited(record, { models: ['b'] })),
      ])

      expect(answers.toSorted()).toEqual(['conflict', 'replaced'])
    })

    it('stop answering to an old secret and an old alias once these have changed', async () => {
      const record = keyRecord({ alias: 'before' })
      await directory().create(record)
      const next = edited(record, { hash: 'new secret', alias: 'after' })

      expect(await directory().replace(record, next)).toBe('replaced')

      expect(await directory().keyByHash(record.hash)).toBeUndefined()
      expect(await directory().keyByAlias('before')).toBeUndefined()
      expect(await directory().keyByHash('new secret')).toEqual(next)
      expect(await directory().keyByAlias('after')).toEqual(next)
      expect(await directory().create(keyRecord({ alias: 'before' }))).toBe('created')
    })

    it('refuse an alias that another has, and stay as they were', async () => {
      await directory().create(keyRecord({ alias: 'occupied' }))
      const record = keyRecord()
      await directory().create(record)

      expect(await directory().replace(record, edited(record, { alias: 'occupied' }))).toBe('conflict')
      expect(await directory().scope('key', record.id)).toEqual(record)
    })

    it('leave nothing behind when removed, even where an edit came in between', async () => {
      const before = (await allItems()).length
      const record = keyRecord({ alias: 'short-lived' })
      await directory().create(record)
      await directory().replace(record, edited(record, { hash: 'other secret', alias: 'renamed' }))

      await directory().remove(record)
      await directory().remove(record)

      expect(await allItems()).toHaveLength(before)
    })

    it('are listed oldest first, over many pages', async () => {
      const fresh = recordStore(dynamo, at().table)
      const ids = Array.from({ length: 230 }, (_, n) => `team${n}`)
      for (const [n, id] of ids.entries()) {
        const { hash: _, name: __, expires: ___, ...rest } = { ...keyRecord(), expires: 0 }
        await fresh.create({ ...rest, kind: 'team', id, createdAt: 5000 + n })
      }

      expect((await fresh.list('team')).map((team) => team.id)).toEqual(ids)
      expect(await fresh.list('global')).toEqual([])
    })
  })

  describe('lost answers', () => {
    for (const effect of [true, false]) {
      it(`are asked again until clear, where the write had ${effect ? 'an' : 'no'} effect`, async () => {
        const record = keyRecord({ alias: `lost-${effect}` })
        const next = edited(record, { hash: `lost ${effect}` })

        expect(await recordStore(forgetful(losing(0, effect)), at().table).create(record)).toBe('created')
        expect(await recordStore(forgetful(losing(0, effect)), at().table).replace(record, next)).toBe('replaced')
        expect(await directory().keyByHash(next.hash)).toEqual(next)

        await recordStore(forgetful(losing(0, effect)), at().table).remove(next)
        expect(await directory().keyByHash(next.hash)).toBeUndefined()
      })
    }

    it('are not taken for a success where another has the name', async () => {
      const record = keyRecord({ alias: 'theirs' })
      await directory().create(record)

      const late = recordStore(forgetful(losing(0, false)), at().table)
      expect(await late.create(keyRecord({ alias: 'theirs' }))).toBe('conflict')
    })

    it('end as `unavailable` when they go on', async () => {
      const dead = recordStore(() => Promise.reject(new DynamoError('lost', 'no answer', { lost: true })), at().table)

      await expect(dead.keyByHash('x')).rejects.toMatchObject({ code: 'unavailable' })
      await expect(dead.create(keyRecord())).rejects.toMatchObject({ code: 'unavailable' })
    })
  })
}
