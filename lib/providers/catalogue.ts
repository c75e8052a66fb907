import type { Deployment, Known } from '../core/deployment.ts'
import { namesOf, withoutMaker } from './model-names.ts'
import limits from './output-limits.json' with { type: 'json' }
import table from './price-table.json' with { type: 'json' }
import supplement from './price-supplement.json' with { type: 'json' }
import { knownIn, type Row } from './price-row.ts'
import { lookUp } from './prices.ts'
import { providerOf, providerOfModel } from './rows.ts'
import { addTo, type Extra } from './supplement.ts'
import { scaledPrice } from './scaled-price.ts'

// The price table is large, and a gateway needs what its own models cost: the config's loader looks that up here and writes
// it into each deployment. Nothing that serves requests imports this file.

type Catalogue = { entries: Map<string, Known>; fallbacks: string[] }

const catalogues = readTables()

function readTables(): Map<string, Catalogue> {
  const found = new Map<string, Catalogue>()
  for (const [id, { models, fallbacks }] of Object.entries(
    table.providers as unknown as Record<string, { fallbacks: string[]; models: Row[] }>,
  )) {
    const entries = new Map<string, Known>()
    for (const row of models) {
      const known = knownIn(row, table.source)
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
  return { ...known, price: scaledPrice(known.price, premium.factor, known.price.source) }
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
