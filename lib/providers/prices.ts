import type { Deployment, Known } from '../core/deployment.ts'
import type { Price, UnitPrices } from '../core/money.ts'
import { namesOf } from './model-names.ts'

/**
 * What a model costs on a deployment: the config's own price, else the table's, which the config brought along. Undefined is
 * unknown, never free: a hard budget refuses it. A server on one's own machine has no price either until the config writes
 * one; explicit zeros are free. `now` (milliseconds since 1970): for prices that depend on the hour; without it, the dearest.
 */
export function priceOf(deployment: Deployment, model: string, now?: number): Price | undefined {
  if (deployment.price) return deployment.price
  const known = knownOf(deployment, model)
  if (!known?.hours) return known?.price
  if (now === undefined)
    return [known, ...known.hours].flatMap(({ price }) => price ?? []).sort((a, b) => b.output - a.output)[0]
  const minute = Math.floor(now / 60_000) % 1440
  return known.hours.find(({ from, to }) => minute >= from && minute < to)?.price ?? known.price
}

/** What a model's pictures, characters, hours or searches cost, the config's prices before the table's; undefined: unknown. */
export const unitsOf = (deployment: Deployment, model: string): UnitPrices | undefined =>
  deployment.units ?? knownOf(deployment, model)?.units

/**
 * The largest prompt and the largest answer in tokens, where known. A model whose largest answer is unknown is capped by the
 * gateway under a hard budget, so a table that is too short never overdraws.
 */
export function limitsOf(deployment: Deployment, model: string): { maxInput?: number; maxOutput?: number } {
  const known = knownOf(deployment, model)
  const maxInput = deployment.maxInputTokens ?? known?.maxInput
  const maxOutput = deployment.maxOutputTokens ?? known?.maxOutput
  return { ...(maxInput !== undefined && { maxInput }), ...(maxOutput !== undefined && { maxOutput }) }
}

function knownOf({ known, knownModels }: Deployment, model: string): Known | undefined {
  if (known || !knownModels) return known
  const get = (name: string) => (Object.hasOwn(knownModels, name) ? knownModels[name] : undefined)
  return lookUp({ get, keys: () => Object.keys(knownModels) }, model)
}

/** Of a map, what finding a model in it takes. */
export type Entries<Entry> = { get: (name: string) => Entry | undefined; keys: () => Iterable<string> }

/** By name, or by the longest beginning (`ft:gpt-4o-2024-*`) where no name fits. */
export function lookUp<Entry>(entries: Entries<Entry>, model: string): Entry | undefined {
  for (const name of namesOf(model)) {
    const entry = entries.get(name)
    if (entry !== undefined) return entry
  }
  const [longest] = [...entries.keys()]
    .filter((name) => name.endsWith('*') && model.startsWith(name.slice(0, -1)))
    .sort((a, b) => b.length - a.length)
  return longest === undefined ? undefined : entries.get(longest)
}
