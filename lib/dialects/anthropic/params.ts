import type { JsonObject } from '../../core/json.ts'
import { tierWish } from '../service-tier.ts'
import { unsupported } from '../unsupported.ts'

/**
 * What becomes of parameters that the hub has no field for, by name. One table:
 * - `native`: this tongue has it under the same name
 * - `nicety`: does not change what is answered; left out, and named
 * - `refused`: would be missed in the answer; an error, or left out and named where `drop_params` is on
 * What is not here is refused: a parameter nobody knows may be one that costs more (`speed`, `inference_geo`) or that
 * lets the provider bill without bound (`mcp_servers`); an operator can set those in the deployment's own parameters.
 */
const policies: Record<string, 'native' | 'nicety' | 'refused'> = {
  cache_control: 'native',
  output_config: 'native',
  frequency_penalty: 'nicety',
  presence_penalty: 'nicety',
  seed: 'nicety',
  logit_bias: 'nicety',
  store: 'nicety',
  metadata: 'nicety',
  prediction: 'nicety',
  verbosity: 'nicety',
  moderation: 'nicety',
  prompt_cache_key: 'nicety',
  prompt_cache_options: 'nicety',
  prompt_cache_retention: 'nicety',
  n: 'refused',
  logprobs: 'refused',
  top_logprobs: 'refused',
  audio: 'refused',
  modalities: 'refused',
  functions: 'refused',
  function_call: 'refused',
  web_search_options: 'refused',
}

/**
 * Which tier is wanted, in this tongue's words: bought capacity goes first where it may be used (`auto`). Clouds that serve it in
 * an envelope of their own have no such field.
 */
const tiers = { default: 'standard_only', priority: 'auto' }
export function printTierWish(rest: JsonObject, inEnvelope: boolean, dropped: string[]): JsonObject {
  const wish = tierWish(rest, inEnvelope ? {} : tiers, dropped)
  return wish === undefined ? {} : { service_tier: wish }
}

/** Of another tongue: as a default of a deployment it means nothing to hosts of this one. `service_tier` is in both. */
export const isForeign = (name: string): boolean =>
  name !== 'metadata' && (foreignNames.has(name) || (policies[name] ?? 'native') !== 'native')
const foreignNames = new Set(['max_completion_tokens', 'reasoning_effort', 'stop', 'response_format', 'user'])

/** Those of `rest` that go upstream. Names of the others are added to `dropped`, or thrown. */
export function printRest(
  rest: JsonObject,
  { dropParams, dropped }: { dropParams: boolean; dropped: string[] },
): JsonObject {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(rest)) {
    if (name === 'service_tier') continue
    const policy = policies[name] ?? 'refused'
    if (policy === 'native') kept[name] = value
    else if (policy === 'nicety' || dropParams) dropped.push(name)
    else throw unsupported(name, value)
  }
  return kept
}
