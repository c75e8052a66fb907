import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayOf, expiryOf, newAttemptId } from '../../lib/core/attempt-id.ts'

const instants = fc.integer({ min: 0, max: Date.UTC(2084, 0) })
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('an attempt id', () => {
  it('has fifteen characters and tells the minute in which its hold expires, never an earlier one', () => {
    fc.assert(
      fc.property(instants, randoms, (expiresAt, random) => {
        const id = newAttemptId(expiresAt, () => random)

        expect(id).toMatch(/^[0-9a-z]{5}[0-9A-Za-z]{10}$/)
        expect(expiryOf(id)).toBeGreaterThanOrEqual(expiresAt)
        expect(expiryOf(id)).toBeLessThan(expiresAt + 60_000)
        expect(dayOf(id)).toBe(new Date(expiryOf(id)).toISOString().slice(0, 10))
      }),
    )
  })

  it('sorts by expiry', () => {
    const ids = [3, 1, 2].map((minutes) => newAttemptId(Date.UTC(2026, 10, 21) + minutes * 60_000, Math.random))

    expect(ids.toSorted().map(expiryOf)).toEqual(ids.map(expiryOf).toSorted((a, b) => a - b))
  })

  it('is another one each time', () => {
    const ids = Array.from({ length: 1000 }, () => newAttemptId(0, Math.random))

    expect(new Set(ids).size).toBe(1000)
  })
})
