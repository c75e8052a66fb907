import { describe, expect, it } from 'vitest'
import { measured, p95, timed } from '../../lib/steps/statistics.ts'
import type { Timing } from '../../lib/core/routing.ts'
import { noon, spendEvent } from '../support/spend.ts'

const sampled = (samples: readonly number[], at = noon): Timing => {
  let timing: Timing | undefined
  for (const ms of samples) timing = timed(timing, ms, at)
  return timing ?? { ewmaMs: 0, at, histogram: [] }
}

describe('a moving average', () => {
  it('believes a peak at once, and its end only with time', () => {
    const calm = sampled([100])
    const peak = timed(calm, 2000, noon + 1000)
    const soon = timed(peak, 100, noon + 1100)
    const later = timed(peak, 100, noon + 61_000)

    expect(peak.ewmaMs).toBe(2000)
    expect(soon.ewmaMs).toBeGreaterThan(1900)
    expect(later.ewmaMs).toBeLessThan(110)
  })
})

describe('p95', () => {
  it('is not known before twenty samples', () => {
    expect(p95(sampled(Array.from({ length: 19 }, () => 100)))).toBeUndefined()
    expect(p95(sampled(Array.from({ length: 20 }, () => 100)))).toBeDefined()
  })

  it('is what one in twenty is later than, at most half an octave too high', () => {
    const samples = Array.from({ length: 200 }, (_, n) => (n < 185 ? 200 : 5000))

    const slow = p95(sampled(samples)) ?? 0
    const fast = p95(sampled(samples.slice(0, 185).concat(5000))) ?? 0

    expect(slow).toBeGreaterThanOrEqual(5000)
    expect(slow).toBeLessThan(5000 * Math.SQRT2)
    expect(fast).toBeGreaterThanOrEqual(200)
    expect(fast).toBeLessThan(200 * Math.SQRT2)
  })

  it('follows a deployment that has become fast, and does not grow for ever', () => {
    const timing = sampled([...Array.from({ length: 400 }, () => 4000), ...Array.from({ length: 6000 }, () => 100)])

    expect(p95(timing)).toBeLessThan(150)
    expect(timing.histogram.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(400)
  })
})

describe('what a batch of events says of its deployments', () => {
  const event = (id: string, more: Parameters<typeof spendEvent>[3]) => spendEvent(id, 0, [], more)

  it('is when streams began, when whole replies were there, and how many came this minute', () => {
    const known = measured({}, [
      event('1', { stream: true, first_token: noon + 300, end: noon + 2000 }),
      event('2', { end: noon + 900 }),
      event('3', { deployment_id: 'd2', start: noon - 60_000, end: noon }),
    ])

    expect(known).toMatchObject({
      d1: { requests: 2, tokens: 30, minute: noon / 60_000, firstToken: { ewmaMs: 300 }, whole: { ewmaMs: 900 } },
      d2: { requests: 1, minute: noon / 60_000 - 1 },
    })
  })

  it('begins anew with the minute, and leaves out what comes late', () => {
    const first = measured({}, [event('1', {}), event('2', {})])
    const second = measured(first, [event('3', { start: noon + 60_000, end: noon + 61_000 }), event('4', {})])

    expect(second.d1).toMatchObject({ minute: noon / 60_000 + 1, requests: 1, tokens: 15 })
  })

  it('leaves deployments out that it says nothing of', () => {
    const known = measured({}, [event('1', {})])

    expect(Object.keys(measured(known, [event('2', { deployment_id: 'd2' })]))).toEqual(['d2'])
  })

  it('takes no time from an attempt that failed, but its failure', () => {
    const { d1 } = measured({}, [event('1', { outcome: 'failed' })])

    expect(d1?.whole).toBeUndefined()
    expect(d1?.errors).toBeGreaterThan(0)
  })
})
