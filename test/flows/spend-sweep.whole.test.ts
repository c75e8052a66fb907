import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { budgetStore } from '../../lib/aws/budgets.ts'
import type { Dynamo } from '../../lib/aws/dynamo.ts'
import { keyAttributes } from '../../lib/aws/schema.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { faults, life } from '../support/faulty-dynamo.ts'
import { attempt, attemptAt, noon, spendEvent } from '../support/spend.ts'
import { spend, spendScene, toldIds } from '../support/spend-scene.ts'
import { booksOf, holdAll, spendWorld } from '../support/spend-world.ts'
import { freshStore } from '../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let dynamo: Dynamo
beforeAll(async () => {
  store = await freshStore()
  dynamo = sdkDynamo(store.client)
})
afterAll(() => store.stop())
beforeEach(clear)

/** A sweep looks at every window there is: those of other cases must be gone. */
async function clear() {
  for await (const { key } of budgetStore(dynamo, store.table).all())
    await dynamo('DeleteItem', { TableName: store.table, Key: keyAttributes(key) })
}

const scene = () => spendScene(dynamo)

let smalls = 0

/** One key, two attempts of 2 dollars, nothing else in the table. */
async function small() {
  await clear()
  const key = { pk: `BUDGET#key#small${++smalls}`, sk: 'total#0' }
  const world = spendWorld(dynamo, { limit: 10e9 })
  const hold = [{ ...key, amount: 2e9 }]
  const events = ['a', 'b'].map((name) => spendEvent(attempt(`${name}s${smalls}`), 1e9, hold))
  await holdAll(
    world.budgets,
    10e9,
    events.map(({ id, holds }) => ({ id, on: holds })),
  )
  return { world, key, events }
}

describe('a gateway that was killed', () => {
  const after = 26 * 60_000

  test('leaves holds that become lost by name, stay counted, and are told', async () => {
    const { world, key, team, messages, events } = await scene()
    await world.born().handle(messages.slice(1))
    world.pass(after)

    expect(await world.born().sweep()).toMatchObject({ expired: 2 })

    const id = events[0]?.id ?? ''
    expect(await booksOf(world.budgets, key)).toMatchObject({ heldIds: [], lost: { [id]: 2e9 }, unsettled: 2e9 })
    expect((await booksOf(world.budgets, team)).lost).toEqual({ [id]: 2e9 })
    expect(await world.ledger.find(id)).toMatchObject({ outcome: 'lost', cost: 0, unsettled: 2e9 })
    expect(world.published.filter(({ kind }) => kind === 'unsettled')).toHaveLength(2)
    expect(await world.born().sweep()).toEqual({ expired: 0, tombstones: 0 })
    expect(world.published.filter(({ kind }) => kind === 'unsettled')).toHaveLength(2)
  })

  test('is found by the next settlement of the window, without waiting for the night', async () => {
    const { world, key, messages, events } = await scene()
    world.pass(after)

    await world.born().handle(messages.slice(1))

    expect((await booksOf(world.budgets, key)).lost).toEqual({ [events[0]?.id ?? '']: 2e9 })
  })

  test('and whose event comes after all costs what it cost, once', async () => {
    const scenery = await scene()
    const { world, messages } = scenery
    await world.born().handle(messages.slice(1))
    world.pass(after)
    await world.born().sweep()

    expect(await world.born().handle(messages)).toEqual([])
    expect(await world.born().handle(messages)).toEqual([])

    await expect(booksOf(world.budgets, scenery.key)).resolves.toMatchObject({
      spent: 5.5e9,
      unsettled: 0,
      lostIds: [],
    })
    expect(await world.ledger.find(scenery.events[0]?.id ?? '')).toEqual(scenery.events[0])
    expect(await world.ledger.total('key', `k${scenery.n}`)).toMatchObject({ spend: 5.5e9, requests: 4 })
  })

  test('and whose note is found is in the ledger as lost, its hold untouched; its true event replaces the entry', async () => {
    const { world, key, events, messages, n } = await scene()
    const first = events[0] as SpendEvent
    const note = { ...first, outcome: 'lost', cost: 0, usage: { prompt: 0, completion: 0 } } as const

    expect(await world.born().handle([spend('note', note)])).toEqual([])

    expect(await world.ledger.find(first.id)).toMatchObject({
      outcome: 'lost',
      unsettled: 2e9,
      request_id: first.request_id,
    })
    expect((await booksOf(world.budgets, key)).holds[first.id]).toBe(2e9)
    expect(await world.ledger.total('key', `k${n}`)).toBeUndefined()
    await world.born().handle(messages)
    expect(await world.ledger.find(first.id)).toEqual(first)
    expect(await world.born().handle([spend('note', note)])).toEqual([])
    expect(await world.ledger.find(first.id)).toEqual(first)
  })

  test('gives its hold back where the configuration releases orphans, and a late event books in full', async () => {
    const { world, key, messages, events } = await spendScene(dynamo, { orphanedHolds: 'release', alertThresholds: [] })
    await world.born().handle(messages.slice(1))
    world.pass(after)
    await world.born().sweep()
    expect(await booksOf(world.budgets, key)).toMatchObject({ lost: { [events[0]?.id ?? '']: 0 }, available: 5.5e9 })

    await world.born().handle(messages)

    expect(await booksOf(world.budgets, key)).toMatchObject({ lostIds: [], spent: 5.5e9, available: 4.5e9 })
  })

  test.each(faults)('%s at any step of the sweep: the next one ends in the same state', async (kind) => {
    const whole = life()
    const rehearsal = await small()
    rehearsal.world.pass(after)
    await rehearsal.world.born(whole).sweep()

    for (let at = 0; at < whole.steps(); at++) {
      const { world, key, events } = await small()
      world.pass(after)
      const faulty = life({ kind, at })
      await world
        .born(faulty)
        .sweep()
        .catch(() => undefined)
      world.pass(61_000)
      await faulty.settleLate()
      await world.born().sweep()
      const lost = Object.fromEntries(events.map(({ id }) => [id, 2e9]))
      expect(await booksOf(world.budgets, key)).toMatchObject({ heldIds: [], lost, unsettled: 4e9, available: 6e9 })
      for (const { id } of events) expect((await world.ledger.find(id))?.outcome).toBe('lost')
      const names = events.map(({ id }) => `${key.pk} ${key.sk} unsettled@${id}`)
      expect(toldIds(world)).toEqual(new Set(names))
    }
  })
})

test('a tombstone goes once its attempt has expired, and not before', async () => {
  const { world, key } = await scene()
  const id = attemptAt(noon + 60_000, 'tomb')
  await world.budgets.cancel(key, id)
  expect(await world.born().sweep()).toMatchObject({ tombstones: 0 })
  world.pass(2 * 60_000)

  expect(await world.born().sweep()).toMatchObject({ tombstones: 1 })

  expect((await booksOf(world.budgets, key)).holds[id]).toBeUndefined()
})

test('an expired hold that is final in the ledger was settled: it goes back', async () => {
  const { world, key, messages, events } = await scene()
  await world.born().handle(messages)
  const id = events[0]?.id ?? ''
  await world.budgets.take(key, id, 2e9, 1)
  world.pass(26 * 60_000)

  await world.born().sweep()

  expect(await booksOf(world.budgets, key)).toMatchObject({ heldIds: [], lostIds: [], spent: 5.5e9 })
})
