import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WindowItem, WindowKey } from '../../lib/core/budget.ts'
import { fromDollars, unlimited } from '../../lib/core/money.ts'
import { adminFlow, ensureGlobal } from '../../lib/flows/admin.ts'
import { adminConfig, type Admin, ask, startAdmin } from '../support/admin.ts'

let admin: Admin
beforeAll(async () => void (admin = await startAdmin()))
afterAll(() => admin.stop())

const generate = async (body: object) => (await admin.call('POST /key/generate', body)).body
const update = (body: object) => admin.call('POST /key/update', body)
const info = async (key: string) => (await admin.call(`GET /key/info?key=${key}`)).body.info
const dollars = fromDollars

/** What a gateway does at the first request: the window, with a hold of each amount in it, then settled at its cost. */
async function spend(on: WindowKey, limit: number, takes: { hold: number; cost?: number }[], v = 1) {
  const { budgets } = admin.ports
  await budgets.create(on, dollars(limit), v)
  for (const [n, { hold, cost }] of takes.entries()) {
    const id = `zzzzz${on.sk.slice(-1)}${String(n).padStart(9, '0')}`
    expect(await budgets.take(on, id, dollars(hold), v)).toMatchObject({ outcome: 'done' })
    if (cost !== undefined) await budgets.settle(on, [[id, dollars(hold), dollars(cost)]])
  }
}
const windowOf = (made: { purser: { id: string; window: string } }): WindowKey => ({
  pk: `BUDGET#key#${made.purser.id}`,
  sk: made.purser.window,
})
const item = async (on: WindowKey): Promise<WindowItem> => {
  const found = await admin.ports.budgets.read(on)
  if (!found) throw new Error('no window')
  return found
}
const looks = () => admin.published.flatMap((event) => (event.type === 'look.v1' ? [event.detail.look] : []))

const noAnswer = () => Promise.resolve({ outcome: 'lost', reason: 'no answer' } as const)

const ensureBudget = (limit?: number, duration?: string) =>
  ensureGlobal(
    adminConfig(limit === undefined ? {} : { globalBudget: { limit: dollars(limit), ...(duration && { duration }) } }),
    admin.ports,
  )
const globalTerms = async () => (await admin.ports.directory.scope('global', '-'))?.terms

describe('the standing of a key', () => {
  it('has spent, held and available of the current window, in US$', async () => {
    const made = await generate({ max_budget: 10, soft_budget: 8, budget_duration: '1mo' })
    await spend(windowOf(made), 10, [{ hold: 2, cost: 1.25 }, { hold: 3 }])

    expect(await info(made.token)).toMatchObject({
      spend: 1.25,
      max_budget: 10,
      soft_budget: 8,
      budget_duration: '1mo',
      budget_reset_at: '2026-12-01T00:00:00.000Z',
      purser: { held: 3, unsettled: 0, available: 5.75, window: '1mo#2026-11' },
    })
  })

  it('is that of a new window once the old one has ended', async () => {
    const made = await generate({ max_budget: 10, budget_duration: '1h' })
    await spend(windowOf(made), 10, [{ hold: 4, cost: 4 }])
    expect(await info(made.token)).toMatchObject({ spend: 4 })

    admin.time.now += 3_600_000

    expect(await info(made.token)).toMatchObject({ spend: 0, purser: { available: 10, held: 0 } })
    admin.time.now -= 3_600_000
  })

  it('without a budget is what the ledger adds up to', async () => {
    const made = await generate({})

    expect(await info(made.token)).toMatchObject({
      spend: 0,
      max_budget: null,
      budget_reset_at: null,
      purser: { available: null, window: null },
    })
  })

  it('keeps a budget of zero apart from none', async () => {
    const made = await generate({ max_budget: 0 })

    expect(made).toMatchObject({ max_budget: 0, purser: { available: 0 } })
    expect((await admin.ports.directory.keyByHash(made.token))?.terms.limit).toBe(0)
  })
})

describe('an edit of money', () => {
  it('is a new version of record and window, shifts what is available, and asks for a look at the thresholds', async () => {
    const made = await generate({ max_budget: 10 })
    const on = windowOf(made)
    await spend(on, 10, [{ hold: 4, cost: 4 }, { hold: 1 }])

    const { body } = await update({ key: made.token, max_budget: 3 })

    expect(body).toMatchObject({ max_budget: 3, spend: 4, purser: { held: 1, available: -2 } })
    expect((await admin.ports.directory.keyByHash(made.token))?.terms).toMatchObject({ v: 2, limit: dollars(3) })
    expect(await item(on)).toMatchObject({ v: 2, limit: dollars(3), available: dollars(-2), spent: dollars(4) })
    expect(looks()).toContainEqual(on)
  })

  it('refuses the next take of a gateway that still has the old record', async () => {
    const made = await generate({ max_budget: 10 })
    const on = windowOf(made)
    await spend(on, 10, [])

    await admin.call('POST /key/block', { key: made.key })

    expect(await admin.ports.budgets.take(on, 'zzzzz0000000001', 1, 1)).toMatchObject({
      outcome: 'failed',
      item: { v: 2 },
    })
    expect(await item(on)).toMatchObject({ v: 2, limit: dollars(10), available: dollars(10) })
    expect(await info(made.token)).toMatchObject({ blocked: true })
    const { body } = await admin.call('POST /key/unblock', { key: made.token })
    expect(body).toMatchObject({ blocked: false, token: made.token })
    expect(await item(on)).toMatchObject({ v: 3 })
  })

  it('is none where only names or models change', async () => {
    const made = await generate({ max_budget: 10 })
    await spend(windowOf(made), 10, [])
    const heard = looks().length

    await update({ key: made.token, key_alias: 'renamed', models: ['fast'], max_budget: 10, metadata: { a: 1 } })

    expect((await admin.ports.directory.keyByHash(made.token))?.terms.v).toBe(1)
    expect(await item(windowOf(made))).toMatchObject({ v: 1 })
    expect(looks()).toHaveLength(heard)
  })

  it('takes the limit away from the window too', async () => {
    const made = await generate({ max_budget: 10, soft_budget: 5 })
    await spend(windowOf(made), 10, [{ hold: 2 }])

    await update({ key: made.token, max_budget: null })

    expect(await item(windowOf(made))).toMatchObject({ v: 2, limit: unlimited, available: unlimited - dollars(2) })
  })

  it('of the duration begins a new window, and shuts the old one to gateways that do not know yet', async () => {
    const made = await generate({ max_budget: 10, budget_duration: '1mo' })
    const old = windowOf(made)
    await spend(old, 10, [{ hold: 4, cost: 4 }])

    const { body } = await update({ key: made.token, budget_duration: '48h', max_budget: 6 })

    expect(body).toMatchObject({ spend: 0, max_budget: 6, purser: { available: 6 } })
    expect(body.purser.window).toMatch(/^48h#/)
    expect(await item(old)).toMatchObject({ v: 2, limit: dollars(10), spent: dollars(4) })
    expect(await admin.ports.budgets.take(old, 'zzzzz0000000009', 1, 1)).toMatchObject({ outcome: 'failed' })
  })

  it('by many at once ends with window and record at one limit and version', async () => {
    const made = await generate({ max_budget: 10 })
    const on = windowOf(made)
    await spend(on, 10, [{ hold: 1, cost: 1 }])

    const replies = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => update({ key: made.token, max_budget: 10 + n })))

    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200, 200, 200])
    const terms = (await admin.ports.directory.keyByHash(made.token))?.terms
    expect(terms?.v).toBe(7)
    expect(await item(on)).toMatchObject({ v: 7, limit: terms?.limit, available: (terms?.limit ?? 0) - dollars(1) })
  })

  it('stands where its window cannot be brought along, and the log says so', async () => {
    const made = await generate({ max_budget: 10 })
    await spend(windowOf(made), 10, [])
    const log = (_: string, message: string) => void admin.logged.push(message)
    const flow = adminFlow(adminConfig(), { ...admin.ports, budgets: { ...admin.ports.budgets, edit: noAnswer }, log })

    const { status, body } = await ask(flow, 'POST /key/update', { key: made.token, max_budget: 4 })

    expect([status, body.max_budget]).toEqual([200, 4])
    expect(admin.logged).toContain('an edit is stored but was not pushed to its window')
    expect((await admin.ports.directory.keyByHash(made.token))?.terms).toMatchObject({ v: 2, limit: dollars(4) })
  })
})

describe("the whole gateway's budget", () => {
  it('has no record where the configuration has none', async () => {
    await ensureBudget()

    expect(await globalTerms()).toBeUndefined()
  })

  it('is written once, whoever starts, and again only when it changes', async () => {
    await Promise.all([ensureBudget(100, '1mo'), ensureBudget(100, '1mo'), ensureBudget(100, '1mo')])
    const first = await globalTerms()
    const on = { pk: 'BUDGET#global#-', sk: '1mo#2026-11' }
    await admin.ports.budgets.create(on, dollars(100), 1)

    await ensureBudget(100, '1mo')
    expect(await globalTerms()).toEqual(first)
    await Promise.all([ensureBudget(50, '1mo'), ensureBudget(50, '1mo')])

    expect(first).toMatchObject({ v: 1, limit: dollars(100), duration: '1mo' })
    expect(await globalTerms()).toMatchObject({ v: 2, limit: dollars(50) })
    expect(await item(on)).toMatchObject({ v: 2, limit: dollars(50), available: dollars(50) })
    expect(looks()).toContainEqual(on)
  })

  it('goes when it is taken out of the configuration', async () => {
    await ensureBudget(50, '1mo')
    await ensureBudget()

    const left = await globalTerms()
    expect(left?.limit).toBeUndefined()
    expect(left?.duration).toBeUndefined()
  })
})
