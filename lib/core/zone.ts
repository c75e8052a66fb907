/** Milliseconds on the wall clock of a zone, as if that clock were UTC: dates can then be computed with `Date.UTC`. */
export type WallMs = number

const dayMs = 86_400_000

/** Making a formatter costs as much as a hundred uses of it. Its result depends on the name alone, so sharing changes nothing. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone)
  if (!formatter) {
    const numeric = 'numeric' as const
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    })
    formatters.set(timeZone, formatter)
  }
  return formatter
}

/** What the clocks of the zone show at an instant. */
export function wallOf(instant: number, timeZone: string): WallMs {
  if (timeZone === 'UTC') return instant
  const parts: Record<string, number> = {}
  for (const { type, value } of formatterOf(timeZone).formatToParts(instant)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instant % 1000) + 1000) % 1000)
}

/**
 * When the clocks of the zone first show this time; where they skip it, the moment of the skip. So the instants of
 * ascending wall times ascend too, and a midnight that does not exist (Santiago, Beirut) still begins a day.
 */
export function instantOf(wall: WallMs, timeZone: string): number {
  if (timeZone === 'UTC') return wall
  const offsetAt = (instant: number) => wallOf(instant, timeZone) - instant
  const before = wall - offsetAt(wall - dayMs)
  const after = wall - offsetAt(wall + dayMs)
  if (before === after || wallOf(before, timeZone) === wall) return before
  if (wallOf(after, timeZone) === wall) return after
  return firstPast(wall, { from: Math.min(before, after), to: Math.max(before, after), timeZone })
}

/** The first instant between two at which the clocks show `wall` or later: they skip from before it to behind it. */
function firstPast(wall: WallMs, span: { from: number; to: number; timeZone: string }): number {
  let { from, to } = span
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2)
    if (wallOf(middle, span.timeZone) >= wall) to = middle
    else from = middle
  }
  return to
}
