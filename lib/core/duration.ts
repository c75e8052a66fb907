import { GatewayError } from './errors.ts'

export type DurationUnit = 's' | 'm' | 'h' | 'd' | 'w' | 'mo'
export type Duration = { count: number; unit: DurationUnit }

/** Milliseconds of the units that have a fixed length. A month's depends on where it starts. */
export const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const satisfies Record<
  Exclude<DurationUnit, 'mo'>,
  number
>

/** Longer ones are typing errors, and would leave what a date can hold. */
const mostMonths = 1200
const mostMs = 36_525 * unitMs.d

/**
 * A duration as LiteLLM writes it: `30s 30m 30h 30d 1w 1mo 2mo`. Undefined for anything else, zero, and more than a hundred
 * years: the whole text must match, because `30min` read as thirty minutes or as something else is a budget gone wrong.
 */
export function parseDuration(text: string): Duration | undefined {
  const [, digits, unit] = /^(\d{1,12})(mo|[smhdw])$/.exec(text) ?? []
  if (digits === undefined || unit === undefined) return undefined
  const duration = { count: Number(digits), unit: unit as DurationUnit }
  if (duration.count === 0) return undefined
  if (duration.unit === 'mo') return duration.count <= mostMonths ? duration : undefined
  return duration.count * unitMs[duration.unit] <= mostMs ? duration : undefined
}

/**
 * Length of a duration that begins at `from`, in milliseconds: for the expiry of keys. A month ends on the same day (UTC)
 * of a later month, or on that month's last. Throws `invalid_request` for what is not a duration.
 */
export function durationMs(text: string, from: number): number {
  const duration = parseDuration(text)
  if (!duration) {
    const message = `duration is ${JSON.stringify(text)}: give a whole number and a unit, like 30s, 30m, 30h, 30d, 1w or 1mo.`
    throw new GatewayError('invalid_request', { message, param: 'duration' })
  }
  const { count, unit } = duration
  return unit === 'mo' ? monthsLater(from, count) - from : count * unitMs[unit]
}

function monthsLater(from: number, months: number): number {
  const start = new Date(from)
  const day = start.getUTCDate()
  const end = new Date(from)
  end.setUTCDate(1)
  end.setUTCMonth(start.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate()
  return end.setUTCDate(Math.min(day, lastDay))
}
