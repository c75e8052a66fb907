import type { Known } from '../core/deployment.ts'
import type { Price } from '../core/money.ts'
import { isBeyond, type Kinds, priceIn, type Row } from './price-row.ts'
import { type Factor, scaledPrice } from './scaled-price.ts'

type Units = Omit<NonNullable<Known['units']>, 'source'>

/** A line of our own supplement. */
export type Extra = {
  provider: string
  models: string[]
  asOf: string
  source: string
  /** The list that the numbers were read in, or compared with (`via` of the file). */
  via?: string
  context?: number
  /** By service tier. */
  tiers?: Record<string, Factor>
  price?: Row['price']
  /** What is written to be kept long costs as many times what is written to the cache. */
  longCacheWrites?: number
} & Units

/** A line about a model is about every name of it; one with a price of its own, about that name alone: regions have their prices. */
export function addTo(entries: Map<string, Known>, model: string, extra: Extra): void {
  const known = entries.get(model)
  const names = known && !extra.price ? [...entries.keys()].filter((name) => entries.get(name) === known) : [model]
  const more = { ...known, ...extraIn(extra, known) }
  if (more.maxInput !== undefined && isBeyond(extra.price, more.maxInput)) delete more.maxInput
  for (const name of names) entries.set(name, more)
}

function extraIn(extra: Extra, known: Known | undefined): Known {
  const { asOf, context, tiers, price, longCacheWrites } = extra
  const units = unitsIn(extra)
  const source = `supplement@${asOf}`
  const usual = price ? priceIn(price, source) : known?.price
  const base = usual && longCacheWrites !== undefined ? withLongWrites(usual, longCacheWrites) : usual
  const priced =
    base && Object.entries(tiers ?? {}).map(([tier, factor]) => [tier, scaledPrice(base, factor, source)] as const)
  return {
    ...(base && { price: base }),
    ...(context !== undefined && { maxInput: context }),
    ...(base && priced?.length && { price: { ...base, serviceTiers: Object.fromEntries(priced) } }),
    ...(Object.keys(units).length > 0 && { units: { ...known?.units, ...units, source } }),
  }
}

const unitKinds = ['image', 'images', 'character', 'audioHour', 'audioSecondsLeast', 'searchUnit'] as const

/** The prices of what is not sold by tokens. */
function unitsIn(extra: Extra): Units {
  const units = unitKinds.flatMap((kind) => (extra[kind] === undefined ? [] : [[kind, extra[kind]] as const]))
  return Object.fromEntries(units)
}

function withLongWrites(price: Price, factor: number): Price {
  const added = <K extends Kinds>(kinds: K): K =>
    kinds.cacheWrite === undefined ? kinds : { ...kinds, cacheWrite1h: Math.round(kinds.cacheWrite * factor) }
  const { tiers, ...base } = price
  return { ...added(base), ...(tiers && { tiers: tiers.map((tier) => ({ ...tier, price: added(tier.price) })) }) }
}
