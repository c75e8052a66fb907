import { describe, expect, it } from 'vitest'
import { durationMs, parseDuration } from '../../lib/core/duration.ts'

describe('a duration', () => {
  it.each([
    ['30s', 30, 's'],
    ['30m', 30, 'm'],
    ['30h', 30, 'h'],
    ['30d', 30, 'd'],
    ['1w', 1, 'w'],
    ['1mo', 1, 'mo'],
    ['2mo', 2, 'mo'],
  ])('%s is read as %i %s', (text, count, unit) => {
    expect(parseDuration(text)).toEqual({ count, unit })
  })

  it.each(['', '30', 'd', '30min', '1hr', '1.5h', '-1d', '0d', ' 1d', '1d ', '1D', '1d1h', '99999999w', '1201mo'])(
    'is not read from %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  it('of days is as many times 24 hours', () => {
    expect(durationMs('3d', Date.UTC(2026, 2, 28))).toBe(3 * 86_400_000)
  })

  it.each([
    ['2026-01-31T10:00:00Z', '1mo', '2026-02-28T10:00:00Z'],
    ['2028-01-31T10:00:00Z', '1mo', '2028-02-29T10:00:00Z'],
    ['2026-11-15T10:00:00Z', '2mo', '2027-01-15T10:00:00Z'],
    ['2026-12-31T10:00:00Z', '12mo', '2027-12-31T10:00:00Z'],
  ])('from %s of %s ends at %s', (from, text, end) => {
    expect(Date.parse(from) + durationMs(text, Date.parse(from))).toBe(Date.parse(end))
  })

  it('that is none is refused with what would be one', () => {
    expect(() => durationMs('soon', 0)).toThrow(/"soon".*30s, 30m/)
  })
})
