import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { deliveryStore } from '../../lib/aws/deliveries.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import type { Dynamo, DynamoOperations } from '../../lib/aws/dynamo.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { outboxStore } from '../../lib/aws/outbox.ts'
import { newWindow } from '../../lib/aws/budget-requests.ts'
import { fromAttributes, toAttributes } from '../../lib/aws/schema.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { BusEvent, SpendEvent } from '../../lib/core/spend-event.ts'
import { attempt, keyRecord, noon, spendEvent } from '../support/spend.ts'
import type { StoreOf } from './store.ts'

type Sent = { operation: keyof DynamoOperations; items: number }

/** Every page holds two items at most, and every batch leaves all but three keys undone: what large tables do, on a small one. */
function shortPages(at: StoreOf, sent: Sent[]): Dynamo {
  return async <Op extends keyof DynamoOperations>(operation: Op, input: DynamoOperations[Op]['input']) => {
    const real = sdkDynamo(at().client)
    if (operation === 'Query' || operation === 'Scan') {
      const output = await real(operation, { ...input, Limit: 2 })
      sent.push({ operation, items: 'Items' in output ? (output.Items?.length ?? 0) : 0 })
      return output
    }
    if (!('RequestItems' in input) || operation !== 'BatchGetItem') return real(operation, input)
    const { table } = at()
    const asked = input.RequestItems?.[table]?.Keys ?? []
    const [now, later] = [asked.slice(0, 3), asked.slice(3)]
    const output = await real('BatchGetItem', { RequestItems: { [table]: { Keys: now, ConsistentRead: true } } })
    sent.push({ operation, items: now.length })
    return { ...output, ...(later.length && { UnprocessedKeys: { [table]: { Keys: later } } }) }
  }
}

export function pagesContract(at: StoreOf): void {
  describe('what does not come in one page', () => {
    const sent: Sent[] = []
    const short = shortPages(at, sent)
    const pages = (operation: string) => sent.filter((one) => one.operation === operation).length
    const kept = { pk: 'BUDGET#key#big', sizes: 24 }
    beforeAll(async () => {
      // 24 windows of 70 KB are more than one megabyte, where DynamoDB itself ends a page.
      const holds = Object.fromEntries(
        Array.from({ length: 4000 }, (_, i) => [`held0${String(i).padStart(10, '0')}`, 1]),
      )
      for (let i = 0; i < kept.sizes; i++)
        await sdkDynamo(at().client)('PutItem', {
          TableName: at().table,
          Item: toAttributes({ ...newWindow(9e9, 1), pk: kept.pk, sk: `1d#${String(i).padStart(2, '0')}`, holds }),
        })
    })
    afterAll(async () => {
      for (let i = 0; i < kept.sizes; i++)
        await sdkDynamo(at().client)('DeleteItem', {
          TableName: at().table,
          Key: toAttributes({ pk: kept.pk, sk: `1d#${String(i).padStart(2, '0')}` }),
        })
    })

    it('is read to its end where the store ends pages at a megabyte', async () => {
      let queries = 0
      let scans = 0
      const counted: Dynamo = (operation, input) => {
        if (operation === 'Query') queries++
        if (operation === 'Scan') scans++
        return sdkDynamo(at().client)(operation, input)
      }
      const budgets = budgetStore(counted, at().table)

      const windows = await budgets.windows('key', 'big')
      const all: string[] = []
      for await (const { key } of budgets.all()) if (key.pk === kept.pk) all.push(key.sk)

      expect(windows.map(({ key }) => key.sk)).toEqual(all.toSorted())
      expect(all).toHaveLength(kept.sizes)
      expect(queries).toBeGreaterThan(1)
      expect(scans).toBeGreaterThan(1)
    })

    it('is read to its end: windows of a scope, in order, and all windows', async () => {
      const budgets = budgetStore(short, at().table)
      const days = ['1d#2026-11-05', '1d#2026-11-01', '1d#2026-11-04', '1d#2026-11-02', '1d#2026-11-03']
      for (const sk of days) await budgets.create({ pk: 'BUDGET#user#paged', sk }, 1, 1)
      sent.length = 0

      const windows = await budgets.windows('user', 'paged')
      const all: string[] = []
      for await (const { key } of budgets.all()) if (key.pk === 'BUDGET#user#paged') all.push(key.sk)

      expect(windows.map(({ key }) => key.sk)).toEqual(days.toSorted())
      expect(all.toSorted()).toEqual(days.toSorted())
      expect(pages('Query')).toBeGreaterThan(2)
      expect(pages('Scan')).toBeGreaterThan(2)
    })

    it('is read to its end: records of a kind, with keys that a batch left undone', async () => {
      const directory = recordStore(short, at().table)
      const { hash: _, name: __, ...shared } = keyRecord()
      const ids = Array.from({ length: 8 }, (_, i) => `paged user ${i}`)
      for (const [i, id] of ids.entries())
        await directory.create({ ...shared, kind: 'user', role: 'internal_user', id, createdAt: i })
      sent.length = 0

      const users = await directory.list('user')

      expect(users.map(({ id }) => id)).toEqual(ids)
      expect(pages('Query')).toBeGreaterThan(3)
      expect(pages('BatchGetItem')).toBe(3)
    })

    it('is read to its end: entries between two times, and the days of a roll-up', async () => {
      const ledger = ledgerStore(short, at().table)
      const year = Date.UTC(2028, 1, 1)
      const events = Array.from({ length: 7 }, (_, i) =>
        spendEvent(attempt(`paged${i}z`), 1, [], {
          model_group: 'paged',
          start: year + i,
          end: year + i * 86_400_000,
        }),
      )
      const inOnePartition = events.map((event) => ({ ...event, start: noon + event.cost }))
      await ledger.record(inOnePartition)

      const found = await ledger.between(noon + 1, noon + 1)
      const days = await ledger.rollups('model', 'paged', { from: '2028-01-01', to: '2028-12-31' })

      expect(found.filter(({ model_group }) => model_group === 'paged')).toHaveLength(7)
      expect(days.map(({ day }) => day.slice(-2))).toEqual(['01', '02', '03', '04', '05', '06', '07'])
    })

    it('is relayed to its end, though the pages are emptied while they are read', async () => {
      const outbox = outboxStore(short, at().table)
      const ids = Array.from({ length: 40 }, (_, i) => `paged event ${i}`)
      for (const id of ids) await outbox.put(id, { type: 'spend.v1', detail: { id } as SpendEvent })
      const relayed: BusEvent[] = []

      await outbox.relay(async (events) => void relayed.push(...events))

      expect(relayed.map(({ detail }) => ('id' in detail ? detail.id : '')).toSorted()).toEqual(ids.toSorted())
      expect(await outbox.relay(() => Promise.resolve())).toBe(0)
    })
  })

  describe('the time to live', () => {
    it('is set on windows that end, and on nothing that has to stay', async () => {
      const { table } = at()
      const dynamo = sdkDynamo(at().client)
      const budgets = budgetStore(dynamo, table)
      await budgets.create({ pk: 'BUDGET#key#mortal', sk: '1d#2026-11-21' }, 5, 1, 1_900_000_000)
      await budgets.create({ pk: 'BUDGET#key#immortal', sk: 'total#0' }, 5, 1)
      await recordStore(dynamo, table).create(keyRecord())
      await ledgerStore(dynamo, table).record([spendEvent(attempt('ttl'), 1, [])])
      await deliveryStore({ dynamo, table, clock: { now: () => noon } }).claim('a notice', 'somebody')
      await outboxStore(dynamo, table).put('ttl', { type: 'spend.v1', detail: { id: 'ttl' } as SpendEvent })

      const mortal: Record<string, unknown>[] = []
      const kinds = new Set<string>()
      let from: Record<string, unknown> | undefined
      do {
        const page = await dynamo('Scan', { TableName: table, ...(from && { ExclusiveStartKey: from as never }) })
        for (const item of page.Items ?? []) {
          const { pk, ttl } = fromAttributes(item)
          kinds.add(String(pk).split('#')[0] ?? '')
          if (ttl !== undefined) mortal.push({ pk, ttl })
        }
        from = page.LastEvaluatedKey
      } while (from)

      await outboxStore(dynamo, table).relay(() => Promise.resolve())
      expect(mortal.filter(({ pk }) => !/^(BUDGET|ALERT)#/.test(String(pk)))).toEqual([])
      expect(mortal).toContainEqual({ pk: 'ALERT#a notice', ttl: noon / 1000 + 30 * 86_400 })
      expect(mortal).toContainEqual({ pk: 'BUDGET#key#mortal', ttl: 1_900_000_000 })
      expect(mortal.filter(({ pk }) => pk === 'BUDGET#key#immortal')).toEqual([])
      for (const kind of ['KEY', 'TOKEN', 'LIST', 'LEDGER', 'ROLLUP', 'OUTBOX', 'ALERT']) expect(kinds).toContain(kind)
    })

    it('that has passed does not keep a window from being settled while it is there', async () => {
      const budgets = budgetStore(sdkDynamo(at().client), at().table)
      const on = { pk: 'BUDGET#key#overdue', sk: '1d#2020-01-01' }
      await budgets.create(on, 100, 1, 1_577_836_800)
      await budgets.take(on, 'late', 40, 1)

      expect(await budgets.settle(on, [['late', 40, 25]])).toMatchObject({ outcome: 'done', item: { spent: 25 } })
      expect(await budgets.read(on)).toMatchObject({ available: 75, holds: {} })
    })
  })
}
