import type { Deployment, Known } from '../core/config.ts'
import type { Price } from '../core/money.ts'
import { namesOf, withoutMaker } from './model-names.ts'
import limits from './output-limits.json' with { type: 'json' }
import table from './price-table.json' with { type: 'json' }
import supplement from './price-supplement.json' with { type: 'json' }
import { lookUp } from './prices.ts'
import { providerOf, providerOfModel } from './rows.ts'

// The price table is large, and a gateway needs what its own models cost: the config's loader looks that up here and writes
// it into each deployment. Nothing that serves requests imports this file.

type Kinds = Omit<Price, 'source' | 'tiers' | 'serviceTiers'>
type Row = {
  names: string[]
  context?: number
  price?: Kinds & { tiers?: { above: number; price: Kinds }[] }
  units?: Omit<NonNullable<Known['units']>, 'source'>
  hours?: { from: number; to: number; price: Kinds }[]
}
/** By what factor every price is another at a service tier; what was read from a cache may be charged as ever. */
type Factor = number | { factor: number; cached: number }
/** A line of our own supplement. */
type Extra = {
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
} & Omit<NonNullable<Known['units']>, 'source'>
type Catalogue = { entries: Map<string, Known>; fallbacks: string[] }

const catalogues = readTables()

function readTables(): Map<string, Catalogue> {
  const found = new Map<string, Catalogue>()
  for (const [id, { models, fallbacks }] of Object.entries(
    table.providers as unknown as Record<string, { fallbacks: string[]; models: Row[] }>,
  )) {
    const entries = new Map<string, Known>()
    for (const row of models) {
      const known = knownIn(row)
      for (const name of row.names) if (!entries.has(name)) entries.set(name, known)
    }
    found.set(id, { entries, fallbacks })
  }
  for (const extra of supplement.entries as Extra[]) {
    const catalogue = found.get(extra.provider) ?? { entries: new Map<string, Known>(), fallbacks: [] }
    found.set(extra.provider, catalogue)
    for (const name of extra.models) addTo(catalogue.entries, name, extra)
  }
  return found
}

/** A line about a model is about every name of it; one with a price of its own, about that name alone: regions have their prices. */
function addTo(entries: Map<string, Known>, model: string, extra: Extra): void {
  const known = entries.get(model)
  const names = known && !extra.price ? [...entries.keys()].filter((name) => entries.get(name) === known) : [model]
  const more = { ...known, ...extraIn(extra, known) }
  if (more.maxInput !== undefined && isBeyond(extra.price, more.maxInput)) delete more.maxInput
  for (const name of names) entries.set(name, more)
}

function knownIn({ context, hours, price, units }: Row): Known {
  const { source } = table
  return {
    ...(price && { price: priceIn(price, source) }),
    ...(units && { units: { ...units, source } }),
    ...(hours && { hours: hours.map((hour) => ({ ...hour, price: { ...hour.price, source } })) }),
    ...(context !== undefined && !isBeyond(price, context) && { maxInput: context }),
  }
}

/** Who sells longer prompts than the window that is on record has a larger one, for some (a beta): it bounds nothing then. */
function isBeyond(price: Row['price'], context: number): boolean {
  return price?.tiers?.some(({ above }) => above > context) === true
}

function priceIn({ tiers, ...kinds }: NonNullable<Row['price']>, source: string): Price {
  const price: Price = { ...kinds, source }
  if (tiers) price.tiers = tiers.map((tier) => ({ above: tier.above, price: { ...tier.price, source } }))
  return price
}

function extraIn(extra: Extra, known: Known | undefined): Known {
  const {
    provider: _,
    models: __,
    source: ___,
    via: ____,
    asOf,
    context,
    tiers,
    price,
    longCacheWrites,
    ...units
  } = extra
  const source = `supplement@${asOf}`
  const table = price ? priceIn(price, source) : known?.price
  const base = table && longCacheWrites !== undefined ? withLongWrites(table, longCacheWrites) : table
  const priced =
    base && Object.entries(tiers ?? {}).map(([tier, factor]) => [tier, times(base, factor, source)] as const)
  return {
    ...(base && { price: base }),
    ...(context !== undefined && { maxInput: context }),
    ...(base && priced?.length && { price: { ...base, serviceTiers: Object.fromEntries(priced) } }),
    ...(Object.keys(units).length > 0 && { units: { ...known?.units, ...units, source } }),
  }
}

function withLongWrites(price: Price, factor: number): Price {
  const added = <K extends Kinds>(kinds: K): K =>
    kinds.cacheWrite === undefined ? kinds : { ...kinds, cacheWrite1h: Math.round(kinds.cacheWrite * factor) }
  const { tiers, ...base } = price
  return { ...added(base), ...(tiers && { tiers: tiers.map((tier) => ({ ...tier, price: added(tier.price) })) }) }
}

/** Every price of tokens times a factor, long prompts included; searches and requests cost what they cost. */
function times({ tiers, ...base }: Price, by: Factor, source: string): Price {
  const { factor, cached } = typeof by === 'number' ? { factor: by, cached: by } : by
  const scaled = ({ request, webSearch, ...kinds }: Price): Omit<Price, 'tiers' | 'serviceTiers'> => {
    const { input, output, ...others } = kinds
    const rest = Object.entries(others).flatMap(([kind, price]) =>
      typeof price === 'number'
        ? [[kind, Math.round(price * (kind.startsWith('cached') ? cached : factor))] as const]
        : [],
    )
    return {
      input: Math.round(input * factor),
      output: Math.round(output * factor),
      ...Object.fromEntries(rest),
      ...(request !== undefined && { request }),
      ...(webSearch !== undefined && { webSearch }),
      source,
    }
  }
  return {
    ...scaled(base),
    ...(tiers && { tiers: tiers.map((tier) => ({ above: tier.above, price: scaled(tier.price) })) }),
  }
}

/**
 * What is published of the model of a deployment, or, where it has a star, of every model it may stand for. Azure's prices are
 * those of its Global deployments.
 */
export function publishedOf(deployment: Deployment): Pick<Deployment, 'known' | 'knownModels'> {
  const sought = soughtOf(deployment)
  if (!sought) return {}
  if (!sought.name.includes('*')) {
    const known = find(sought)
    return known ? { known: withPremium(known, deployment, sought.name) } : {}
  }
  const [head = '', tail = ''] = sought.name.split('*')
  const fits = (name: string) => name.endsWith('*') || (name.startsWith(head) && name.endsWith(tail))
  const names = catalogueIds(sought.priceId).flatMap((id) => [...(catalogues.get(id)?.entries.keys() ?? [])])
  const known = names.filter(fits).flatMap((name) => {
    const entry = find({ priceId: sought.priceId, name })
    return entry ? [[name, withPremium(entry, deployment, name)] as const] : []
  })
  return known.length ? { knownModels: Object.fromEntries(known) } : {}
}

/** A place that is not known while the config is loaded may be a dear one. */
function withPremium(known: Known, { provider, variables }: Deployment, name: string): Known {
  const premium = providerOf(provider)?.premium
  const part = premium && variables?.[premium.variable]
  const spared = part && 'value' in part && part.value === premium.unless
  if (!premium || !known.price || spared || !premium.models.test(name)) return known
  return { ...known, price: times(known.price, premium.factor, known.price.source) }
}

type Sought = { priceId: string; name: string }

/** Which table, and which name in it. `base_model` may carry a provider's prefix, as in LiteLLM's own price file. */
function soughtOf({ provider, model, baseModel }: Deployment): Sought | undefined {
  const own = providerOf(provider)?.priceId
  if (baseModel === undefined) return own === undefined ? undefined : { priceId: own, name: model }
  const slash = baseModel.indexOf('/')
  const prefixed = slash > 0 ? providerOf(baseModel.slice(0, slash)) : undefined
  const name = prefixed ? baseModel.slice(slash + 1) : baseModel
  const priceId = prefixed?.priceId ?? own ?? providerOfModel(name)?.priceId
  return priceId === undefined ? undefined : { priceId, name }
}

const catalogueIds = (id: string): string[] => [id, ...(catalogues.get(id)?.fallbacks ?? [])]

/** What is published of a model under a provider's id in the price table. */
export function find({ priceId, name }: Sought): Known | undefined {
  const entry = firstOf(catalogueIds(priceId), (id) => {
    const { entries } = catalogues.get(id) ?? {}
    return entries && lookUp(entries, name)
  })
  const maxOutput = entry?.maxOutput ?? outputLimit({ priceId, name })
  if (!entry && maxOutput === undefined) return undefined
  return { ...entry, ...(maxOutput !== undefined && { maxOutput }) }
}

const outputLimits = new Map(
  Object.entries(limits).flatMap(([id, byName]) =>
    typeof byName === 'object' && id !== 'sources'
      ? [[id, new Map(Object.entries(byName as Record<string, number>))] as const]
      : [],
  ),
)
/** Whose models are the same wherever they are served, and end where their makers say. */
const makers = ['openai', 'anthropic', 'google']

function outputLimit({ priceId, name }: Sought): number | undefined {
  const limit = (id: string, of: string) => {
    const entries = outputLimits.get(id)
    return entries && lookUp(entries, of)
  }
  return (
    firstOf(catalogueIds(priceId), (id) => limit(id, name)) ??
    firstOf(namesOf(name), (of) => firstOf(makers, (id) => limit(id, withoutMaker(of))))
  )
}

function firstOf<Item, Found>(items: readonly Item[], of: (item: Item) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = of(item)
    if (found !== undefined) return found
  }
  return undefined
}
