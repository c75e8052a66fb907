import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dynamo } from '../../lib/aws/dynamo.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { faults, life } from '../support/faulty-dynamo.ts'
import { attempt, spendEvent } from '../support/spend.ts'
import { expectSettled, spend, spendScene, toldIds } from '../support/spend-scene.ts'
import { booksOf, messageOf, spendWorld } from '../support/spend-world.ts'
import { freshStore } from '../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let dynamo: Dynamo
beforeAll(async () => {
  store = await freshStore()
  dynamo = sdkDynamo(store.client)
})
afterAll(() => store.stop())

const scene = () => spendScene(dynamo)
const down = () => Promise.reject(new Error('the topic is down'))

describe('a batch', () => {
  test('settles every budget, tells every crossing once, and is in the ledger', async () => {
    const scenery = await scene()

    expect(await scenery.world.born().handle(scenery.messages)).toEqual([])

    await expectSettled(scenery)
    expect(scenery.world.published).toHaveLength(2)
  })

  test('delivered again, doubled within, one by one and backwards changes nothing', async () => {
    const scenery = await scene()
    const { world, messages } = scenery
    const doubled = [...messages, ...messages].map((message, i) => ({ ...message, messageId: `x${i}` }))

    for (const message of messages.toReversed()) expect(await world.born().handle([message])).toEqual([])
    expect(await world.born().handle(doubled)).toEqual([])

    await expectSettled(scenery)
    expect(world.published).toHaveLength(2)
  })

  test('both copies of an event share one fate', async () => {
    const { world, messages, key } = await scene()
    const dead = life({ kind: 'killed before', at: 0 })
    const copies = [messages[0], messages[0]].flatMap((m, i) => (m ? [{ ...m, messageId: `c${i}` }] : []))

    expect(await world.born(dead).handle(copies)).toEqual(['c0', 'c1'])
    expect(await world.born().handle(copies)).toEqual([])

    expect((await booksOf(world.budgets, key)).spent).toBe(1e9)
  })

  test('poison fails alone and blocks nobody', async () => {
    const scenery = await scene()
    const poison = [
      { messageId: 'p0', body: null },
      { messageId: 'p1', body: { type: 'spend.v1', detail: { ...scenery.events[0], cost: -5 } } },
    ]

    const failed = await scenery.world.born().handle([...poison, ...scenery.messages])

    expect(failed).toEqual(['p0', 'p1'])
    await expectSettled(scenery)
    expect(scenery.world.log.filter((line) => line.includes('not a spend event'))).toHaveLength(2)
  })

  test('an entry too big for the store fails alone', async () => {
    const scenery = await scene()
    const big = spendEvent(attempt(`big${scenery.n}`), 1, [], { error: 'x'.repeat(450_000) })

    const failed = await scenery.world.born().handle([spend('big', big), ...scenery.messages])

    expect(failed).toEqual(['big'])
    await expectSettled(scenery)
  })

  test('a window that cannot be settled fails the messages that touch it, and only those', async () => {
    const { world, messages, key, team, events } = await scene()
    const stuck: Dynamo = (operation, input) =>
      operation === 'UpdateItem' && JSON.stringify(input).includes(team.pk)
        ? life({ kind: 'lost before', at: 0 }).dynamo(dynamo)(operation, input)
        : dynamo(operation, input)
    const partly = spendWorld(stuck)

    expect(await partly.born().handle(messages)).toEqual(['m0', 'm1', 'm2'])

    expect(await world.ledger.find(events[3]?.id ?? '')).toMatchObject({ outcome: 'completed' })
    expect(await world.ledger.find(events[0]?.id ?? '')).toBeUndefined()
    expect((await booksOf(world.budgets, key)).spent).toBe(5.5e9)
    expect(await world.born().handle(messages)).toEqual([])
    expect((await booksOf(world.budgets, team)).spent).toBe(4.5e9)
  })
})

describe('one fault at any step', () => {
  test.each(faults)('%s: after redelivery everything is as if nothing had happened', async (kind) => {
    const whole = life()
    const rehearsal = await scene()
    await rehearsal.world.born(whole).handle(rehearsal.messages)
    expect(whole.steps()).toBeGreaterThanOrEqual(9)

    for (let at = 0; at < whole.steps(); at++) {
      const scenery = await scene()
      const faulty = life({ kind, at })
      const failed = new Set(await scenery.world.born(faulty).handle(scenery.messages))
      scenery.world.pass(61_000)
      await faulty.settleLate()
      await scenery.world.drain(scenery.messages.filter(({ messageId }) => failed.has(messageId)))
      await expectSettled(scenery)
    }
  })
})

test('any deliveries in any order, with faults, end in the same state', async () => {
  const delivery = fc.record({
    which: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 6 }),
    fault: fc.option(fc.record({ kind: fc.constantFrom(...faults), at: fc.integer({ min: 0, max: 12 }) }), {
      nil: undefined,
    }),
    late: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(delivery, { maxLength: 6 }), async (deliveries) => {
      const scenery = await scene()
      const { world, messages } = scenery
      const lives = []
      for (const { which, fault, late } of deliveries) {
        const one = life(fault)
        lives.push(one)
        await world.born(one).handle(which.flatMap((i) => messages[i] ?? []))
        if (late) await one.settleLate()
        await booksOf(world.budgets, scenery.key)
      }
      for (const one of lives) await one.settleLate()
      world.pass(61_000)
      await world.drain(messages)
      await expectSettled(scenery)
    }),
    { numRuns: 40 },
  )
})

test('two aggregators on the same batch at once settle it once', async () => {
  const scenery = await scene()
  const { world, messages } = scenery

  const failed = await Promise.all([1, 2, 3].map(() => world.born().handle(messages)))

  world.pass(61_000)
  await world.drain(messages.filter(({ messageId }) => failed.flat().includes(messageId)))
  await expectSettled(scenery)
  expect(world.published).toHaveLength(2)
})

describe('an alert that cannot be published', () => {
  test('keeps its messages in the queue, but neither the budget nor the ledger waits for it', async () => {
    const scenery = await scene()
    const { world, messages, events } = scenery

    const failed = await world.born(life(), down).handle(messages)

    expect(failed).toEqual(['m0', 'm1', 'm2', 'm3'])
    for (const event of events) expect(await world.ledger.find(event.id)).toEqual(event)
    world.pass(61_000)
    await world.drain(messages)
    await expectSettled(scenery)
  })

  test('is published by the next event of its window, whoever died before', async () => {
    const { world, messages, key } = await scene()
    const dead = life({ kind: 'killed before', at: 2 })
    await world.born(dead).handle(messages)
    world.pass(61_000)

    await world.born().handle([messageOf('look', { type: 'look.v1', detail: { version: 1, look: key } })])

    expect(toldIds(world).has(`${key.pk} ${key.sk} soft@5000000000`)).toBe(true)
  })
})

describe('looks', () => {
  test('a refusal is told once per limit, and one of an older limit not at all', async () => {
    const { world, key } = await scene()
    const look = (limit: number) =>
      messageOf('l', { type: 'look.v1', detail: { version: 1, look: key, refused: true, limit } })

    await world.born().handle([look(10e9)])
    await world.born().handle([look(10e9)])
    await world.budgets.edit(key, 12e9, 2, 10e9, 1)
    await world.born().handle([look(10e9)])
    expect(world.published.map(({ kind }) => kind)).toEqual(['hard'])

    await world.born().handle([look(12e9)])
    expect(world.published.map(({ limit }) => limit)).toEqual([10e9, 12e9])
  })

  test('a limit lowered below what is spent is told', async () => {
    const { world, key, messages } = await scene()
    await world.born().handle(messages)
    await world.budgets.edit(key, 5e9, 2, 10e9, 1)

    await world.born().handle([messageOf('l', { type: 'look.v1', detail: { version: 1, look: key } })])

    expect(world.published.at(-1)).toMatchObject({ kind: 'hard', limit: 5e9, spent: 5.5e9 })
  })

  test('a look at a window that does not exist is done', async () => {
    const { world } = await scene()
    const look = { pk: 'BUDGET#key#nobody', sk: 'total#0' }

    expect(await world.born().handle([messageOf('l', { type: 'look.v1', detail: { version: 1, look } })])).toEqual([])
  })
})

test('a cost above its hold is booked in full, and the debt is told', async () => {
  const { world, key, events, messages } = await scene()
  const dear = { ...events[0], cost: 7e9 } as SpendEvent

  expect(await world.born().handle([spend('dear', dear), ...messages.slice(1)])).toEqual([])

  expect(await booksOf(world.budgets, key)).toMatchObject({ spent: 11.5e9, available: -1.5e9 })
  expect(world.published.filter(({ scope }) => scope === 'key').map(({ kind }) => kind)).toContain('debt')
})

test('an event without holds is in the ledger and its roll-ups', async () => {
  const { world, n, owner } = await scene()
  const free = spendEvent(attempt(`free${n}`), 3e9, [], owner)

  expect(await world.born().handle([spend('f', free)])).toEqual([])

  expect(await world.ledger.total('model', `m${n}`)).toMatchObject({ spend: 3e9, requests: 1 })
})
