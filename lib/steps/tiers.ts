import type { Deployment } from '../core/deployment.ts'
import { atServiceTier, type Price, withoutLongCacheWrites, withServiceTiers } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import type { Bounds, Served } from '../dialects/dialect.ts'
import { isUsualTier, tierNamed } from '../dialects/service-tier.ts'
import type { Provider } from '../providers/provider.ts'
import { providerOf } from '../providers/rows.ts'

/** Tiers that never cost more than the price itself, whether a table has them or not. */
const cheaper = new Set(['flex', 'batch'])

/** What a request asks for beyond what happens anyway, and must be paid for as such. */
export const askedDearer = ({ tier }: Pick<Bounds, 'tier'>): string | undefined =>
  tier === undefined || isUsualTier(tier.name) || cheaper.has(tier.name) ? undefined : tier.name

/**
 * The price with every service tier at which this request may be served: the one it asks for, and those that the account's
 * settings may choose. A provider may always serve at its usual price instead.
 */
export function atAnyTier(price: Price, bounds: Bounds, settings: Provider['unaskedTiers']): Price {
  const asked = askedDearer(bounds)
  const unasked = Object.entries(settings ?? {}).flatMap(([name, ruledOutBy]) =>
    ruledOutBy.includes(bounds.tier?.name ?? '') ? [] : [name],
  )
  const both = asked === undefined ? [] : [asked, ...unasked.map((name) => `${asked} ${name}`)]
  return withServiceTiers(price, [...unasked, ...both])
}

/**
 * Tiers that the account behind a deployment may choose by itself. Where the operator has written both a price and an address
 * without encryption, it is a server of their own, at which nothing is dearer than they wrote; should a reply say otherwise, it
 * is charged for all the same.
 */
export function unaskedTiersOf({ provider, price, apiBase }: Deployment): Provider['unaskedTiers'] {
  const own = price !== undefined && apiBase && 'value' in apiBase && /^http:/i.test(apiBase.value)
  return own ? undefined : providerOf(provider)?.unaskedTiers
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

/** A request that asks for no long life of its cache writes none. */
export const keptAsAsked = (price: Price, { cacheTtl }: Bounds): Price =>
  cacheTtl === 'usual' ? withoutLongCacheWrites(price) : price

/**
 * The counts by which an answer is charged: chat completions do not tell how long what was written to the cache is kept (responses
 * do, `cache_write_tokens_details`), so all of it is taken to be kept as long as was asked.
 */
export const writtenAsAsked = (usage: Usage, { cacheTtl }: Bounds): Usage =>
  cacheTtl === '12h' && usage.cacheWrite !== undefined && usage.cacheWrite1h === undefined
    ? { ...usage, cacheWrite1h: usage.cacheWrite }
    : usage
