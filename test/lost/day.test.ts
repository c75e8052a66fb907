import { expect, test } from 'vitest'
import { fromDollars } from '../../lib/core/money.ts'
import { losingEach, losses, sumOf } from '../support/lost-answers.ts'
import { askOk, lostStage, type LostStage } from '../support/lost-stage.ts'
import type { Functions, Wired } from '../support/wired.ts'

// Ten output tokens are a tenth of a dollar, and input next to nothing.
const price = { input: 1000, output: 1e13 / 1000, source: 'test' }
let wired: Wired
let upstream: LostStage['upstream']
lostStage({ price, budgetWaitMs: 200 }, (stage) => {
  wired = stage.wired
  upstream = stage.upstream
})

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
  expect((await functions.chat(key, askOk)).status).toBe(200)
  expect((await functions.chat(key, { ...askOk, stream: true })).text).toContain('[DONE]')
  await functions.deliver()
  const edited = await functions.admin('POST /key/update', { key, max_budget: 0.45 })
  expect(edited.status).toBe(200)
  let refused = 0
  for (let calls = 0; calls < 4 && !refused; calls++) {
    const { status } = await functions.chat(key, askOk)
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
