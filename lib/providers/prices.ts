import type { Deployment } from '../core/config.ts'
import type { Price } from '../core/money.ts'
import { namesOf } from './model-names.ts'
import limits from './output-limits.json' with { type: 'json' }
import table from './price-table.json' with { type: 'json' }
import { providerOf, providerOfModel } from './rows.ts'

type Kinds = Omit<Price, 'source' | 'tiers'>
type Row = {
  names: string[]
  prefixes?: string[]
  context?: number
  price: Kinds & { tiers?: { above: number; price: Kinds }[] }
}
type Entry = { context?: number; price: Price }
type Catalogue = { exact: Map<string, Entry>; prefixes: [string, Entry][]; fallbacks: string[] }

const catalogues = new Map(
  Object.entries(table.providers as Record<string, { fallbacks: string[]; models: Row[] }>).map(
    ([id, { models, fallbacks }]): [string, Catalogue] => {
      const rows = models.map((row): [Row, Entry] => [row, entryIn(row)])
      const exact = new Map(rows.flatMap(([row, entry]) => row.names.map((name) => [name, entry])))
      const prefixes = rows.flatMap(([row, entry]) =>
        (row.prefixes ?? []).map((prefix): [string, Entry] => [prefix, entry]),
      )
      return [id, { exact, prefixes, fallbacks }]
    },
  ),
)

function entryIn({ context, price: { tiers, ...kinds } }: Row): Entry {
  const { source } = table
  const price: Price = { ...kinds, source }
  if (tiers) price.tiers = tiers.map((tier) => ({ above: tier.above, price: { ...tier.price, source } }))
  return { price, ...(context !== undefined && { context }) }
}

/**
 * What a model costs on a deployment: the config's own price, else the table's by provider and model (`base_model` in its
 * place where given). Undefined is unknown, never free: a hard budget refuses it. A server on one's own machine has no
 * price either until the config writes one; explicit zeros are free. Azure's prices are those of its Global deployments.
 */
export function priceOf(deployment: Deployment, model: string): Price | undefined {
  if (deployment.price) return deployment.price
  return entryOf(deployment, model)?.price
}

/**
 * The largest prompt and the largest answer in tokens, where known. The answer's is dated data of its own; a model that
 * is missing there is capped by the gateway under a hard budget, so a table that is too short never overdraws.
 */
export function limitsOf(deployment: Deployment, model: string): { maxInput?: number; maxOutput?: number } {
  const maxInput = deployment.maxInputTokens ?? entryOf(deployment, model)?.context
  const maxOutput = deployment.maxOutputTokens ?? outputLimit(deployment, model)
  return { ...(maxInput !== undefined && { maxInput }), ...(maxOutput !== undefined && { maxOutput }) }
}

/** Which table, and which name in it. `base_model` may carry a provider's prefix, as in LiteLLM's own price file. */
function soughtOf(deployment: Deployment, model: string): { priceId: string; name: string } | undefined {
  const own = providerOf(deployment.provider)?.priceId
  const { baseModel } = deployment
  if (baseModel === undefined) return own === undefined ? undefined : { priceId: own, name: model }
  const slash = baseModel.indexOf('/')
  const prefixed = slash > 0 ? providerOf(baseModel.slice(0, slash)) : undefined
  const name = prefixed ? baseModel.slice(slash + 1) : baseModel
  const priceId = prefixed?.priceId ?? own ?? providerOfModel(name)?.priceId
  return priceId === undefined ? undefined : { priceId, name }
}

function entryOf(deployment: Deployment, model: string): Entry | undefined {
  const sought = soughtOf(deployment, model)
  const own = sought && catalogues.get(sought.priceId)
  if (!own) return undefined
  const names = namesOf(sought.name)
  for (const catalogue of [own, ...own.fallbacks.flatMap((id) => catalogues.get(id) ?? [])]) {
    for (const name of names) {
      const entry = catalogue.exact.get(name)
      if (entry) return entry
    }
    const [longest] = catalogue.prefixes
      .filter(([prefix]) => sought.name.startsWith(prefix))
      .sort(([a], [b]) => b.length - a.length)
    if (longest) return longest[1]
  }
  return undefined
}

const outputLimits: Record<string, Record<string, number>> = { openai: limits.openai, anthropic: limits.anthropic }

function outputLimit(deployment: Deployment, model: string): number | undefined {
  const sought = soughtOf(deployment, model)
  if (!sought) return undefined
  const ids = [sought.priceId, ...(catalogues.get(sought.priceId)?.fallbacks ?? [])]
  for (const id of ids)
    for (const name of namesOf(sought.name)) {
      const limit = outputLimits[id]?.[name]
      if (limit !== undefined) return limit
    }
  return undefined
}
