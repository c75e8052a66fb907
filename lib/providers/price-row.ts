import type { Known } from '../core/deployment.ts'
import type { Price } from '../core/money.ts'

export type Kinds = Omit<Price, 'source' | 'tiers' | 'serviceTiers'>
/** What the price table says of one model. */
export type Row = {
  names: string[]
  context?: number
  price?: Kinds & { tiers?: { above: number; price: Kinds }[] }
  units?: Omit<NonNullable<Known['units']>, 'source'>
  hours?: { from: number; to: number; price: Kinds }[]
}

/** A row as deployments carry it. `source`: the table and its version, which is recorded with every cost. */
export function knownIn({ context, hours, price, units }: Row, source: string): Known {
  return {
    ...(price && { price: priceIn(price, source) }),
    ...(units && { units: { ...units, source } }),
    ...(hours && { hours: hours.map((hour) => ({ ...hour, price: { ...hour.price, source } })) }),
    ...(context !== undefined && !isBeyond(price, context) && { maxInput: context }),
  }
}

/** Who sells longer prompts than the window that is on record has a larger one, for some (a beta): it bounds nothing then. */
export function isBeyond(price: Row['price'], context: number): boolean {
  return price?.tiers?.some(({ above }) => above > context) === true
}

/** Prices with where they are from, which every cost is recorded with. */
export function priceIn({ tiers, ...kinds }: NonNullable<Row['price']>, source: string): Price {
  const price: Price = { ...kinds, source }
  if (tiers) price.tiers = tiers.map((tier) => ({ above: tier.above, price: { ...tier.price, source } }))
  return price
}
