import { beforeEach, expect, test } from 'vitest'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { deliveryStore } from '../../lib/aws/deliveries.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { Config } from '../../lib/core/config.ts'
import type { ReportMessage, ReportSums } from '../../lib/core/notice.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { report, type ReportPorts } from '../../lib/flows/report.ts'
import { config, deployment } from '../support/configuration.ts'
import { attemptAt, keyRecord, spendEvent } from '../support/spend.ts'
import { freshStore } from '../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeEach(async () => {
  store = await freshStore()
  return () => store.stop()
})

const monday = Date.UTC(2026, 10, 23, 9)
const models: Config = config({ deployments: [deployment({ group: 'fast' }), deployment({ group: 'slow' })] })

/** A gateway with a table of its own, at a moment. */
function gateway(over: Partial<ReportPorts> = {}) {
  const dynamo = sdkDynamo(store.client)
  let now = monday
  const clock = { now: () => now }
  const published: ReportMessage[] = []
  const ledger = ledgerStore(dynamo, store.table)
  const directory = recordStore(dynamo, store.table)
  const budgets = budgetStore(dynamo, store.table)
  const ports: ReportPorts = {
    ledger,
    directory,
    budgets,
    deliveries: deliveryStore({ dynamo, table: store.table, clock }),
    clock,
    publish: async (message) => void published.push(message),
    log: () => undefined,
    ...over,
  }
  return {
    ledger,
    directory,
    budgets,
    published,
    run: () => report(models, ports, 'weekly'),
    at: (ms: number) => void (now = ms),
  }
}

let count = 0

/** An attempt that ended at a moment. */
const spent = (at: string, cost: number, more: Partial<SpendEvent> = {}): SpendEvent => {
  const end = Date.parse(at)
  const id = attemptAt(end + 25 * 60_000, `r${++count}`)
  return spendEvent(id, cost, [], { start: end - 1000, end, provider: 'openai', ...more })
}

const sumOf = (lists: ReportSums[]) => lists.reduce((sum, { spent: of }) => sum + of, 0)
const costs = (events: SpendEvent[]) => events.reduce((sum, { cost }) => sum + cost, 0)

test('adds up to the ledger to the nano-dollar, in total and in every list, whoever was deleted since', async () => {
  const { ledger, directory, published, run } = gateway()
  await directory.create({ ...keyRecord(), id: 'k1', hash: 'h1', alias: 'backend' })
  await directory.create({ ...keyRecord(), id: 'k2', hash: 'h2', alias: 'batch' })
  const week = [
    spent('2026-11-16T00:00:00Z', 1_000_000_001, { key_id: 'k1', model_group: 'fast' }),
    spent('2026-11-18T12:00:00Z', 2_000_000_003, { key_id: 'k2', model_group: 'slow', provider: 'anthropic' }),
    spent('2026-11-20T12:00:00Z', 700_000_007, { key_id: 'gone', model_group: 'gone', outcome: 'failed' }),
    spent('2026-11-22T23:59:59.999Z', 40_000_011, { model_group: 'fast' }),
  ]
  const { key_id: _none, ...masters } = spent('2026-11-19T00:00:00Z', 5_000_000)
  const before = [spent('2026-11-15T23:59:59.999Z', 1_500_000_000, { key_id: 'k2' })]
  const after = [spent('2026-11-23T00:00:00Z', 9e9, { key_id: 'k1' })]
  await ledger.record([...week, masters, ...before, ...after])

  expect(await run()).toBe('sent')

  const [told] = published
  if (!told) throw new Error('nothing was published')
  const entries = (await ledger.between(Date.parse('2026-11-15T00:00:00Z'), monday)).filter(
    ({ end }) => end >= Date.parse('2026-11-16T00:00:00Z') && end < Date.parse('2026-11-23T00:00:00Z'),
  )
  expect(entries).toHaveLength(5)
  expect(told).toMatchObject({ spent: costs(entries), before: 1_500_000_000, requests: 5, failed: 1 })
  expect(costs(entries)).toBe(costs([...week, masters]))
  for (const { top, others } of [told.teams, told.keys, told.models]) expect(sumOf([...top, others])).toBe(told.spent)
  expect(told.keys.top.map(({ label, spent: of, before: then }) => [label, of, then])).toEqual([
    ['batch', 2_000_000_003, 1_500_000_000],
    ['backend', keySpend(entries, 'k1'), 0],
  ])
  expect(told.keys.others.spent).toBe(costs(entries.filter(({ key_id }) => key_id !== 'k1' && key_id !== 'k2')))
})

const keySpend = (entries: SpendEvent[], id: string) => costs(entries.filter(({ key_id }) => key_id === id))

test('is sent once, whoever makes it and however often', async () => {
  const { ledger, published, run, at } = gateway()
  await ledger.record([spent('2026-11-18T00:00:00Z', 1e9)])

  const outcomes = await Promise.all([run(), run(), run()])
  at(monday + 3 * 86_400_000)

  expect(outcomes.filter((outcome) => outcome === 'sent')).toHaveLength(1)
  expect(await run()).toBe('known')
  expect(published).toHaveLength(1)
})

test('is sent by the next call where it could not be published', async () => {
  let broken = true
  const published: ReportMessage[] = []
  const publish = async (message: ReportMessage) => {
    if (broken) throw new Error('the topic is away')
    published.push(message)
  }
  const { ledger, run } = gateway({ publish })
  await ledger.record([spent('2026-11-18T00:00:00Z', 1e9)])

  await expect(run()).rejects.toThrow('the topic is away')
  broken = false

  expect(await run()).toBe('sent')
  expect(published).toHaveLength(1)
})

test('is made again where the one who made it has died over it', async () => {
  const reached = Promise.withResolvers<void>()
  const publish = () => {
    reached.resolve()
    return new Promise<void>(() => undefined)
  }
  const dying = gateway({ publish })
  await dying.ledger.record([spent('2026-11-18T00:00:00Z', 1e9)])
  void dying.run()
  await reached.promise
  const { published, run, at } = gateway()

  const meanwhile = await run()
  at(monday + 60_000)

  expect([meanwhile, await run()]).toEqual(['busy', 'sent'])
  expect(published).toHaveLength(1)
})

test('says nothing of a week in which nothing happened, after one in which nothing did', async () => {
  const { ledger, published, run, at } = gateway()
  await ledger.record([spent('2026-11-18T00:00:00Z', 1e9)])

  at(monday - 7 * 86_400_000)
  expect(await run()).toBe('empty')
  at(monday + 7 * 86_400_000)
  expect(await run()).toBe('sent')
  expect(published[0]).toMatchObject({ spent: 0, before: 1e9, requests: 0 })
})

test('names budgets that are nearly used up, and counts a lost attempt once', async () => {
  const { ledger, directory, budgets, published, run } = gateway()
  const limit = 10e9
  await directory.create({ ...keyRecord({ limit }), id: 'k1', hash: 'h1', alias: 'full', teamId: 't1' })
  await directory.create({ ...keyRecord({ limit }), id: 'k2', hash: 'h2', alias: 'half' })
  await directory.create({ ...keyRecord({ limit }), kind: 'team', id: 't1', alias: 'research' })
  const lost = attemptAt(monday - 60_000, 'lost')
  const windows = ['key#k1', 'team#t1'].map((of) => ({ pk: `BUDGET#${of}`, sk: '1mo#2026-11' }))
  for (const key of windows) {
    await budgets.create(key, limit, 1)
    await budgets.take(key, lost, 0.4e9, 1)
    await budgets.expire(key, lost, 0.4e9, 0.4e9)
  }
  const settled = attemptAt(monday + 60_000, 'settled')
  const [first] = windows
  if (!first) throw new Error('no window')
  await budgets.take(first, settled, 9e9, 1)
  await budgets.settle(first, [[settled, 9e9, 8.5e9]])
  await ledger.record([spent('2026-11-18T00:00:00Z', 8.5e9, { key_id: 'k1', team_id: 't1' })])

  await run()

  expect(published[0]).toMatchObject({
    budgets: [{ scope: 'key', scope_id: 'k1', label: 'full', percent: 85, spent: 8.5e9, limit, window: '1mo#2026-11' }],
    unsettled: 0.4e9,
    unsettled_attempts: 1,
  })
  expect(published[0]?.text).toBe(
    [
      'Weekly spend report, 2026-11-16 to 2026-11-22 (days of UTC)\nTotal: $8.50 for 1 request; nothing the week before',
      'By team:\n• research: $8.50 (new)',
      'By key:\n• full: $8.50 (new)',
      'By model:\n• fast: $8.50 (new)',
      'Budgets that are 80% used or more:\n• key full: 85%, $8.50 of $10.00 (window 1mo)',
      'Unsettled: up to $0.40 for an attempt whose gateway was killed; see `npm run admin -- orphans`.',
    ].join('\n\n'),
  )
})

test('names ten, and sums the rest', async () => {
  const { ledger, directory, published, run } = gateway()
  const events = Array.from({ length: 12 }, (_, i) => spent('2026-11-18T00:00:00Z', (i + 1) * 1e9, { key_id: `k${i}` }))
  for (const i of events.keys())
    await directory.create({ ...keyRecord(), id: `k${i}`, hash: `h${i}`, alias: `key ${i}` })
  await ledger.record(events)

  await run()

  expect(published[0]?.keys.top.map(({ label }) => label)).toEqual(
    events
      .map((_, i) => `key ${i}`)
      .slice(2)
      .toReversed(),
  )
  expect(published[0]?.keys.others).toEqual({ spent: 3e9, before: 0, requests: 2, failed: 0 })
  expect(published[0]?.text).toContain('• others (the master key, a deleted key or a smaller one): $3.00')
})
