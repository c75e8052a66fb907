import { type JsonObject, numberOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { fromDollars } from '../../lib/core/money.ts'
import { dollars } from '../../lib/steps/alert-text.ts'

/** US dollars of the management API, as people read them. */
export const amount = (value: unknown): string => {
  const number = numberOf(value)
  return number === undefined ? '-' : dollars(fromDollars(number))
}

/** Where something with a budget stands now, in the management API's row of it. */
export type Standing = { scope: string; name: string; row: JsonObject }

export const standingHead = ['scope', 'name', 'limit', 'spent', 'held', 'unsettled', 'left', 'window', 'resets']

export function standingCells({ scope, name, row }: Standing): string[] {
  const purser = objectOf(row.purser)
  return [
    scope,
    name,
    amount(row.max_budget),
    amount(row.spend),
    amount(purser.held),
    amount(purser.unsettled),
    amount(purser.available),
    stringOf(purser.window) ?? '-',
    stringOf(row.budget_reset_at)?.replace('.000Z', 'Z') ?? 'never',
  ]
}
