import { type NanoDollars, type Price, worstCost } from '../core/money.ts'
import type { Bounds } from '../dialects/dialect.ts'

/** The most an attempt with this output cap can cost: what is held for it. */
export const worstCase = (price: Price, bounds: Bounds, cap: number): NanoDollars =>
  worstCost(price, bounds.inputTokens, cap * bounds.choices)

/** The largest cap, at most `cap`, whose worst case fits into `amount`; undefined where not even an answer of no length does. */
export function capWithin(amount: NanoDollars, of: { price: Price; bounds: Bounds; cap: number }): number | undefined {
  const fits = (cap: number) => worstCase(of.price, of.bounds, cap) <= amount
  if (!fits(0)) return undefined
  let [fitting, above] = [0, of.cap + 1]
  while (above - fitting > 1) {
    const middle = Math.floor((fitting + above) / 2)
    if (fits(middle)) fitting = middle
    else above = middle
  }
  return fitting
}
