import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Dynamo } from '../../lib/aws/dynamo.ts'
import { routeStore } from '../../lib/aws/routing.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { DeploymentStatistics, OpenBreaker } from '../../lib/core/routing.ts'
import { freshStore } from '../support/store.ts'

let engine: Awaited<ReturnType<typeof freshStore>>
let dynamo: Dynamo
let now = 0

beforeAll(async () => {
  engine = await freshStore()
  dynamo = sdkDynamo(engine.client)
})
afterAll(() => engine.stop())
beforeEach(async () => {
  now = 1_000_000
  await dynamo('DeleteItem', { TableName: engine.table, Key: { pk: { S: 'ROUTE#state' }, sk: { S: '-' } } })
})

const store = () => routeStore({ dynamo, table: engine.table, now: () => now })
const entry = (over: Partial<OpenBreaker> = {}): OpenBreaker => ({
  since: 1_000_000,
  until: 1_005_000,
  trips: 1,
  kind: 'server',
  status: 500,
  ...over,
})
const lease = (by: string, at: number) => ({ since: 1_000_000, by, now: at, until: at + 15_000 })

describe('the shared state of routing', () => {
  it('is empty before anything has happened', async () => {
    expect(await store().read()).toEqual({ open: {}, statistics: {} })
  })

  it('says to everybody what one has opened, and answers with what there is', async () => {
    await store().open('a b/c', entry())
    const answer = await store().open('d', entry({ kind: 'quota', status: 429 }))

    expect(answer).toEqual({ open: { 'a b/c': entry(), d: entry({ kind: 'quota', status: 429 }) }, statistics: {} })
    expect(await store().read()).toEqual(answer)
  })

  it('keeps the one that lasts longest where many open at once', async () => {
    const many = Array.from({ length: 20 }, (_, n) => entry({ since: 1_000_000 + n, until: 1_005_000 + n }))

    await Promise.all(many.map((one) => store().open('a', one)))

    expect((await store().read()).open.a).toEqual(many.at(-1))
  })

  it('gives the right to probe to one of twenty, and not before the rest is over', async () => {
    await store().open('a', entry())
    const claims = (at: number) =>
      Promise.all(Array.from({ length: 20 }, (_, n) => store().claim('a', lease(`e${n}`, at))))

    const early = await claims(1_004_999)
    const due = await claims(1_005_000)

    expect(early.filter(({ mine }) => mine)).toEqual([])
    expect(due.filter(({ mine }) => mine)).toHaveLength(1)
    expect(due.every(({ snapshot }) => snapshot.open.a !== undefined)).toBe(true)
  })

  it('gives it to the next when the first has not come back in time, and to the first again meanwhile', async () => {
    await store().open('a', entry())
    await store().claim('a', lease('first', 1_005_000))

    expect(await store().claim('a', lease('next', 1_019_999))).toMatchObject({ mine: false })
    expect(await store().claim('a', lease('first', 1_006_000))).toMatchObject({ mine: true })
    expect(await store().claim('a', lease('next', 1_021_000))).toMatchObject({
      mine: true,
      snapshot: { open: { a: { lease: { by: 'next' } } } },
    })
  })

  it('does not close what was opened again since', async () => {
    await store().open('a', entry())
    await store().open('a', entry({ since: 1_000_001, until: 1_006_000 }))

    await store().close('a', 1_000_000)
    expect(Object.keys((await store().read()).open)).toEqual(['a'])
    await store().close('a', 1_000_001)
    expect((await store().read()).open).toEqual({})
    await store().close('a', 1_000_001)
  })

  it('refuses a claim on what is closed', async () => {
    expect(await store().claim('a', lease('e', 1_005_000))).toMatchObject({ mine: false, snapshot: { open: {} } })
  })

  it('forgets what nobody has asked for in ten minutes, at the next change', async () => {
    await store().open('old', entry())
    now += 5000 + 600_001

    const { open } = await store().open('new', entry({ since: now, until: now + 5000 }))

    expect(Object.keys(open)).toEqual(['new'])
    expect(Object.keys((await store().read()).open)).toEqual(['new'])
  })

  it('takes no more than two hundred breakers, so that made-up names cannot fill the item', async () => {
    for (let n = 0; n < 203; n++) await store().open(`model ${n}`, entry())

    const { open } = await store().read()

    expect(Object.keys(open)).toHaveLength(200)
    expect(open['model 202']).toBeUndefined()
  })
})

describe('its statistics', () => {
  const known: DeploymentStatistics = { at: 1, minute: 2, requests: 3, tokens: 4, errors: 0.5, durationMs: 6 }

  it('stand beside the breakers, and each batch adds to what was there', async () => {
    await store().open('a', entry())
    await store().measure(() => ({ d1: known, 'd/2': known }))
    await store().measure(({ d1 }) => (d1 ? { d1: { ...d1, requests: d1.requests + 1 } } : {}))

    expect(await store().read()).toEqual({
      open: { a: entry() },
      statistics: { d1: { ...known, requests: 4 }, 'd/2': known },
    })
  })

  it('of two aggregators that read the same, one writes', async () => {
    const add = (by: number) => store().measure(({ d1 = known }) => ({ d1: { ...d1, requests: d1.requests + by } }))

    await Promise.all([add(1), add(1)])

    const { d1 } = (await store().read()).statistics
    expect([4, 5]).toContain(d1?.requests)
  })
})
