import type { Usage } from './usage.ts'

/** Integer billionths of a US dollar. Exact as a JS number up to $9.0 M. */
export type NanoDollars = number

/** Integer US$ 10^-12 per token: $1 per million tokens is 1,000,000. Exact for every published price. */
export type PicoPerToken = number

/** The limit of a window that only watches (soft budgets, tracking). */
export const unlimited: NanoDollars = 9e15

/** Prices of one model. A kind that has no price of its own is charged as `input` or `output`. */
export type Price = {
  input: PicoPerToken
  output: PicoPerToken
  cached?: PicoPerToken
  cacheWrite?: PicoPerToken
  cacheWrite1h?: PicoPerToken
  audioInput?: PicoPerToken
  audioOutput?: PicoPerToken
  reasoning?: PicoPerToken
  /** Nano-dollars per request, and per search the provider ran. */
  request?: NanoDollars
  webSearch?: NanoDollars
  /** From `above` prompt tokens (inclusive count) on, the whole request is charged at these prices. Ascending. */
  tiers?: { above: number; price: Omit<Price, 'tiers'> }[]
  /** `config`, or the price table, with its version: recorded with every cost. */
  source: string
}

const nanoPerDollar = 1e9

/** Dollars as people write them, to nano-dollars, rounded to the nearest. */
export const fromDollars = (dollars: number): NanoDollars => Math.round(dollars * nanoPerDollar)

export const toDollars = (nano: NanoDollars): number => nano / nanoPerDollar

/** US$ per token (LiteLLM's unit) to pico-dollars per token. */
export const fromDollarsPerToken = (dollars: number): PicoPerToken => Math.round(dollars * 1e12)

/** The tier that the prompt falls into: a cliff, the whole request is repriced. */
export function tierOf(price: Price, promptTokens: number): Omit<Price, 'tiers'> {
  let found: Omit<Price, 'tiers'> = price
  for (const tier of price.tiers ?? []) if (promptTokens >= tier.above) found = tier.price
  return found
}

/**
 * What this usage costs: computed exactly in integers, rounded up once, to the next nano-dollar.
 * Counts that contradict each other (more cached than prompt tokens) are clamped, never negative.
 */
export function costOf(price: Price, usage: Usage): NanoDollars {
  const p = tierOf(price, usage.prompt)
  const part = (count: number | undefined, of: number) => Math.min(Math.max(count ?? 0, 0), of)
  let input = Math.max(usage.prompt, 0)
  const take = (count: number | undefined) => {
    const n = part(count, input)
    input -= n
    return n
  }
  const cached = take(usage.cached)
  const write1h = take(part(usage.cacheWrite1h, usage.cacheWrite ?? usage.cacheWrite1h ?? 0))
  const write = take((usage.cacheWrite ?? 0) - write1h)
  const audioIn = take(usage.audioInput)
  const reasoning = part(usage.reasoning, usage.completion)
  const audioOut = part(usage.audioOutput, usage.completion - reasoning)
  const write5mPrice = p.cacheWrite ?? p.input
  const pico =
    input * p.input +
    cached * (p.cached ?? p.input) +
    write * write5mPrice +
    write1h * (p.cacheWrite1h ?? write5mPrice) +
    audioIn * (p.audioInput ?? p.input) +
    (usage.completion - reasoning - audioOut) * p.output +
    reasoning * (p.reasoning ?? p.output) +
    audioOut * (p.audioOutput ?? p.output)
  return Math.ceil(pico / 1000) + (p.request ?? 0) + (usage.webSearches ?? 0) * (p.webSearch ?? 0)
}

/** The most that `input` and `output` tokens can cost in any tier and of any kind: what a hold must cover. */
export function worstCost(price: Price, input: number, output: number): NanoDollars {
  const worst = (p: Omit<Price, 'tiers'>) => {
    const most = (...of: (number | undefined)[]) => Math.max(...of.map((x) => x ?? 0))
    const pico =
      input * most(p.input, p.cached, p.cacheWrite, p.cacheWrite1h, p.audioInput) +
      output * most(p.output, p.reasoning, p.audioOutput)
    return Math.ceil(pico / 1000) + (p.request ?? 0)
  }
  return Math.max(worst(price), ...(price.tiers ?? []).filter((t) => input >= t.above).map((t) => worst(t.price)))
}

/** The same prices where nothing is written to the provider's cache: what a hold need cover of a request that asks for no cache. */
export function withoutCacheWrites(price: Price): Price {
  const bare = <P extends Omit<Price, 'tiers'>>({ cacheWrite: _short, cacheWrite1h: _long, ...rest }: P) => rest
  const { tiers, ...base } = price
  return {
    ...bare(base),
    ...(tiers && { tiers: tiers.map((tier) => ({ above: tier.above, price: bare(tier.price) })) }),
  }
}

/** True where both directions are explicitly free. */
export const isFree = (price: Price): boolean =>
  worstCost(price, 1_000_000, 1_000_000) === 0 && (price.request ?? 0) === 0
