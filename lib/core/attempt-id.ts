import type { AttemptId } from './budget.ts'
import type { Random } from './ports.ts'

const minuteMs = 60_000
const minuteDigits = 5
const randomDigits = 10
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * A new name for an attempt, its hold, its event and its ledger entry (money protocol, 2). It begins with the minute in
 * which the hold expires, rounded up so that a hold never expires early; five digits of base 36 last until 2084.
 */
export function newAttemptId(expiresAt: number, random: Random): AttemptId {
  const minute = Math.ceil(expiresAt / minuteMs)
  let id = minute.toString(36).padStart(minuteDigits, '0')
  for (let i = 0; i < randomDigits; i++) id += alphabet[Math.floor(random() * alphabet.length)]
  return id
}

/** When the attempt's hold expires, in milliseconds since 1970. */
export const expiryOf = (id: AttemptId): number => Number.parseInt(id.slice(0, minuteDigits), 36) * minuteMs

/** The day (UTC) in which the hold expires: the partition of its ledger entry, known from the id alone. */
export const dayOf = (id: AttemptId): string => new Date(expiryOf(id)).toISOString().slice(0, 10)
