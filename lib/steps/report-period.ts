import { unitMs } from '../core/duration.ts'
import type { ReportEvery } from '../core/notice.ts'
import { instantOf, wallOf } from '../core/zone.ts'

/** Days of UTC (`2026-11-16`), both inclusive. */
export type Days = { from: string; to: string }

export type ReportPeriod = Days & { id: string; every: ReportEvery; before: Days; dueAt: number }

const usualHour = 9

/** Summer and winter: the zone's larger distance from UTC counts. */
const seasons = [Date.UTC(2026, 0, 1), Date.UTC(2026, 6, 1)]

/**
 * The hour of the zone's clock at which reports are due: nine, later where UTC's last day ends later than an hour before
 * that (from UTC+9 on), because roll-ups are by days of UTC and their last spend needs a moment to land.
 */
export function reportHour(timeZone: string): number {
  const hours = seasons.map((instant) => Math.ceil((wallOf(instant, timeZone) - instant) / unitMs.h))
  return Math.max(usualHour, ...hours.map((ahead) => ahead + 1))
}

/**
 * The report that was due last: of the week (Monday to Sunday) or month before, due on Monday or on the 1st. The same for
 * every moment until the next is due, so a report that could not be sent in time is sent late, and never twice.
 */
export function reportPeriod(now: number, { every, timeZone }: { every: ReportEvery; timeZone: string }): ReportPeriod {
  const startOf = every === 'weekly' ? mondayOf : firstOf
  const due = (start: number) => instantOf(start + reportHour(timeZone) * unitMs.h, timeZone)
  let end = startOf(wallOf(now, timeZone))
  if (due(end) > now) end = startOf(end - unitMs.d)
  const start = startOf(end - unitMs.d)
  const earlier = startOf(start - unitMs.d)
  const days = daysOf(start, end)
  return { ...days, id: `REPORT ${every} ${days.from}`, every, before: daysOf(earlier, start), dueAt: due(end) }
}

/** Midnight of the Monday before or at a wall time; 1970 began on a Thursday. */
const mondayOf = (wall: number): number => {
  const day = Math.floor(wall / unitMs.d)
  return (day - ((((day + 3) % 7) + 7) % 7)) * unitMs.d
}

const firstOf = (wall: number): number => {
  const date = new Date(wall)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
}

const daysOf = (start: number, end: number): Days => ({ from: dayOf(start), to: dayOf(end - unitMs.d) })
const dayOf = (wall: number): string => new Date(wall).toISOString().slice(0, 10)
