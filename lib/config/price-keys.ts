import type { JsonObject } from '../core/json.ts'
import { fromDollars, fromDollarsPerToken, type Price } from '../core/money.ts'
import type { Provider } from '../providers/provider.ts'
import type { Path } from './document.ts'
import { amount } from './fields.ts'
import type { Reading } from './reading.ts'
import { isUnitKey } from './unit-keys.ts'

type Kind = Exclude<keyof Price, 'tiers' | 'serviceTiers' | 'source' | 'request' | 'webSearch'>

/** LiteLLM's names, US$ per token. */
const perToken: Record<string, Kind> = {
  input_cost_per_token: 'input',
  output_cost_per_token: 'output',
  cache_read_input_token_cost: 'cached',
  cache_creation_input_token_cost: 'cacheWrite',
  cache_creation_input_token_cost_above_1hr: 'cacheWrite1h',
  cache_creation_input_token_cost_above_12hr: 'cacheWrite1h',
  output_cost_per_reasoning_token: 'reasoning',
  input_cost_per_audio_token: 'audioInput',
  output_cost_per_audio_token: 'audioOutput',
  input_cost_per_image_token: 'imageInput',
  output_cost_per_image_token: 'imageOutput',
}

/** `input_cost_per_token_above_200k_tokens`: for the whole request, once its prompt is larger. */
const aboveTier = /^(.+)_above_(\d+)k_tokens$/
/** `input_cost_per_token_priority`: where it is served at that tier. */
const atTier = /^((?:input|output|cache)_.+)_(priority|flex|batches|ultrafast)$/
/** Prices by another unit: not computed. */
const otherPrice =
  /^(?:input|output|cache)_.*cost|_cost(?:_per_|$)|^(?:ocr|citation|file_search|code_interpreter)_cost|^search_context_cost_per_query$/

export const isPriceKey = (key: string): boolean =>
  key in perToken ||
  isUnitKey(key) ||
  key === 'input_cost_per_request' ||
  aboveTier.test(key) ||
  atTier.test(key) ||
  otherPrice.test(key)

type PriceOptions = {
  path: Path
  reading: Reading
  provider: Provider
  /** What the table says, for a side that the config leaves out. */
  table: Price | undefined
  embedding: boolean
}

type Kinds = Partial<Record<Kind, number>>
type BySize = { base: Kinds; tiers: Map<number, Kinds> }
type Written = BySize & {
  served: Map<string, BySize>
  request?: number
  webSearch?: number
}

/** The price that an entry writes down; undefined where it writes none. Explicit zeros are a price: free. */
export function readPrice(section: JsonObject, options: PriceOptions): Price | undefined {
  const written = readPriceKeys(section, options)
  const { base, tiers, served, ...rest } = written
  if (!Object.keys(base).length) {
    if (tiers.size || served.size)
      options.reading.error(
        options.path,
        `has prices ${tiers.size ? 'above a prompt size' : 'at a service tier'} but no input_cost_per_token`,
        tiers.size ? 'write the price below it too' : 'write the usual price too',
      )
    return undefined
  }
  const sides = bothSides(base, options)
  if (!sides) return undefined
  const writes = options.provider.cacheWriteFactors ?? writeFactors(options.table)
  const price = priceOf(sides, tiers, { rest, writes })
  const factors = dearerTiers(options.table)
  const dearer = [...new Set([...served.keys(), ...factors.keys()])].map((tier) => {
    const over = served.get(tier) ?? { base: {}, tiers: new Map<number, Kinds>() }
    const factor = factors.get(tier) ?? 1
    const sizes = new Map(
      [...new Set([...tiers.keys(), ...over.tiers.keys()])].map((size) => [
        size,
        { ...times(tiers.get(size) ?? {}, factor), ...over.tiers.get(size) },
      ]),
    )
    const base = { ...sides, ...times(sides, factor), ...over.base }
    return [tier, priceOf(base, sizes, { rest, writes })] as const
  })
  return dearer.length ? { ...price, serviceTiers: Object.fromEntries(dearer) } : price
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

function readPriceKeys(section: JsonObject, { path, reading }: PriceOptions): Written {
  const written: Written = { base: {}, tiers: new Map(), served: new Map() }
  for (const [key, value] of Object.entries(section)) {
    if (!isPriceKey(key) || isUnitKey(key)) continue
    const [, usual = key, tier] = atTier.exec(key) ?? []
    const [, name = usual, thousands] = aboveTier.exec(usual) ?? []
    const into = tier === undefined ? written : servedAt(written.served, tier)
    const kind = perToken[name]
    if (kind === undefined && key !== 'input_cost_per_request') {
      reading.warn([...path, key], 'a price by this unit is not computed yet', 'what it would charge is not on record')
      continue
    }
    const parsed = amount.safeParse(reading.resolve(value, [...path, key]))
    if (!parsed.success) {
      reading.error([...path, key], 'not a price', 'write US$ per token, such as 0.0000025; 0 is free')
      continue
    }
    if (kind === undefined) written.request = fromDollars(parsed.data)
    else if (thousands === undefined) into.base[kind] = fromDollarsPerToken(parsed.data)
    else tierOf(into.tiers, Number(thousands) * 1000)[kind] = fromDollarsPerToken(parsed.data)
  }
  return written
}

/** LiteLLM says `batches` where providers say `batch`. */
function servedAt(served: Written['served'], tier: string): BySize {
  const name = tier === 'batches' ? 'batch' : tier
  const prices = served.get(name) ?? { base: {}, tiers: new Map() }
  served.set(name, prices)
  return prices
}

function tierOf(tiers: Written['tiers'], tokens: number): Kinds {
  const tier = tiers.get(tokens) ?? {}
  tiers.set(tokens, tier)
  return tier
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
