import { held as heldOf, type WindowItem } from '../core/budget.ts'
import { type NanoDollars, toDollars, unlimited } from '../core/money.ts'
import type { ScopeKind } from '../core/records.ts'
import type { Crossing } from './thresholds.ts'

export type AlertFacts = {
  kind: ScopeKind
  label: string
  item: WindowItem
  soft?: NanoDollars
  /** `1mo`, or `total` for a budget that never resets. */
  duration: string
  /** Milliseconds since 1970; absent where the record no longer says. */
  start?: number
  end?: number
  timeZone: string
}

/** One alert as a person reads it. Only the text of a soft budget says "soft". */
export function alertText(crossing: Crossing, facts: AlertFacts): string {
  const { item } = facts
  const who = facts.kind === 'global' ? 'the gateway' : `${facts.kind} \`${facts.label}\``
  const limit = dollars(item.limit)
  const tail = `${windowText(facts)}.`
  switch (crossing.kind) {
    case 'soft': {
      const hard = item.limit < unlimited ? ` (hard limit ${limit})` : ''
      return `Soft budget crossed: ${who} has spent ${dollars(item.spent)} of its soft budget ${dollars(facts.soft ?? 0)}${hard} ${tail}`
    }
    case 'percent':
      return `Budget ${crossing.percent}% used: ${who} has spent ${dollars(item.spent)} of its hard budget ${limit} ${tail}`
    case 'hard':
      return `Hard budget reached: ${who} has spent ${dollars(item.spent)} of its hard budget ${limit}${alsoCounted(item)} ${tail} Requests that do not fit are refused.`
    case 'debt':
      return `Hard budget overdrawn: ${who} has spent ${dollars(item.spent)} of its hard budget ${limit}${alsoCounted(item)} ${tail} An attempt cost more than its worst case, or its event came after its hold was given back.`
    case 'unsettled':
      return `Attempt lost: the gateway stopped during attempt \`${crossing.attempt}\` of ${who}. ${fate(crossing, item)} ${capital(tail)}`
    default:
      return crossing.kind satisfies never
  }
}

function fate({ attempt = '' }: Crossing, item: WindowItem): string {
  const counted = item.lost[attempt] ?? 0
  const remedy = 'see `npm run admin -- orphans`'
  if (counted === 0) return `What it may have cost was given back to the budget; ${remedy}.`
  return `It may have cost up to ${dollars(counted)}, which stays counted until its true cost is known; ${remedy}.`
}

/** What is neither spent nor free, where there is any. */
function alsoCounted(item: WindowItem): string {
  const held = heldOf(item)
  const parts = [held && `${dollars(held)} held`, item.unsettled && `${dollars(item.unsettled)} unsettled`].filter(
    Boolean,
  )
  return parts.length ? ` (and ${parts.join(', ')})` : ''
}

function windowText({ duration, start, end, timeZone }: AlertFacts): string {
  if (duration === 'total') return 'in total; it never resets'
  const since = start === undefined ? '' : ` (since ${sinceText(start, timeZone)})`
  const until = end === undefined || end === Infinity ? '' : `; resets ${timeText(end, timeZone)} ${timeZone}`
  return `in window ${duration}${since}${until}`
}

/** `2026-11-01`, with the time where it is not midnight. */
const sinceText = (time: number, timeZone: string) => timeText(time, timeZone).replace(/ 00:00$/, '')

/** `2026-12-01 00:00` in the budget's zone. Swedish is how Intl spells ISO dates. */
const timeText = (time: number, timeZone: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(time)

/** Exact, at least cents: `$8.00`, `$0.00085`; from one dollar on, to a hundredth of a cent. */
export function dollars(amount: NanoDollars): string {
  const digits = Math.abs(amount) < 1e9 ? 9 : 4
  const [whole, fraction = ''] = toDollars(Math.abs(amount)).toFixed(digits).split('.')
  return `${amount < 0 ? '-' : ''}$${whole}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
