import { describe, expect, test } from 'vitest'
import { type Dynamo, DynamoError } from '../../lib/aws/dynamo.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { faults, life } from '../support/faulty-dynamo.ts'
import { attempt, attemptAt, noon, spendEvent } from '../support/spend.ts'
import type { StoreOf } from './store.ts'

export function ledgerContract(at: StoreOf): void {
  const dynamo: Dynamo = (operation, input) => sdkDynamo(at().client)(operation, input)

  const pace = { sleep: () => Promise.resolve(), random: () => 0, tries: 5 }
  const ledgerOn = (on: Dynamo) => ledgerStore(on, at().table, pace)

  let cases = 0

  const ownersOf = (i: number) => ({ key_id: `${cases}k${i}`, team_id: `${cases}t${i}`, user_id: `${cases}u${i}` })
  const busy: Dynamo = () => Promise.reject(new DynamoError('ThrottlingException', 'slow down'))

  /** Events of one model group that no other case uses. */
  function some(count: number, more: (i: number) => Partial<SpendEvent> = () => ({})) {
    const group = `g${++cases}`
    const events = Array.from({ length: count }, (_, i) =>
      spendEvent(attempt(`${group}x${i}`), i + 1, [], { model_group: group, ...more(i) }),
    )
    return { group, events, spend: (count * (count + 1)) / 2 }
  }

  describe('record', () => {
    test('keeps everything of the event', async () => {
      const { events } = some(1, () => ({
        holds: [{ pk: 'BUDGET#key#k1', sk: 'total#0', amount: 9 }],
        usage: { prompt: 3, completion: 2, cached: 1, webSearches: 1 },
        first_token: noon + 5,
        error: 'was cut',
        tags: [],
      }))

      await ledgerOn(dynamo).record(events)

      expect(await ledgerOn(dynamo).find(events[0]?.id ?? '')).toEqual(events[0])
    })

    test('writes more events than one transaction takes, each once, however many roll-ups they touch', async () => {
      const { group, events, spend } = some(60, ownersOf)

      await ledgerOn(dynamo).record([...events, ...events])
      await ledgerOn(dynamo).record(events)

      expect(await ledgerOn(dynamo).total('model', group)).toMatchObject({ spend, requests: 60, prompt_tokens: 600 })
      expect(await ledgerOn(dynamo).total('key', events[7]?.key_id ?? '')).toMatchObject({ spend: 8, requests: 1 })
    })

    test('leaves out what is final already and counts the rest', async () => {
      const { group, events, spend } = some(6)

      await ledgerOn(dynamo).record(events.slice(0, 3))
      await ledgerOn(dynamo).record(events)

      expect(await ledgerOn(dynamo).total('model', group)).toMatchObject({ spend, requests: 6 })
    })

    test('counts an event on the day it ended, in UTC', async () => {
      const { group, events } = some(2, (i) => ({ end: Date.UTC(2026, 10, 21 + i, 0, 0, 0) - 1 + i }))

      await ledgerOn(dynamo).record(events)

      const days = await ledgerOn(dynamo).rollups('model', group, { from: '2026-11-20', to: '2026-11-22' })
      expect(days.map(({ day, spend }) => [day, spend])).toEqual([
        ['2026-11-20', 1],
        ['2026-11-22', 2],
      ])
      expect(await ledgerOn(dynamo).rollups('model', group, { from: '2026-11-21', to: '2026-12-31' })).toHaveLength(1)
    })

    test('many writers of the same events at once count them once', async () => {
      const { group, events, spend } = some(8)

      await Promise.all([0, 2, 4, 6].map((i) => ledgerOn(dynamo).record([...events.slice(i), ...events.slice(0, i)])))

      expect(await ledgerOn(dynamo).total('model', group)).toMatchObject({ spend, requests: 8 })
    })

    test('repeats a transaction that only met a conflict', async () => {
      const { group, events } = some(2)
      let conflicts = 2
      const contended: Dynamo = (operation, input) => {
        if (operation !== 'TransactWriteItems' || conflicts-- <= 0) return dynamo(operation, input)
        const reasons = ['None', 'TransactionConflict']
        return Promise.reject(new DynamoError('TransactionCanceledException', 'cancelled', { reasons }))
      }

      await ledgerOn(contended).record(events)

      expect(await ledgerOn(dynamo).total('model', group)).toMatchObject({ requests: 2 })
    })

    test('gives up, and says so, where the store stays busy', async () => {
      await expect(ledgerOn(busy).record(some(1).events)).rejects.toThrow('slow down')
    })

    test('writes what it can when the store refuses one entry for good, then rejects', async () => {
      const { group, events } = some(5, (i) => (i === 2 ? { error: 'x'.repeat(450_000) } : {}))

      await expect(ledgerOn(dynamo).record(events)).rejects.toThrow()

      expect(await ledgerOn(dynamo).total('model', group)).toMatchObject({ requests: 4, spend: 12 })
    })

    test.each(faults)('a call that is %s is made good by the next', async (kind) => {
      const { group, events, spend } = some(3)
      const faulty = life({ kind, at: 0 })

      await ledgerOn(faulty.dynamo(dynamo))
        .record(events)
        .catch(() => undefined)
      await faulty.settleLate()
      await ledgerOn(dynamo).record(events)

      expect(await ledgerOn(dynamo).total('model', group)).toMatchObject({ spend, requests: 3 })
    })
  })

  describe('lost attempts', () => {
    test('are written once, never over an entry, and not counted', async () => {
      const { group, events } = some(2)
      const [a, b] = events as [SpendEvent, SpendEvent]
      await ledgerOn(dynamo).record([b])

      expect(await ledgerOn(dynamo).recordLost({ ...a, unsettled: 7 })).toBe('written')
      expect(await ledgerOn(dynamo).recordLost({ ...a, unsettled: 8 })).toBe('exists')
      expect(await ledgerOn(dynamo).recordLost({ ...b, unsettled: 8 })).toBe('exists')

      expect(await ledgerOn(dynamo).find(a.id)).toMatchObject({ outcome: 'lost', unsettled: 7 })
      expect(await ledgerOn(dynamo).find(b.id)).toEqual(b)
      expect(await ledgerOn(dynamo).total('model', group)).toMatchObject({ requests: 1 })
    })

    test('are replaced by the true event, and an event that says lost is never final', async () => {
      const { group, events } = some(1)
      const [a] = events as [SpendEvent]
      await ledgerOn(dynamo).recordLost({ ...a, unsettled: 7 })

      await ledgerOn(dynamo).record([{ ...a, outcome: 'lost' }])
      expect((await ledgerOn(dynamo).find(a.id))?.outcome).toBe('lost')
      await ledgerOn(dynamo).record([a])

      expect(await ledgerOn(dynamo).find(a.id)).toEqual(a)
      expect(await ledgerOn(dynamo).total('model', group)).toMatchObject({ requests: 1, spend: 1 })
    })
  })

  describe('between', () => {
    test('finds by start, inclusive, newest first, also where the hold expired on the next day', async () => {
      const eve = Date.UTC(2027, 0, 15, 23, 50)
      const at = (minutes: number, name: string) => {
        const start = eve + minutes * 60_000
        return spendEvent(attemptAt(start + 25 * 60_000, name), 1, [], { start, end: start })
      }
      const events = [at(0, 'a'), at(1, 'bZ'), at(2, 'cz'), at(3, 'd9')]
      await ledgerOn(dynamo).record(events)

      const found = await ledgerOn(dynamo).between(eve + 60_000, eve + 120_000)

      expect(found).toEqual([events[2], events[1]])
      expect(await ledgerOn(dynamo).between(eve, eve + 180_000)).toHaveLength(4)
      expect(await ledgerOn(dynamo).between(eve - 86_400_000, eve - 1)).toEqual([])
    })

    test('reads partitions that are longer than a page', async () => {
      const start = Date.UTC(2027, 2, 1)
      const events = Array.from({ length: 24 }, (_, i) =>
        spendEvent(attemptAt(start, `${String.fromCharCode(97 + i)}q`), 1, [], {
          start,
          end: start,
          error: 'x'.repeat(60_000),
        }),
      )
      for (let i = 0; i < events.length; i += 8) await ledgerOn(dynamo).record(events.slice(i, i + 8))

      expect(await ledgerOn(dynamo).between(start, start)).toHaveLength(24)
    })
  })

  test('what was never written is not there', async () => {
    expect(await ledgerOn(dynamo).find(attempt('never'))).toBeUndefined()
    expect(await ledgerOn(dynamo).total('key', 'never')).toBeUndefined()
    expect(await ledgerOn(dynamo).rollups('key', 'never', { from: '2026-01-01', to: '2026-12-31' })).toEqual([])
  })
}
