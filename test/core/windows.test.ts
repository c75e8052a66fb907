import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { windowOf } from '../../lib/core/windows.ts'

const anchor = Date.parse('2026-11-03T10:20:30.400Z')
const at = (duration: string | undefined, now: string | number, timeZone = 'UTC') =>
  windowOf(
    { kind: 'key', id: 'k', terms: { v: 1, anchor, blocked: false, ...(duration !== undefined && { duration }) } },
    typeof now === 'number' ? now : Date.parse(now),
    timeZone,
  )
const hours = (window: { start: number; end: number }) => (window.end - window.start) / 3_600_000
const iso = ({ start, end }: { start: number; end: number }) => [start, end].map((t) => new Date(t).toISOString())

describe('a budget window', () => {
  it('without a duration is one for ever', () => {
    expect(at(undefined, '2026-11-21T13:14:15Z')).toEqual({
      key: { pk: 'BUDGET#key#k', sk: 'total#0' },
      start: 0,
      end: Infinity,
    })
  })

  it.each([
    ['1mo', '1mo#2026-11', '2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
    ['30d', '1mo#2026-11', '2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
    ['2mo', '2mo#2026-11', '2026-11-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['12mo', '12mo#2026-01', '2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['1w', '1w#2026-11-16', '2026-11-16T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    ['7d', '1w#2026-11-16', '2026-11-16T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    ['1d', '1d#2026-11-21', '2026-11-21T00:00:00.000Z', '2026-11-22T00:00:00.000Z'],
    ['24h', '1d#2026-11-21', '2026-11-21T00:00:00.000Z', '2026-11-22T00:00:00.000Z'],
    ['12h', '12h#2026-11-21T12', '2026-11-21T12:00:00.000Z', '2026-11-22T00:00:00.000Z'],
    ['1h', '1h#2026-11-21T13', '2026-11-21T13:00:00.000Z', '2026-11-21T14:00:00.000Z'],
    ['30m', '30m#2026-11-21T13', '2026-11-21T13:00:00.000Z', '2026-11-21T13:30:00.000Z'],
    ['10s', '10s#2026-11-21T13:14:10', '2026-11-21T13:14:10.000Z', '2026-11-21T13:14:20.000Z'],
    ['48h', '48h#2026-11-21T10:20:30.400Z', '2026-11-21T10:20:30.400Z', '2026-11-23T10:20:30.400Z'],
    ['3d', '3d#2026-11-21T10:20:30.400Z', '2026-11-21T10:20:30.400Z', '2026-11-24T10:20:30.400Z'],
    ['45m', '45m#2026-11-21T12:35:30.400Z', '2026-11-21T12:35:30.400Z', '2026-11-21T13:20:30.400Z'],
  ])('of %s is %s', (duration, sk, start, end) => {
    const window = at(duration, '2026-11-21T13:14:15Z')

    expect(window.key.sk).toBe(sk)
    expect(iso(window)).toEqual([start, end])
  })

  it('begins at the midnight of its zone', () => {
    expect(iso(at('1d', '2026-07-01T23:30:00Z', 'Europe/Berlin'))).toEqual([
      '2026-07-01T22:00:00.000Z',
      '2026-07-02T22:00:00.000Z',
    ])
    expect(at('1d', '2026-07-01T23:30:00Z', 'Europe/Berlin').key.sk).toBe('1d#2026-07-02')
  })

  it('has 23 or 25 hours on the days that the clocks change', () => {
    expect(hours(at('1d', '2026-03-29T12:00:00Z', 'Europe/Berlin'))).toBe(23)
    expect(hours(at('1d', '2026-10-25T12:00:00Z', 'Europe/Berlin'))).toBe(25)
    expect(hours(at('1mo', '2026-03-29T12:00:00Z', 'Europe/Berlin'))).toBe(31 * 24 - 1)
  })

  it('begins when the clocks skip the midnight', () => {
    const window = at('1d', '2026-09-06T12:00:00Z', 'America/Santiago')

    expect(iso(window)).toEqual(['2026-09-06T04:00:00.000Z', '2026-09-07T03:00:00.000Z'])
    expect(window.key.sk).toBe('1d#2026-09-06')
  })

  it('is two where the clocks show an hour twice', () => {
    const [first, second] = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map((now) =>
      at('1h', now, 'Europe/Berlin'),
    )

    expect(first?.key.sk).toBe('1h#2026-10-25T00')
    expect(second?.key.sk).toBe('1h#2026-10-25T01')
  })

  it('is refused where the record has no duration in it', () => {
    expect(() => at('monthly', 0)).toThrow(/budget_duration of key k is "monthly"/)
  })
})

describe('windows of one duration', () => {
  const durations = ['1s', '10s', '7s', '1m', '30m', '45m', '60m', '1h', '2h', '5h', '6h', '12h', '24h', '30h', '48h']
  const longer = ['1d', '2d', '3d', '7d', '30d', '31d', '1w', '2w', '1mo', '2mo', '5mo', '12mo']
  // Half hours, a change of half an hour, changes at midnight, before and behind it, a skipped day.
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Havana']
  const odder = [
    'America/Santiago',
    'Asia/Beirut',
    'Africa/Cairo',
    'America/St_Johns',
    'Pacific/Apia',
    'Asia/Kathmandu',
  ]
  const any = fc.record({
    duration: fc.constantFrom(...durations, ...longer),
    zone: fc.constantFrom(...zones, ...odder),
    now: fc.integer({ min: Date.UTC(2006, 0), max: Date.UTC(2032, 0) }),
  })

  it('tile time: each contains its moment, begins where the last ends, and has a key that sorts behind it', () => {
    fc.assert(
      fc.property(any, ({ duration, zone, now }) => {
        const window = at(duration, now, zone)
        const before = at(duration, window.start - 1, zone)
        const last = at(duration, window.end - 1, zone)
        const after = at(duration, window.end, zone)

        expect(window.start).toBeLessThanOrEqual(now)
        expect(window.end).toBeGreaterThan(now)
        expect(before.end).toBe(window.start)
        expect(last).toEqual(window)
        expect(after.start).toBe(window.end)
        expect(before.key.sk < window.key.sk && window.key.sk < after.key.sk).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  it('tile the hours around every change of the clocks', () => {
    for (const [zone, moments] of [...zones, ...odder].map((name) => [name, changes(name)] as const))
      for (const duration of ['30m', '1h', '2h', '6h', '12h', '1d'])
        for (const change of moments)
          for (let t = change - 15 * 3_600_000; t < change + 15 * 3_600_000;) {
            const window = at(duration, t, zone)
            if (!(window.start <= t && t < window.end))
              throw new Error(`${zone} ${duration} ${new Date(t).toISOString()}`)
            const before = at(duration, window.start - 1, zone)
            if (before.end !== window.start || before.key.sk >= window.key.sk)
              throw new Error(`${zone} ${duration}: ${before.key.sk} and ${window.key.sk} do not join`)
            t = window.end
          }
  })
})

/** When the clocks of a zone changed, in a few years of very different rules, to the quarter of an hour. */
function changes(zone: string): number[] {
  const offset = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const offsetAt = (t: number) => offset.formatToParts(t).find(({ type }) => type === 'timeZoneName')?.value
  const found: number[] = []
  for (const year of [2010, 2011, 2026])
    for (let day = Date.UTC(year, 0); day < Date.UTC(year + 1, 0); day += 86_400_000) {
      if (offsetAt(day) === offsetAt(day + 86_400_000)) continue
      for (let t = day; t < day + 86_400_000; t += 900_000)
        if (offsetAt(t) !== offsetAt(t + 900_000)) found.push(t + 900_000)
    }
  return found
}
