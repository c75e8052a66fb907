import { describe, expect, it } from 'vitest'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { DynamoError } from '../../lib/aws/dynamo.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { signedDynamo } from '../../lib/aws/signed.ts'
import type { Budgets } from '../../lib/core/budget.ts'
import type { StoreOf } from './store.ts'

export function budgetsContract(at: StoreOf): void {
  const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' })
  const clients: [string, () => Budgets][] = [
    [
      'signed',
      () =>
        budgetStore(
          signedDynamo({ endpoint: at().endpoint, region: 'us-east-1', credentials, timeoutMs: 20_000 }),
          at().table,
        ),
    ],
    ['sdk', () => budgetStore(sdkDynamo(at().client), at().table)],
  ]

  describe.each(clients)('budget windows over the %s client', (name, open) => {
    const on = { pk: `BUDGET#key#${name}`, sk: '1mo#2026-11' }

    it('hold, settle, expire, resolve and tell the item each time', async () => {
      const budgets = open()
      const blank = { limit: 100, available: 100, spent: 0, unsettled: 0, v: 1, holds: {}, lost: {}, alerts: {} }

      expect(await budgets.read(on)).toBeUndefined()
      expect(await budgets.create(on, 100, 1, 2_000_000_000)).toEqual({ outcome: 'done', item: blank })
      expect(await budgets.read(on)).toEqual(blank)
      expect(await budgets.create(on, 999, 2)).toEqual({ outcome: 'failed', item: blank })
      expect(await budgets.take(on, 'a', 40, 1)).toMatchObject({
        outcome: 'done',
        item: { available: 60, holds: { a: 40 } },
      })
      expect(await budgets.take(on, 'b', 70, 1)).toMatchObject({
        outcome: 'failed',
        item: { available: 60, holds: { a: 40 } },
      })
      expect(await budgets.take(on, 'b', 50, 1)).toMatchObject({ outcome: 'done', item: { available: 10 } })
      expect(
        await budgets.settle(on, [
          ['a', 40, 15],
          ['b', 50, 5],
        ]),
      ).toMatchObject({ item: { available: 80, spent: 20, holds: {} } })
      expect(await budgets.settle(on, [['a', 40, 15]])).toMatchObject({ outcome: 'failed' })
      await budgets.take(on, 'c', 30, 1)
      expect(await budgets.expire(on, 'c', 30, 30)).toMatchObject({
        item: { unsettled: 30, lost: { c: 30 }, available: 50 },
      })
      expect(await budgets.resolve(on, 'c', 30, 12)).toMatchObject({
        item: { unsettled: 12, lost: { c: 12 }, available: 68 },
      })
      expect(await budgets.settleLost(on, 'c', 12, 10)).toMatchObject({
        item: { unsettled: 0, lost: {}, spent: 30, available: 70 },
      })
      expect(await budgets.edit(on, 250, 2, 100, 1)).toMatchObject({ item: { limit: 250, available: 220, v: 2 } })
      expect(await budgets.claim(on, '80@250', 160, 100)).toMatchObject({
        outcome: 'done',
        item: { alerts: { '80@250': 160 } },
      })
      expect(await budgets.claim(on, '80@250', 190, 130)).toMatchObject({ outcome: 'failed' })
      expect(await budgets.claim(on, '80@250', 230, 170)).toMatchObject({ outcome: 'done' })
      expect(await budgets.sent(on, '80@250')).toMatchObject({ item: { alerts: { '80@250': 'sent' } } })
      expect(await budgets.claim(on, '80@250', 990, 900)).toMatchObject({ outcome: 'failed' })
    })

    it('say that there is no item by a failure without one', async () => {
      expect(await open().take({ pk: 'BUDGET#key#none', sk: 'total#0' }, 'a', 1, 1)).toEqual({ outcome: 'failed' })
      expect(await open().cancel({ pk: 'BUDGET#key#none', sk: 'total#0' }, 'a')).toEqual({ outcome: 'failed' })
    })

    it('are listed by scope, newest last, and all together', async () => {
      const budgets = open()
      const days = ['1d#2026-11-03', '1d#2026-11-01', '1d#2026-11-02']
      for (const sk of days) await budgets.create({ pk: `BUDGET#team#of ${name}`, sk }, 7, 1)

      const windows = await budgets.windows('team', `of ${name}`)
      const all: string[] = []
      for await (const { key } of budgets.all()) all.push(key.pk)

      expect(windows.map(({ key }) => key.sk)).toEqual(days.toSorted())
      expect(windows[0]?.item.limit).toBe(7)
      expect(all.filter((pk) => pk.endsWith(name))).toHaveLength(4)
    })

    it('tell one waiting request of this process when money comes back', async () => {
      const budgets = open()
      const key = { pk: `BUDGET#key#freed ${name}`, sk: 'total#0' }
      const told: string[] = []
      await budgets.create(key, 10, 1)
      await budgets.take(key, 'a', 5, 1)
      await budgets.take(key, 'b', 5, 1)
      budgets.onFreed?.(key, () => told.push('first'))
      const stop = budgets.onFreed?.(key, () => told.push('second'))
      budgets.onFreed?.(key, () => told.push('third'))

      await budgets.release(key, 'a', 5)
      expect(told).toEqual(['first'])
      stop?.()
      await budgets.release(key, 'a', 5)
      expect(told).toEqual(['first'])
      await budgets.release(key, 'b', 5)
      expect(told).toEqual(['first', 'third'])
    })
  })

  const answerTo = (error: DynamoError) =>
    budgetStore(() => Promise.reject(error), 't').release({ pk: 'p', sk: 's' }, 'a', 1)

  describe('an answer', () => {
    it('is lost, refused or failed as the service left it', async () => {
      expect(await answerTo(new DynamoError('lost', 'reset', { lost: true }))).toEqual({
        outcome: 'lost',
        reason: 'lost: reset',
      })
      expect(await answerTo(new DynamoError('ThrottlingException', 'slow down'))).toMatchObject({ outcome: 'refused' })
      expect(await answerTo(new DynamoError('ConditionalCheckFailedException', ''))).toEqual({ outcome: 'failed' })
    })
  })
}
