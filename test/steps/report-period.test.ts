import { describe, expect, it } from 'vitest'
import { reportHour, reportPeriod } from '../../lib/steps/report-period.ts'

const weekly = (at: string, timeZone = 'UTC') => reportPeriod(Date.parse(at), { every: 'weekly', timeZone })
const monthly = (at: string, timeZone = 'UTC') => reportPeriod(Date.parse(at), { every: 'monthly', timeZone })

describe('a weekly report', () => {
  it('is of the last full week from Monday, nine o’clock on', () => {
    expect(weekly('2026-11-23T09:00:00Z')).toEqual({
      id: 'REPORT weekly 2026-11-16',
      every: 'weekly',
      from: '2026-11-16',
      to: '2026-11-22',
      before: { from: '2026-11-09', to: '2026-11-15' },
      dueAt: Date.parse('2026-11-23T09:00:00Z'),
    })
  })

  it('stays the same until the next is due, so that one that is late is not lost and not doubled', () => {
    for (const at of ['2026-11-23T09:00:00.001Z', '2026-11-26T00:00:00Z', '2026-11-30T08:59:59.999Z'])
      expect(weekly(at).id).toBe('REPORT weekly 2026-11-16')
    expect(weekly('2026-11-23T08:59:59.999Z').id).toBe('REPORT weekly 2026-11-09')
    expect(weekly('2026-11-30T09:00:00Z').id).toBe('REPORT weekly 2026-11-23')
  })

  it('is due by the clock of the zone, in summer and in winter', () => {
    expect(weekly('2026-11-25T00:00:00Z', 'Europe/Berlin').dueAt).toBe(Date.parse('2026-11-23T08:00:00Z'))
    expect(weekly('2026-07-15T00:00:00Z', 'Europe/Berlin').dueAt).toBe(Date.parse('2026-07-13T07:00:00Z'))
    expect(weekly('2026-11-25T00:00:00Z', 'America/Los_Angeles').dueAt).toBe(Date.parse('2026-11-23T17:00:00Z'))
  })

  it.each([
    'UTC',
    'Europe/Berlin',
    'Asia/Kolkata',
    'Asia/Tokyo',
    'Australia/Sydney',
    'Pacific/Auckland',
    'Pacific/Kiritimati',
    'Pacific/Pago_Pago',
  ])('is due an hour at least after the last of its days of UTC has ended: %s', (timeZone) => {
    for (let week = 0; week < 53; week++) {
      const { to, dueAt } = reportPeriod(Date.UTC(2026, 0, 7 + 7 * week), { every: 'weekly', timeZone })

      expect(dueAt - (Date.parse(`${to}T00:00:00Z`) + 86_400_000)).toBeGreaterThanOrEqual(3_600_000)
    }
  })

  it('is due at nine where UTC allows it, and later in the far east', () => {
    expect(['UTC', 'America/New_York', 'Asia/Shanghai', 'Asia/Tokyo', 'Pacific/Auckland'].map(reportHour)).toEqual([
      9, 9, 9, 10, 14,
    ])
  })
})

describe('a monthly report', () => {
  it('is of the month before, beside the one before that', () => {
    expect(monthly('2026-03-01T09:00:00Z')).toMatchObject({
      id: 'REPORT monthly 2026-02-01',
      from: '2026-02-01',
      to: '2026-02-28',
      before: { from: '2026-01-01', to: '2026-01-31' },
    })
    expect(monthly('2026-03-01T08:00:00Z').id).toBe('REPORT monthly 2026-01-01')
    expect(monthly('2026-01-15T00:00:00Z').from).toBe('2025-12-01')
  })
})
