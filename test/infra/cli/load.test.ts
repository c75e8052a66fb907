import { describe, expect, it, test } from 'vitest'
import { load } from '../../../infra/cli/load.ts'
import { agenda } from '../../../infra/cli/load-heap.ts'
import { type Load, simulate } from '../../../infra/cli/load-model.ts'
import { quotas } from '../../../infra/cli/load-quotas.ts'
import { saturation } from '../../../infra/cli/load-search.ts'

const usual: Load = {
  rps: 50,
  seconds: 5,
  keys: 50,
  budgetsPerCall: 1,
  concurrency: 1000,
  perEnvironment: 1,
  forSeconds: 30,
}
const run = (over: Partial<Load>) => simulate({ ...usual, ...over })

test('an agenda gives things by their time, whatever order they came in', () => {
  const times = agenda<number>()
  const given = [5, 1, 4, 1, 3, 9, 2, 6, 0]
  for (const at of given) times.add(at, at)

  const taken = given.map(() => times.next()?.what)

  expect(taken).toEqual(given.toSorted((a, b) => a - b))
  expect(times.next()).toBeUndefined()
})

describe('the simulation', () => {
  it('serves everything where nothing is short, and is the same every time', () => {
    const one = run({})

    expect([one.served, one.noEnvironment, one.hotBudget]).toEqual([one.calls, 0, 0])
    expect(one.calls).toBeGreaterThan(1300)
    expect(run({})).toEqual(one)
  })

  it('has as many calls at the same time as they come in and last', () => {
    // Little's law: 50 a second x 5 s.
    expect(run({ forSeconds: 60 }).peakConcurrency).toBeGreaterThan(220)
    expect(run({ forSeconds: 60 }).peakConcurrency).toBeLessThan(320)
  })

  it('turns calls away beyond the concurrency, and never has more at once', () => {
    const outcome = run({ rps: 100, concurrency: 200 })

    expect(outcome.noEnvironment).toBeGreaterThan(0)
    expect(outcome.peakConcurrency).toBe(200)
    expect(outcome.served + outcome.noEnvironment).toBe(outcome.calls)
  })

  it('takes 64 times as many with an environment for 64 calls', () => {
    expect(run({ rps: 100, concurrency: 10, perEnvironment: 64 }).noEnvironment).toBe(0)
  })

  it('starts environments no faster than Lambda does', () => {
    const crowd = { rps: 3000, seconds: 4, concurrency: 100_000, keys: 500 }

    expect(run({ ...crowd, forSeconds: 1 }).noEnvironment).toBe(0)
    expect(run({ ...crowd, forSeconds: 6 }).noEnvironment).toBeGreaterThan(0)
  })

  it('cannot write one budget more than a partition takes, and refuses what does not come through', () => {
    const outcome = run({ rps: 180, keys: 1, forSeconds: 20 })

    expect(outcome.hotBudget).toBeGreaterThan(0)
    expect(outcome.hottest.units).toBeLessThanOrEqual(2 * quotas.itemWriteUnits.value)
    expect(outcome.served + outcome.hotBudget + outcome.noEnvironment).toBe(outcome.calls)
  })

  it('needs no budget item where a call has none', () => {
    expect(run({ rps: 180, keys: 1, budgetsPerCall: 0 }).hottest.holds).toBe(0)
  })
})

describe('saturation', () => {
  it('is bound by concurrency where every key has its own budget', () => {
    const { rps, bound } = saturation(usual)

    // 1,000 at once of 5 s each are 200 a second, less for chance.
    expect(rps).toBeGreaterThan(170)
    expect(rps).toBeLessThan(200)
    expect(bound).toBe('concurrency')
  })

  it('is bound by the one budget that all share', () => {
    const shared = saturation({ ...usual, budgetsPerCall: 2 })

    expect(shared.bound).toBe('one budget item')
    expect(shared.rps).toBeLessThan(saturation(usual).rps)
  })
})

test.each([
  [['--rps', '0'], '--rps 0 cannot be used'],
  [['--keys', '1.5'], '--keys 1.5 cannot be used. Remedy: a whole number'],
  [['--speed', '1'], '--speed'],
])('%j is refused with the option, its value and the remedy', (args, words) => {
  const { text, code } = load(args)

  expect([code, text]).toEqual([2, expect.stringContaining(words)])
  expect(text).toContain('Usage: npm run load')
})
