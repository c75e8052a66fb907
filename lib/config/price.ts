import type { JsonObject } from '../core/json.ts'
import type { Price } from '../core/money.ts'
import type { Provider } from '../providers/provider.ts'
import type { Path } from './document.ts'
import { type BySize, type Kind, type Kinds, readPriceKeys, type Written } from './price-keys.ts'
import type { Reading } from './reading.ts'

type PriceOptions = {
  path: Path
  reading: Reading
  provider: Provider
  /** What the table says, for a side that the config leaves out. */
  table: Price | undefined
  embedding: boolean
}

/** The price that an entry writes down; undefined where it writes none. Explicit zeros are a price: free. */
export function readPrice(section: JsonObject, options: PriceOptions): Price | undefined {
  const written = readPriceKeys(section, options)
  const { base, tiers, served: _, ...rest } = written
  if (!Object.keys(base).length) {
    reportWithoutUsual(written, options)
    return undefined
  }
  const sides = bothSides(base, options)
  if (!sides) return undefined
  const common = { rest, writes: options.provider.cacheWriteFactors ?? writeFactors(options.table) }
  const price = priceOf(sides, tiers, common)
  const serviceTiers = serviceTiersOf(sides, written, { ...common, factors: dearerTiers(options.table) })
  return Object.keys(serviceTiers).length ? { ...price, serviceTiers } : price
}

function reportWithoutUsual({ tiers, served }: Written, { path, reading }: PriceOptions): void {
  if (tiers.size)
    reading.error(path, 'has prices above a prompt size but no input_cost_per_token', 'write the price below it too')
  else if (served.size)
    reading.error(path, 'has prices at a service tier but no input_cost_per_token', 'write the usual price too')
}

/** The prices at each tier that the entry or the table knows: as the entry writes them, else as much dearer as the table's. */
function serviceTiersOf(
  sides: Sides,
  { tiers, served }: Written,
  { factors, ...common }: Common & { factors: Map<string, number> },
): NonNullable<Price['serviceTiers']> {
  const names = new Set([...served.keys(), ...factors.keys()])
  const prices = [...names].map((name) => {
    const own = served.get(name) ?? { base: {}, tiers: new Map<number, Kinds>() }
    const factor = factors.get(name) ?? 1
    const sizes = new Set([...tiers.keys(), ...own.tiers.keys()])
    const bySize = [...sizes].map(
      (size) => [size, { ...times(tiers.get(size) ?? {}, factor), ...own.tiers.get(size) }] as const,
    )
    const base = { ...sides, ...times(sides, factor), ...own.base }
    return [name, priceOf(base, new Map(bySize), common)] as const
  })
  return Object.fromEntries(prices)
}

/**
 * How much dearer the table's model is at its service tiers. What an entry does not write of such a tier costs its usual price
 * as many times: a project's settings can have requests served there that name none, and a hard budget that held and charged
 * the usual price would be overdrawn. A price too high only stops early, so tiers that are cheaper have to be written down.
 */
function dearerTiers(table: Price | undefined): Map<string, number> {
  const tiers = Object.entries(table?.serviceTiers ?? {}).map(([tier, price]) => {
    const [input, output] = [price.input / (table?.input ?? 0), price.output / (table?.output ?? 0)]
    return [tier, Math.max(...[input, output].filter(Number.isFinite), 1)] as const
  })
  return new Map(tiers.filter(([, factor]) => factor > 1))
}

const times = (kinds: Kinds, factor: number): Kinds =>
  Object.fromEntries(Object.entries(kinds).map(([kind, price]) => [kind, Math.ceil(price * factor)]))

/** What is alike at every tier. */
type Common = { rest: Pick<Written, 'request' | 'webSearch'>; writes: Provider['cacheWriteFactors'] }

function priceOf(sides: Sides, tiers: BySize['tiers'], { rest, writes }: Common): Price {
  const price: Price = { ...withCacheWrites(sides, writes), ...rest, source: 'config' }
  const ascending = [...tiers].sort(([a], [b]) => a - b)
  let below = sides
  const tierPrices = ascending.map(([tokens, over]) => {
    below = { ...below, ...over }
    return { above: tokens + 1, price: { ...withCacheWrites(below, writes), ...rest, source: 'config' } }
  })
  return tierPrices.length ? { ...price, tiers: tierPrices } : price
}

type Sides = Partial<Record<Kind, number>> & { input: number; output: number }

/** A price has both sides. A side that is missing comes from the table; an embedding has no output. */
function bothSides(
  base: Partial<Record<Kind, number>>,
  { path, reading, table, embedding }: PriceOptions,
): Sides | undefined {
  const input = base.input ?? table?.input
  const output = base.output ?? table?.output ?? (embedding ? 0 : undefined)
  if (input !== undefined && output !== undefined) return { ...base, input, output }
  const missing = input === undefined ? 'input_cost_per_token' : 'output_cost_per_token'
  reading.error(path, `has a price, but no ${missing}`, `write ${missing} too (0 is free)`)
  return undefined
}

/** What the table's model costs for writing its cache, as multiples of its input. */
function writeFactors(table: Price | undefined): Provider['cacheWriteFactors'] {
  if (table?.cacheWrite === undefined || table.input === 0) return undefined
  const short = table.cacheWrite / table.input
  return { short, long: table.cacheWrite1h === undefined ? short : table.cacheWrite1h / table.input }
}

/** Writing a cache costs more than plain input where the provider says so: left out of the config, it must not be missed. */
function withCacheWrites(sides: Sides, factors: Provider['cacheWriteFactors']): Sides {
  if (!factors) return sides
  const cacheWrite = sides.cacheWrite ?? Math.ceil(sides.input * factors.short)
  const cacheWrite1h = sides.cacheWrite1h ?? Math.max(cacheWrite, Math.ceil(sides.input * factors.long))
  return { ...sides, cacheWrite, cacheWrite1h }
}
