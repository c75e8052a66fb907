import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import type { BudgetScope } from '../../lib/core/budget.ts'
import { type Admission, admit, type Admitted, releaseHolds, settleEarly } from '../../lib/steps/admit.ts'
import { eventOf, imbalance, keyOf, openMoney, request, scope } from '../support/money.ts'

let money: Awaited<ReturnType<typeof openMoney>>
beforeAll(async () => {
  money = await openMoney()
})
afterAll(() => money.stop())

const admitted = (answer: Admitted): Admission => {
  if ('admission' in answer) return answer.admission
  throw answer.refused
}
const refusal = (answer: Admitted): GatewayError => {
  if ('refused' in answer) return answer.refused
  throw new Error(`admitted with ${answer.admission.amount}`)
}
const budgetOf = (error: GatewayError) => error.detail.extra?.budget
const gone = () => Promise.resolve(undefined)
const withTerms = (of: BudgetScope, terms: Partial<BudgetScope['terms']>): BudgetScope => ({
  ...of,
  terms: { ...of.terms, ...terms },
})

describe('admission', () => {
  it('holds the worst case on every scope, under the id of the attempt', async () => {
    const scopes = [scope('k1', 1000), scope('t1', 5000, { kind: 'team', duration: '1mo' })]

    const admission = admitted(await admit(money.ports, request(scopes)))

    expect(admission).toMatchObject({ cap: 90, clamped: false, amount: 100 })
    expect(admission.holds).toEqual(scopes.map((s) => ({ ...keyOf(s), amount: 100 })))
    for (const s of scopes) {
      const item = await money.read(s)
      expect(item.holds).toEqual({ [admission.id]: 100 })
      expect(item.available).toBe(item.limit - 100)
    }
  })

  it('is tight once less than ten holds of its size are left', async () => {
    const key = scope('k2', 1150)

    const answers = [await admit(money.ports, request([key])), await admit(money.ports, request([key]))]

    expect(answers.map((answer) => admitted(answer).tight)).toEqual([false, true])
  })

  it('without a budget holds nothing', async () => {
    const admission = admitted(await admit(money.ports, request([])))

    expect(admission).toMatchObject({ holds: [], cap: 90, clamped: false, tight: false, amount: 0 })
  })

  it('counts against a soft budget without ever refusing', async () => {
    const { limit: _, ...terms } = scope('k3', 0).terms
    const key = { ...scope('k3', 0), terms: { ...terms, soft: 1 } }

    admitted(await admit(money.ports, request([key])))

    expect(await money.read(key)).toMatchObject({ limit: 9e15, available: 9e15 - 100 })
  })

  it('of a model without a price is refused under a hard budget, and holds nothing under a soft one', async () => {
    const hard = scope('k4', 1000)
    const { limit: _, ...terms } = hard.terms
    const soft = { ...scope('k4 soft', 0), terms: { ...terms, soft: 1 } }

    const error = refusal(await admit(money.ports, request([hard], { price: undefined })))
    const { amount } = admitted(await admit(money.ports, request([soft], { price: undefined })))

    expect(error.code).toBe('unpriced_model')
    expect(error.message).toMatch(/some-model.*label of k4.*input_cost_per_token.*output_cost_per_token.*base_model/)
    expect(amount).toBe(0)
  })

  it('gives back on the other scopes what one refuses, and names that one in the 429', async () => {
    const key = scope('k5', 1000)
    const team = scope('t5', 40, { kind: 'team', duration: '1mo' })

    const answer = await admit(money.ports, request([key, team], { floorTokens: 50 }))
    const error = refusal(answer)

    expect(error).toMatchObject({ code: 'budget_exceeded', status: 429 })
    expect(error.message).toMatch(
      /^Budget has been exceeded! Team=label of t5 Current cost: 0, Max budget: 0\.00000004\./,
    )
    expect(budgetOf(error)).toMatchObject({
      scope: 'team',
      id: 't5',
      label: 'label of t5',
      window: keyOf(team).sk,
      spent: 0,
      held: 0,
      unsettled: 0,
      limit: 4e-8,
      requested: 1e-7,
    })
    const reset = (budgetOf(error) as { resets_at: string }).resets_at
    expect(Date.parse(reset) - Date.now()).toBeCloseTo(error.detail.retryAfterMs ?? 0, -4)
    expect(answer).toMatchObject({ looks: [{ version: 1, look: keyOf(team), refused: true }] })
    expect((await money.read(key)).holds).toEqual({})
    expect(imbalance(await money.read(key))).toBe(0)
  })

  it('says no Retry-After where a budget never resets, and a short one where money is only held', async () => {
    const spent = scope('k6', 50)
    const busy = scope('k7', 100)
    admitted(await admit(money.ports, request([busy])))

    const never = refusal(await admit(money.ports, request([spent], { floorTokens: 90 })))
    const soon = refusal(await admit(money.ports, request([busy])))

    expect(never.detail.retryAfterMs).toBeUndefined()
    expect(budgetOf(never)).toMatchObject({ resets_at: null })
    expect(soon.detail.retryAfterMs).toBe(2000)
    expect(budgetOf(soon)).toMatchObject({ held: 1e-7 })
  })

  it('asks for a look once per limit, and for another when it sees an expired hold', async () => {
    const key = scope('k8', 50)
    const refuse = () => admit(money.ports, request([key], { floorTokens: 90 }))

    await refuse()
    await money.ports.budgets.sent(keyOf(key), 'refused@50')
    const told = await refuse()
    await money.ports.budgets.take(keyOf(key), '00001AbCdEfGhIj', 1, 1)
    const expired = await refuse()

    expect(told).toMatchObject({ looks: [] })
    expect(expired).toMatchObject({ looks: [{ version: 1, look: keyOf(key) }] })
    expect(expired).not.toMatchObject({ looks: [{ refused: true }] })
  })
})

describe('what does not fit', () => {
  it('is clamped to what is left where the client named a cap that could never fit', async () => {
    const [key, team] = [scope('c1', 60), scope('c1', 1000, { kind: 'team' })]

    const admission = admitted(await admit(money.ports, request([key, team], { waitMs: 2000 })))

    expect(admission).toMatchObject({ cap: 50, clamped: true, tight: true, amount: 60 })
    expect(admission.holds.map(({ amount }) => amount)).toEqual([60, 100])
    expect((await money.read(key)).available).toBe(0)
  })

  it('is clamped to a share where the client named none, and to the floor where that is more', async () => {
    const [roomy, narrow] = [scope('c2', 400), scope('c3', 100)]
    const free = { cap: 4096, capGiven: false }

    const share = admitted(await admit(money.ports, request([roomy], free)))
    const floor = admitted(await admit(money.ports, request([narrow], free)))

    expect(share).toMatchObject({ cap: 40, amount: 50, clamped: true })
    expect(floor).toMatchObject({ cap: 16, amount: 26, clamped: true })
  })

  it('is refused where less than the floor would be left of the answer', async () => {
    const answer = await admit(money.ports, request([scope('c4', 25)]))

    expect(refusal(answer).code).toBe('budget_exceeded')
  })

  it('needs no more than its own cap where that is below the floor', async () => {
    const admission = admitted(await admit(money.ports, request([scope('c5', 15)], { cap: 5 })))

    expect(admission).toMatchObject({ cap: 5, clamped: false })
  })

  it('waits for money that is only held, and takes it in full when it comes back', async () => {
    const key = scope('w1', 100)
    const first = admitted(await admit(money.ports, request([key])))

    const waiting = admit(money.ports, request([key], { waitMs: 10_000 }))
    await new Promise((resolve) => setTimeout(resolve, 30))
    await releaseHolds(money.ports, first)
    const second = admitted(await waiting)

    expect(second).toMatchObject({ cap: 90, clamped: false, tight: true })
    expect(second.id).not.toBe(first.id)
  })

  it('is clamped to what came back when the waiting is over', async () => {
    const key = scope('w2', 150)
    const first = admitted(await admit(money.ports, request([key])))

    const second = admitted(await admit(money.ports, request([key], { waitMs: 100 })))
    await settleEarly(money.ports, eventOf(first, 30))

    expect(second).toMatchObject({ cap: 40, clamped: true })
    expect(await money.read(key)).toMatchObject({ spent: 30, available: 70, holds: { [second.id]: 50 } })
  })

  it('does not wait for what can never come back', async () => {
    const key = scope('w3', 100)
    const first = admitted(await admit(money.ports, request([key])))
    await settleEarly(money.ports, eventOf(first, 90))
    const before = Date.now()

    const error = refusal(await admit(money.ports, request([key], { waitMs: 10_000 })))

    expect(error.code).toBe('budget_exceeded')
    expect(Date.now() - before).toBeLessThan(5000)
  })

  it('stops waiting when the client leaves, and holds nothing', async () => {
    const key = scope('w4', 100)
    const first = admitted(await admit(money.ports, request([key])))
    const left = new AbortController()

    const waiting = admit(money.ports, request([key], { waitMs: 30_000, left: left.signal }))
    setTimeout(() => left.abort(), 50)

    expect(refusal(await waiting).code).toBe('client_left')
    expect((await money.read(key)).holds).toEqual({ [first.id]: 100 })
  })

  it('waits no longer than the request has time', async () => {
    const key = scope('w5', 100)
    admitted(await admit(money.ports, request([key])))

    const error = refusal(await admit(money.ports, request([key], { waitMs: 30_000, deadline: Date.now() + 300 })))

    expect(error.code).toBe('budget_exceeded')
  })

  it('is not even tried by a request that is late', async () => {
    const key = scope('w6', 100)

    const error = refusal(await admit(money.ports, request([key], { deadline: Date.now() - 1 })))

    expect(error.code).toBe('timeout')
    await expect(money.read(key)).rejects.toThrow('no window')
  })
})

describe('a record that changes', () => {
  it('takes effect at the next admission where the window already knows the new version', async () => {
    const old = scope('v1', 1000)
    admitted(await admit(money.ports, request([old])))
    await money.ports.budgets.edit(keyOf(old), 150, 2, 1000, 1)

    const refresh = () => Promise.resolve(withTerms(old, { limit: 150, v: 2 }))
    const error = refusal(await admit(money.ports, request([old], { refresh, floorTokens: 60 })))

    expect(budgetOf(error)).toMatchObject({ limit: 1.5e-7 })
  })

  it('stops a scope that is blocked now, and one that is gone', async () => {
    const old = scope('v2', 1000)
    admitted(await admit(money.ports, request([old])))
    await money.ports.budgets.edit(keyOf(old), 1000, 2, 1000, 1)

    const blocked = () => Promise.resolve(withTerms(old, { blocked: true, v: 2 }))

    expect(refusal(await admit(money.ports, request([old], { refresh: blocked }))).code).toBe('blocked')
    expect(refusal(await admit(money.ports, request([old], { refresh: gone }))).code).toBe('unknown_key')
  })

  it('brings an older window to its own limit', async () => {
    const old = scope('v3', 100)
    admitted(await admit(money.ports, request([old])))

    admitted(await admit(money.ports, request([withTerms(old, { limit: 200, v: 2 })])))

    expect(await money.read(old)).toMatchObject({ limit: 200, available: 0, v: 2 })
  })

  it('holds on the window of the new duration where that is what changed', async () => {
    const old = scope('v4', 1000)
    admitted(await admit(money.ports, request([old])))
    await money.ports.budgets.edit(keyOf(old), 1000, 2, 1000, 1)
    const renewed = withTerms(old, { duration: '1mo', v: 2 })

    const admission = admitted(await admit(money.ports, request([old], { refresh: () => Promise.resolve(renewed) })))

    expect(admission.holds).toEqual([{ ...keyOf(renewed), amount: 100 }])
  })

  it('refuses a model without a price that the new limit would bind', async () => {
    const { limit: _, ...terms } = scope('v5', 0).terms
    const soft = { ...scope('v5', 0), terms: { ...terms, soft: 1 } }
    admitted(await admit(money.ports, request([soft], { price: undefined })))
    await money.ports.budgets.edit(keyOf(soft), 1000, 2, 9e15, 1)

    const refresh = () => Promise.resolve(withTerms(soft, { limit: 1000, v: 2 }))
    const error = refusal(await admit(money.ports, request([soft], { price: undefined, refresh })))

    expect(error.code).toBe('unpriced_model')
  })
})

describe('holds that expired under a running request', () => {
  it('are given back from where the sweeper put them', async () => {
    const key = scope('x1', 1000)
    const admission = admitted(await admit(money.ports, request([key])))
    await money.ports.budgets.expire(keyOf(key), admission.id, 100, 100)

    await releaseHolds(money.ports, admission)
    await releaseHolds(money.ports, admission)

    expect(await money.read(key)).toMatchObject({ available: 1000, unsettled: 0, holds: {}, lost: {}, spent: 0 })
  })

  it('are left to the aggregator by an early settlement', async () => {
    const key = scope('x2', 1000)
    const admission = admitted(await admit(money.ports, request([key])))
    await money.ports.budgets.expire(keyOf(key), admission.id, 100, 100)

    await settleEarly(money.ports, eventOf(admission, 40))

    expect(await money.read(key)).toMatchObject({ unsettled: 100, spent: 0, lost: { [admission.id]: 100 } })
  })
})
