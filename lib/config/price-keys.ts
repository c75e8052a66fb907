import type { JsonObject } from '../core/json.ts'
import { fromDollars, fromDollarsPerToken, type Price } from '../core/money.ts'
import type { Path } from './document.ts'
import { amount } from './fields.ts'
import type { Reading } from './reading.ts'
import { isUnitKey } from './unit-keys.ts'

/** What a token can be: each is sold at a price of its own. */
export type Kind = Exclude<keyof Price, 'tiers' | 'serviceTiers' | 'source' | 'request' | 'webSearch'>

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

/** US$ 10^-12 per token. */
export type Kinds = Partial<Record<Kind, number>>
/** `tiers`: above that many tokens of the prompt. */
export type BySize = { base: Kinds; tiers: Map<number, Kinds> }
/** What an entry writes, before anything is added to it. */
export type Written = BySize & {
  /** By service tier. */
  served: Map<string, BySize>
  request?: number
  webSearch?: number
}

/** The prices that a section of an entry writes down, key by key. */
export function readPriceKeys(section: JsonObject, { path, reading }: { path: Path; reading: Reading }): Written {
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
