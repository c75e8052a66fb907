import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DynamoError } from '../../lib/aws/dynamo.ts'
import { type BudgetScope, held } from '../../lib/core/budget.ts'
import { type Admission, admit, releaseHolds, settleEarly } from '../../lib/steps/admit.ts'
import type { AdmitPorts } from '../../lib/steps/admission.ts'
import { badNetwork } from '../support/bad-network.ts'
import { eventOf, imbalance, keyOf, openMoney, request, scope } from '../support/money.ts'

let money: Awaited<ReturnType<typeof openMoney>>
beforeAll(async () => {
  money = await openMoney()
})
afterAll(() => money.stop())

/** Numerical Recipes' generator: one seed names one burst, as far as the machine's own timing allows. */
const dice = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

type Attempt = { admission: Admission; billed?: number; killed: boolean }

/** A key and its team as the operator edits them: what the records say now, and the highest limit each ever had. */
function tenants(name: string, random: () => number) {
  const current = [scope(`key ${name}`, 1000), scope(`team ${name}`, 800, { kind: 'team' })]
  const highest = new Map(current.map(({ id, terms }) => [id, terms.limit ?? 0]))
  const limits = new Map<string, number>(current.map(({ id, terms }) => [`${id} 1`, terms.limit ?? 0]))
  return {
    current,
    highest,
    limits,
    edit: async () => {
      const at = Math.floor(random() * current.length)
      const before = current[at]
      if (!before) return
      const limit = 500 + Math.floor(random() * 1000)
      const after: BudgetScope = { ...before, terms: { ...before.terms, limit, v: before.terms.v + 1 } }
      current[at] = after
      highest.set(after.id, Math.max(highest.get(after.id) ?? 0, limit))
      limits.set(`${after.id} ${after.terms.v}`, limit)
      const item = await money.ports.budgets.read(keyOf(after))
      // Half of the time the operator dies before the window is told: then the next request has to.
      if (item && random() < 0.5) await money.ports.budgets.edit(keyOf(after), limit, after.terms.v, item.limit, item.v)
    },
  }
}

async function burst(seed: number, name: string) {
  const random = dice(seed)
  const late: (() => Promise<unknown>)[] = []
  const { current, highest, limits, edit } = tenants(name, random)
  const attempts: Attempt[] = []

  async function one() {
    await sleep(random() * 60)
    if (random() < 0.05) await edit()
    const ports: AdmitPorts = {
      ...money.gateway(badNetwork({ random, most: 3, rate: 0.3, late })),
      random,
      clock: { now: () => Date.now(), sleep: (ms) => sleep(ms / 10) },
    }
    const scopes = [...current]
    await sleep(random() * 20)
    const refresh = (of: BudgetScope) => Promise.resolve(current.find(({ id }) => id === of.id))
    const capGiven = random() < 0.5
    const answer = await admit(ports, request(scopes, { capGiven, cap: capGiven ? 90 : 5000, waitMs: 200, refresh }))
    if (!('admission' in answer)) return
    const attempt: Attempt = { admission: answer.admission, killed: random() < 0.05 }
    attempts.push(attempt)
    await upstream(attempt, ports)
  }

  async function upstream(attempt: Attempt, ports: AdmitPorts) {
    const { admission } = attempt
    await sleep(random() * 20)
    const slow = random() < 0.1 ? admission.holds[Math.floor(random() * admission.holds.length)] : undefined
    if (random() < 0.2) {
      if (slow) await money.ports.budgets.expire(slow, admission.id, slow.amount, slow.amount)
      if (!attempt.killed) await releaseHolds(ports, admission)
      return
    }
    attempt.billed = 10 + Math.floor(random() * (admission.cap + 1))
    if (slow) await money.ports.budgets.expire(slow, admission.id, slow.amount, slow.amount)
    if (!attempt.killed && random() < 0.5) await settleEarly(ports, eventOf(admission, attempt.billed))
  }

  await Promise.all(Array.from({ length: 60 }, one))
  for (const effect of late.splice(0)) await effect()
  return { attempts, current, highest, limits }
}

/** What the aggregator does with one event; twice, because the queue may deliver it so. */
async function aggregate({ admission, billed }: Attempt) {
  for (const { pk, sk, amount } of admission.holds)
    for (let copy = 0; copy < 2; copy++) {
      const answer = await money.ports.budgets.settle({ pk, sk }, [[admission.id, amount, billed ?? 0]])
      const kept = answer.outcome === 'failed' ? answer.item?.lost[admission.id] : undefined
      if (kept !== undefined) await money.ports.budgets.settleLost({ pk, sk }, admission.id, kept, billed ?? 0)
    }
}

describe('a burst over a network that loses answers', () => {
  it('stays hard, covered and in balance, and leaves nothing behind but what a killed gateway held', async () => {
    let admissions = 0
    let bursts = 0
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 }), async (seed) => {
        const { attempts, current, highest, limits } = await burst(seed, String(bursts++))
        admissions += attempts.length
        const billed = attempts.reduce((sum, attempt) => sum + (attempt.billed ?? 0), 0)

        for (const tenant of current) {
          const item = await money.read(tenant)
          expect(billed).toBeLessThanOrEqual(highest.get(tenant.id) ?? 0)
          expect(billed).toBeLessThanOrEqual(item.spent + held(item) + item.unsettled)
          expect(imbalance(item)).toBe(0)
          expect(item.limit).toBe(limits.get(`${tenant.id} ${item.v}`))
        }

        for (const attempt of attempts) if (!attempt.killed && attempt.billed !== undefined) await aggregate(attempt)
        const killed = new Set(attempts.filter((attempt) => attempt.killed).map(({ admission }) => admission.id))
        const told = attempts.filter((attempt) => !attempt.killed).reduce((sum, { billed = 0 }) => sum + billed, 0)
        for (const tenant of current) {
          const item = await money.read(tenant)
          const counted = [...Object.entries(item.holds), ...Object.entries(item.lost)].filter(
            ([, amount]) => amount !== 0,
          )
          expect(counted.filter(([id]) => !killed.has(id))).toEqual([])
          expect(item.spent).toBe(told)
          expect(imbalance(item)).toBe(0)
        }
      }),
      { numRuns: 8, endOnFailure: true },
    )
    expect(admissions).toBeGreaterThan(100)
  })
})

/** A gateway whose first take gets no answer, and what it asks of the store. */
const once = (seen: string[], when: 'before' | 'after') =>
  money.gateway((real) => {
    let first = true
    return async (operation, input) => {
      const id = 'ExpressionAttributeNames' in input ? (input.ExpressionAttributeNames?.['#id'] ?? '') : ''
      const text = 'UpdateExpression' in input ? (input.UpdateExpression ?? '') : operation
      seen.push(`${text.slice(0, 14)} ${id}`)
      if (!first || !text.startsWith('SET holds')) return real(operation, input)
      first = false
      if (when === 'after') await real(operation, input)
      return Promise.reject(new DynamoError('lost', 'the connection broke', { lost: true }))
    }
  })

describe('a take without an answer', () => {
  it.each(['before', 'after'] as const)('is never sent again under its id, lost %s its effect', async (when) => {
    const key = scope(`lost ${when}`, 1000)
    await money.ports.budgets.create(keyOf(key), 1000, 1)
    const seen: string[] = []

    const answer = await admit(once(seen, when), request([key]))

    const takes = seen.filter((line) => line.startsWith('SET holds'))
    expect(new Set(takes).size).toBe(2)
    expect(takes.length).toBe(2)
    if (!('admission' in answer)) throw answer.refused
    const item = await money.read(key)
    expect(Object.values(item.holds).toSorted((a, b) => a - b)).toEqual([0, 100])
    expect(item.holds[answer.admission.id]).toBe(100)
    expect(imbalance(item)).toBe(0)
  })

  it('is tried once more, then the request gets a 503 and holds nothing', async () => {
    const key = scope('gone', 1000)
    await money.ports.budgets.create(keyOf(key), 1000, 1)
    let takes = 0
    const ports = money.gateway((real) => (operation, input) => {
      const isTake = 'UpdateExpression' in input && input.UpdateExpression?.startsWith('SET holds')
      if (!isTake) return real(operation, input)
      takes++
      return Promise.reject(new DynamoError('lost', 'the connection broke', { lost: true }))
    })

    const answer = await admit(ports, request([key]))

    expect(answer).toMatchObject({ refused: { code: 'unavailable', status: 503 } })
    expect(takes).toBe(2)
    expect(Object.values((await money.read(key)).holds)).toEqual([0, 0])
  })

  it('on a window that nobody has made yet leaves its tombstone there', async () => {
    const key = scope('unmade', 1000)
    const seen: string[] = []

    const answer = await admit(once(seen, 'before'), request([key]))

    if (!('admission' in answer)) throw answer.refused
    expect(Object.values((await money.read(key)).holds).toSorted((a, b) => a - b)).toEqual([0, 100])
  })

  it('that was only throttled is sent again under the same id', async () => {
    const key = scope('throttled', 1000)
    await money.ports.budgets.create(keyOf(key), 1000, 1)
    const ids: string[] = []
    const ports = money.gateway((real) => (operation, input) => {
      if ('UpdateExpression' in input) ids.push(input.ExpressionAttributeNames?.['#id'] ?? '')
      return ids.length <= 3
        ? Promise.reject(new DynamoError('ThrottlingException', 'slow down'))
        : real(operation, input)
    })

    const answer = await admit(ports, request([key]))

    if (!('admission' in answer)) throw answer.refused
    expect(ids).toEqual(Array.from({ length: 4 }, () => answer.admission.id))
  })

  it('that was throttled all the time ends in a 503', async () => {
    const ports = money.gateway(() => () => Promise.reject(new DynamoError('ThrottlingException', 'slow down')))

    const answer = await admit(ports, request([scope('throttled for good', 1000)]))

    expect(answer).toMatchObject({ refused: { code: 'unavailable', status: 503 } })
  })
})

describe('a release without an answer', () => {
  it.each(['before', 'after'] as const)(
    'is sent again until one comes, and then no more, lost %s its effect',
    async (when) => {
      const key = scope(`released, lost ${when}`, 1000)
      const answer = await admit(money.ports, request([key]))
      if (!('admission' in answer)) throw answer.refused
      let asked = 0
      const ports = money.gateway((real) => async (operation, input) => {
        asked++
        if (asked > 1) return real(operation, input)
        if (when === 'after') await real(operation, input)
        return Promise.reject(new DynamoError('lost', 'the connection broke', { lost: true }))
      })

      await releaseHolds(ports, answer.admission)

      expect(asked).toBe(2)
      expect(await money.read(key)).toMatchObject({ available: 1000, spent: 0, holds: {} })
    },
  )
})
