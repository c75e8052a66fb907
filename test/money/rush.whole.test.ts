import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BudgetScope } from '../../lib/core/budget.ts'
import { admit, type AdmitRequest, settleEarly } from '../../lib/steps/admit.ts'
import { eventOf, imbalance, openMoney, request, scope } from '../support/money.ts'

// Who waits does so for longer than by default, so that it is the money that ends it and not the speed of the machine.
let money: Awaited<ReturnType<typeof openMoney>>
beforeAll(async () => {
  money = await openMoney()
})
afterAll(() => money.stop())

/** One request from admission to settlement. Resolves to what the provider billed, or undefined where it was refused. */
async function call(of: AdmitRequest, wanted: number, answerMs?: number): Promise<number | undefined> {
  const answer = await admit(money.ports, of)
  if (!('admission' in answer)) {
    if (answer.refused.code !== 'budget_exceeded') throw answer.refused
    return undefined
  }
  await sleep(answerMs ?? 20 + Math.random() * 80)
  const { admission } = answer
  const billed = of.bounds.inputTokens + Math.min(wanted, admission.cap)
  if (admission.tight) await settleEarly(money.ports, eventOf(admission, billed))
  return billed
}

async function rush(key: BudgetScope, make: () => AdmitRequest, wanted: number, answerMs?: number) {
  const answers = await Promise.all(Array.from({ length: 200 }, () => call(make(), wanted, answerMs)))
  const billed = answers.filter((cost) => cost !== undefined)
  return { admitted: billed.length, billed: billed.reduce((a, b) => a + b, 0), item: await money.read(key) }
}

describe('a budget for 40 calls, and 200 at once', () => {
  const trueCost = 10 + 300

  it('serves at least 36 of them with max_tokens given, and never bills more than the budget', async () => {
    const key = scope('capped', 40 * trueCost)
    const make = () => request([key], { cap: 320, waitMs: 20_000 })

    const { admitted, billed, item } = await rush(key, make, 300)

    expect(admitted).toBeGreaterThanOrEqual(36)
    expect(billed).toBeLessThanOrEqual(40 * trueCost)
    expect(imbalance(item)).toBe(0)
  })

  it.each([4096, 64_000])(
    'puts at least half of it to use without max_tokens, the model writing up to %i',
    async (cap) => {
      const key = scope(`uncapped ${cap}`, 40 * trueCost)
      const make = () => request([key], { cap, capGiven: false, floorTokens: 16, waitMs: 20_000 })

      const { billed, item } = await rush(key, make, 300)

      expect(billed).toBeGreaterThanOrEqual(20 * trueCost)
      expect(billed).toBeLessThanOrEqual(40 * trueCost)
      expect(imbalance(item)).toBe(0)
    },
  )

  it('does not leave it all to the first one that fits, while its slow answer comes', async () => {
    const key = scope('uncapped and slow', 40 * trueCost)
    const make = () => request([key], { cap: 12_000, capGiven: false, floorTokens: 16, waitMs: 20_000 })

    const { billed, item } = await rush(key, make, 300, 1000)

    expect(billed).toBeGreaterThanOrEqual(16 * trueCost)
    expect(billed).toBeLessThanOrEqual(40 * trueCost)
    expect(imbalance(item)).toBe(0)
  })

  it('keeps two budgets at once, of a key and its team', async () => {
    const key = scope('key of team', 60 * trueCost)
    const team = scope('team', 40 * trueCost, { kind: 'team' })
    const make = () => request([key, team], { cap: 320, waitMs: 20_000 })

    const { admitted, billed, item } = await rush(team, make, 300)

    expect(admitted).toBeGreaterThanOrEqual(36)
    expect(billed).toBeLessThanOrEqual(40 * trueCost)
    expect(imbalance(item)).toBe(0)
    expect(imbalance(await money.read(key))).toBe(0)
  })
})
