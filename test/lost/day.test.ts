import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromDollars } from '../../lib/core/money.ts'
import { config, deployment } from '../support/configuration.ts'
import { losingEach, losses, sumOf } from '../support/lost-answers.ts'
import { freshStore } from '../support/store.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { type Functions, startWired, type Wired } from '../support/wired.ts'

// Ten output tokens are a tenth of a dollar, and input next to nothing.
const price = { input: 1000, output: 1e13 / 1000, source: 'test' }
let store: Awaited<ReturnType<typeof freshStore>>
let upstream: ScriptedUpstream
let wired: Wired
beforeAll(async () => {
  store = await freshStore()
  upstream = await startUpstream()
  const model = { apiBase: { value: upstream.url }, apiKey: { value: 'sk-up' }, price }
  const deployments = [deployment({ group: 'ok', model: 'ok,tokens=10', ...model })]
  wired = await startWired(config({ deployments, budgetWaitMs: 200 }), store)
})
afterAll(async () => {
  await wired.stop()
  await upstream.stop()
  await store.stop()
})

const ask = { model: 'ok', messages: [{ role: 'user', content: 'hi' }], max_tokens: 10 }

/** A key for four tenths of a dollar: two calls, of which the second crosses its soft budget; a larger budget; calls until it says no. */
async function day(functions: Functions, name: string) {
  const made = await functions.admin('POST /key/generate', {
    key_alias: name,
    max_budget: 0.35,
    soft_budget: 0.15,
    budget_duration: '1mo',
  })
  expect(made.status).toBe(200)
  const key = made.body.key
  expect((await functions.chat(key, ask)).status).toBe(200)
  expect((await functions.chat(key, { ...ask, stream: true })).text).toContain('[DONE]')
  await functions.deliver()
  const edited = await functions.admin('POST /key/update', { key, max_budget: 0.45 })
  expect(edited.status).toBe(200)
  let refused = 0
  for (let calls = 0; calls < 4 && !refused; calls++) {
    const { status } = await functions.chat(key, ask)
    if (status === 429) refused = calls
    else expect(status).toBe(200)
  }
  expect(refused).toBe(2)
  await functions.deliver()
}

test.each(losses)(
  'a day of one key is booked, told and kept once, whichever answer is %s',
  async (fate) => {
    const lost = await losingEach(wired, fate, async (name) => {
      upstream.seen.length = 0
      wired.told.length = 0
      wired.post.accepted.clear()

      const functions = wired.born()
      await day(functions, name)

      const { directory, budgets, ledger } = wired.clean()
      const record = await directory.keyByAlias(name)
      if (!record) throw new Error('the key is gone')
      const [window] = await budgets.windows('key', record.id)
      const billed = upstream.billed(price.input / 1000, price.output / 1000)
      expect(record.terms.limit).toBe(fromDollars(0.45))
      expect(window?.item).toMatchObject({ limit: fromDollars(0.45), spent: billed, unsettled: 0 })
      expect(window?.item.lost).toEqual({})
      expect(functions.gateway.notes.leftovers()).toEqual([])
      expect(Object.values(window?.item.holds ?? {}).filter((amount) => amount !== 0)).toEqual([])
      expect((window?.item.available ?? 0) + billed).toBe(fromDollars(0.45))
      expect(await ledger.total('key', record.id)).toMatchObject({ spend: billed, requests: 4, failed: 0 })
      const events = [...wired.post.accepted.values()]
      expect(events.reduce((sum, { cost }) => sum + cost, 0)).toBe(billed)
      for (const event of events) expect(await ledger.find(event.id)).toEqual(event)
      const alerts = [`soft@${fromDollars(0.15)}`, `refused@${fromDollars(0.45)}`]
      const ids = alerts.map((alert) => `${window?.key.pk} ${window?.key.sk} ${alert}`)
      expect(wired.told.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    })

    expect(sumOf(lost)).toBeGreaterThan(50)
    for (const kind of ['services PutEvents', 'services Publish', 'services GetSecretValue'])
      expect(lost.get(kind)).toBeGreaterThan(0)
    for (const kind of ['TransactWriteItems', 'UpdateItem', 'PutItem', 'GetItem'])
      expect(lost.get(`dynamodb ${kind}`)).toBeGreaterThan(0)
  },
  300_000,
)
