import type { Window } from './budget.ts'
import { type Duration, parseDuration, unitMs } from './duration.ts'
import type { BudgetTerms, ScopeKind } from './records.ts'
import { instantOf, wallOf, type WallMs } from './zone.ts'

type Bounds = { name: string; start: number; end: number }

/** LiteLLM resets these by the calendar, so they are the calendar's window, and one item under either name. */
const calendarNames: Record<string, Duration> = {
  '24h': { count: 1, unit: 'd' },
  '7d': { count: 1, unit: 'w' },
  '30d': { count: 1, unit: 'mo' },
}

/** How many of a unit make the next larger one: windows that divide it begin where the clock begins anew. */
const perLarger = { s: 60, m: 60, h: 24 } as const

/**
 * The budget window of a scope at a moment. `1d` begins at midnight of the zone, `1w` on Monday, months on the 1st (several
 * of them in groups counted from a January), what divides a minute, an hour or a day by the clock; everything else (48h,
 * 3d, 45m) is counted from `terms.anchor`. Windows tile time: each begins where the one before ends, whatever the clocks
 * do, and its sort key names it alone and sorts by time. Throws where `terms.duration` is not a duration.
 */
export function windowOf(
  scope: { kind: ScopeKind; id: string; terms: BudgetTerms },
  now: number,
  timeZone: string,
): Window {
  const pk = `BUDGET#${scope.kind}#${scope.id}`
  const { duration: text, anchor } = scope.terms
  if (text === undefined) return { key: { pk, sk: 'total#0' }, start: 0, end: Infinity }
  const duration = calendarNames[text] ?? parseDuration(text)
  if (!duration)
    throw new Error(`budget_duration of ${scope.kind} ${scope.id} is ${JSON.stringify(text)}: not a duration`)
  const { name, start, end } = boundsOf(duration, { now, timeZone, anchor })
  return { key: { pk, sk: `${duration.count}${duration.unit}#${name}` }, start, end }
}

type Moment = { now: number; timeZone: string; anchor: number }

function boundsOf(duration: Duration, moment: Moment): Bounds {
  const { count, unit } = duration
  if (unit === 'mo') return months(count, moment)
  if (count === 1 && (unit === 'd' || unit === 'w')) return days(unit === 'd' ? 1 : 7, moment)
  if ((unit === 's' || unit === 'm' || unit === 'h') && perLarger[unit] % count === 0)
    return byClock(count * unitMs[unit], moment)
  return fromAnchor(count * unitMs[unit], moment)
}

function months(count: number, moment: Moment): Bounds {
  const today = new Date(wallOf(moment.now, moment.timeZone))
  const group = Math.floor((today.getUTCFullYear() * 12 + today.getUTCMonth()) / count)
  const first = (k: number) => Date.UTC(Math.floor((k * count) / 12), (k * count) % 12)
  const { wall, start, end } = locate(group, first, moment)
  return { name: dateName(wall, 7), start, end }
}

/** One day, or seven from a Monday. 1970 began on a Thursday. */
function days(count: 1 | 7, moment: Moment): Bounds {
  const shift = count === 7 ? 3 : 0
  const today = Math.floor(wallOf(moment.now, moment.timeZone) / unitMs.d)
  const first = (k: number) => (k * count - shift) * unitMs.d
  const { wall, start, end } = locate(Math.floor((today + shift) / count), first, moment)
  return { name: dateName(wall, 10), start, end }
}

/**
 * Steps of more than an hour begin where the clock shows a multiple of them: one is longer or shorter when the clocks
 * change. Steps of up to an hour are counted from midnight instead, because an hour that the clocks show twice is two.
 */
function byClock(step: number, moment: Moment): Bounds {
  if (step > unitMs.h) {
    const guess = Math.floor(wallOf(moment.now, moment.timeZone) / step)
    const { start, end } = locate(guess, (k) => k * step, moment)
    return { name: instantName(start), start, end }
  }
  const day = days(1, moment)
  const start = day.start + Math.floor((moment.now - day.start) / step) * step
  return { name: instantName(start), start, end: Math.min(start + step, day.end) }
}

function fromAnchor(step: number, { now, anchor }: Moment): Bounds {
  const start = anchor + Math.floor((now - anchor) / step) * step
  return { name: instantName(start), start, end: start + step }
}

/**
 * Which of a row of wall times was passed last. The clock alone cannot say: set back over a midnight it shows yesterday
 * again, though today has begun. The instants can, so the guess is corrected by them.
 */
function locate(guess: number, wallAt: (k: number) => WallMs, { now, timeZone }: Moment) {
  let k = guess
  let start = instantOf(wallAt(k), timeZone)
  while (start > now) start = instantOf(wallAt(--k), timeZone)
  let end = instantOf(wallAt(k + 1), timeZone)
  while (end <= now) {
    start = end
    end = instantOf(wallAt(++k + 1), timeZone)
  }
  return { wall: wallAt(k), start, end }
}

const dateName = (wall: WallMs, letters: number): string => new Date(wall).toISOString().slice(0, letters)

/** The instant in UTC, without the parts that are zero: `2026-11-21T13`. Unique where local clocks repeat an hour. */
const instantName = (instant: number): string =>
  new Date(instant)
    .toISOString()
    .replace(/\.000Z$/, '')
    .replace(/(:00){1,2}$/, '')
