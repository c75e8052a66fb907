import { describe, expect, it } from 'vitest'
import { type CanarySettings, defaultCanary, type Trial } from '../../lib/core/canary.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { summed, timeAt, tried } from '../../lib/steps/canary-trial.ts'
import { worse } from '../../lib/steps/canary-verdict.ts'
import { deployment } from '../support/configuration.ts'
import { attempt, noon, spendEvent } from '../support/spend.ts'

const canary = deployment({ group: 'g', id: 'new', canary: 0.1 })

const call = (id: string, over: Partial<SpendEvent> & { firstMs?: number } = {}) => {
  const { firstMs, ...more } = over
  const first = firstMs === undefined ? {} : { stream: true, first_token: noon + firstMs }
  return spendEvent(attempt('x'), 1000, [], { deployment_id: id, ...first, ...more })
}
const many = (count: number, one: SpendEvent) => Array.from({ length: count }, () => one)
const failing = { outcome: 'failed' as const, error: 'upstream_error', status: 500 }

const trial = (events: SpendEvent[], settings: CanarySettings = defaultCanary, known?: Trial) =>
  tried(known, { canary, events, settings })
const verdict = (...events: SpendEvent[][]) => worse(trial(events.flat()), defaultCanary)

describe('a trial', () => {
  it('counts calls, failures, costs and times of either side', () => {
    const { canary: own, baseline } = summed(
      trial([call('new', { firstMs: 100 }), call('new', failing), call('old'), call('older')]),
    )

    expect([own.calls, own.failed, own.cost]).toEqual([2, 1, 2000])
    expect([baseline.calls, baseline.failed]).toEqual([2, 0])
    expect(timeAt(own.firstToken, 0.5)).toBeGreaterThanOrEqual(100)
    expect(timeAt(own.firstToken, 0.5)).toBeLessThan(120)
    expect(timeAt(baseline.whole, 0.5)).toBeGreaterThanOrEqual(1000)
  })

  it.each<[string, Partial<SpendEvent>]>([
    ['a copy', { shadow: true }],
    ['a deadline that the caller had set', { ...failing, error: 'timeout', hurried: true }],
    ['a client that left', { outcome: 'client_left' }],
    ["a caller's mistake", { ...failing, error: 'invalid_request' }],
    ['a prompt that is too long', { ...failing, error: 'context_length_exceeded' }],
    ['a killed gateway', { outcome: 'lost' }],
  ])('does not count %s', (_, over) => {
    expect(trial([call('new', over)]).windows).toEqual([])
  })

  it('forgets what is older than the window before the current one, but no window that holds too little', () => {
    const settings = { ...defaultCanary, windowMs: 1000, minCalls: 2 }
    const at = (ms: number) => call('new', { end: noon + ms })
    const little = trial([at(0), at(5000)], settings)
    const later = trial([at(6000), at(6001), at(8000)], settings, little)

    expect(little.windows.map(({ canary: own }) => own.calls)).toEqual([2])
    expect(later.windows.map(({ canary: own }) => own.calls)).toEqual([1, 2])
  })
})

describe('a canary is worse', () => {
  const fine = many(300, call('old'))

  it('when it fails and its baseline does not, after five failures', () => {
    expect(verdict(fine, many(5, call('new', failing)))).toBe("5 of 5 calls failed, of its baseline's 0 of 300 calls")
    expect(verdict(fine, many(4, call('new', failing)))).toBeUndefined()
  })

  it('not by what chance alone may do', () => {
    expect(verdict(fine, many(47, call('new')), many(3, call('new', failing)))).toBeUndefined()
    expect(verdict(fine, many(80, call('new')), many(20, call('new', failing)))).toContain('20 of 100')
  })

  it('not when its baseline fails alike, or when nothing is known of its baseline', () => {
    expect(verdict(many(100, call('old', failing)), many(100, call('new', failing)))).toBeUndefined()
    expect(verdict(many(100, call('new', failing)))).toBeUndefined()
  })

  it.each<[number, boolean]>([
    [100, false],
    [140, false],
    [200, true],
  ])('when its first token takes %i ms instead of 100: %s', (ms, expected) => {
    const reason = verdict(many(30, call('old', { firstMs: 100 })), many(30, call('new', { firstMs: ms })))

    expect(reason !== undefined).toBe(expected)
  })

  it('when one in ten of many is late, though most are not', () => {
    const mixed = [...many(270, call('new', { firstMs: 100 })), ...many(30, call('new', { firstMs: 3000 }))]

    expect(verdict(many(300, call('old', { firstMs: 100 })), mixed)).toContain('p95')
  })

  it('by whole replies, too, and never by comparing them with streams', () => {
    const slow = call('new', { end: noon + 9000 })

    expect(verdict(many(30, call('old')), many(30, slow))).toContain('a whole reply')
    expect(verdict(many(30, call('old', { firstMs: 100 })), many(30, slow))).toBeUndefined()
  })

  it('not before there are enough calls to go by', () => {
    expect(verdict(many(300, call('old')), many(29, call('new', { end: noon + 9000 })))).toBeUndefined()
  })
})
