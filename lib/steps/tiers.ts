import { atServiceTier, type Price, withServiceTiers } from '../core/money.ts'
import type { Bounds, Served } from '../dialects/dialect.ts'
import { isUsualTier, tierNamed } from '../dialects/service-tier.ts'
import type { Provider } from '../providers/provider.ts'

/** Tiers that never cost more than the price itself, whether a table has them or not. */
const cheaper = new Set(['flex', 'batch'])

/** What a request asks for beyond what happens anyway, and must be paid for as such. */
export const askedDearer = ({ tier }: Pick<Bounds, 'tier'>): string | undefined =>
  tier === undefined || isUsualTier(tier.name) || cheaper.has(tier.name) ? undefined : tier.name

/**
 * The price with every service tier at which this request may be served: the one it asks for, and those that the account's
 * settings may choose. A provider may always serve at its usual price instead.
 */
export function atAnyTier(price: Price, bounds: Bounds, row: Provider | undefined): Price {
  const asked = askedDearer(bounds)
  const unasked = Object.entries(row?.unaskedTiers ?? {}).flatMap(([name, ruledOutBy]) =>
    ruledOutBy.includes(bounds.tier?.name ?? '') ? [] : [name],
  )
  const both = asked === undefined ? [] : [asked, ...unasked.map((name) => `${asked} ${name}`)]
  return withServiceTiers(price, [...unasked, ...both])
}

/** The bounds, without one where the request asks for a tier of no known price. */
export function boundedByTier(bounds: Bounds, price: Price | undefined): Bounds {
  const asked = askedDearer(bounds)
  if (asked === undefined || bounds.unbounded !== undefined) return bounds
  if (price && atServiceTier(price, asked)) return bounds
  return { ...bounds, unbounded: bounds.tier?.param ?? 'service_tier' }
}

/** By what an answer is charged: the price of the tier that it names, else of the one that was asked for. */
export function servedPrice(price: Price, bounds: Bounds, served: Served | undefined): Price {
  const told = tierNamed(served?.tier)
  // A stream may begin with the request's own word for it.
  const name = served?.pace ?? (told === 'auto' ? undefined : told) ?? askedDearer(bounds)
  return (name === undefined ? undefined : atServiceTier(price, name)) ?? price
}
