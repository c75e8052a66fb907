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
  /** Audio, and pictures, that came from the provider's cache. */
  cachedAudio?: PicoPerToken
  imageInput?: PicoPerToken
  imageOutput?: PicoPerToken
  reasoning?: PicoPerToken
  /** Nano-dollars per request, and per search the provider ran. */
  request?: NanoDollars
  webSearch?: NanoDollars
  /** From `above` prompt tokens (inclusive count) on, the whole request is charged at these prices. Ascending. */
  tiers?: { above: number; price: Omit<Price, 'tiers' | 'serviceTiers'> }[]
  /** What the same costs where it is served at another tier, by OpenAI's names, or by Anthropic's multipliers (`fast`, `us`, `fast us`). */
  serviceTiers?: Readonly<Record<string, Omit<Price, 'serviceTiers'>>>
  /** `config`, or the price table, with its version: recorded with every cost. */
  source: string
}

/** Prices of what is not sold by tokens. */
export type UnitPrices = {
  /** Nano-dollars per picture; `images` by quality and size (`hd/1024x1792`), where they differ. */
  image?: NanoDollars
  images?: Record<string, NanoDollars>
  /** Per character of a text to be spoken: US$1 per million is 1,000,000. */
  character?: PicoPerToken
  /** Nano-dollars per hour of audio, and how many seconds are charged at least. */
  audioHour?: NanoDollars
  audioSecondsLeast?: number
  /** Nano-dollars per search unit: a query with up to 100 documents. */
  searchUnit?: NanoDollars
  source: string
}

/** How much was used of what is not sold by tokens. */
export type Units = {
  images?: number
  imageKind?: string
  characters?: number
  audioSeconds?: number
  searchUnits?: number
}

const nanoPerDollar = 1e9

/** Dollars as people write them, to nano-dollars, rounded to the nearest. */
export const fromDollars = (dollars: number): NanoDollars => Math.round(dollars * nanoPerDollar)

export const toDollars = (nano: NanoDollars): number => nano / nanoPerDollar

/** US$ per token (LiteLLM's unit) to pico-dollars per token. */
export const fromDollarsPerToken = (dollars: number): PicoPerToken => Math.round(dollars * 1e12)

/** The tier that the prompt falls into: a cliff, the whole request is repriced. */
function tierOf(price: Price, promptTokens: number): Omit<Price, 'tiers'> {
  let found: Omit<Price, 'tiers'> = price
  for (const tier of price.tiers ?? []) if (promptTokens >= tier.above) found = tier.price
  return found
}

/**
 * What this usage costs: computed exactly in integers, rounded up once, to the next nano-dollar.
 * Counts that contradict each other (more cached than prompt tokens) are clamped, never negative.
 */
export function costOf(price: Price, counted: Usage): NanoDollars {
  const usage = paidFor(counted)
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
  const imageIn = take(usage.imageInput)
  const reasoning = part(usage.reasoning, usage.completion)
  const audioOut = part(usage.audioOutput, usage.completion - reasoning)
  // Who sells pictures and does not tell their tokens apart is charged for as if all were.
  const said = usage.imageOutput ?? (p.imageOutput === undefined ? 0 : Infinity)
  const imageOut = part(said, usage.completion - reasoning - audioOut)
  const write5mPrice = p.cacheWrite ?? p.input
  const pico =
    input * p.input +
    cached * (p.cached ?? p.input) +
    write * write5mPrice +
    write1h * (p.cacheWrite1h ?? write5mPrice) +
    audioIn * (p.audioInput ?? p.input) +
    imageIn * (p.imageInput ?? p.input) +
    (usage.completion - reasoning - audioOut - imageOut) * p.output +
    imageOut * (p.imageOutput ?? p.output) +
    reasoning * (p.reasoning ?? p.output) +
    audioOut * (p.audioOutput ?? p.output)
  return Math.ceil(pico / 1000) + (p.request ?? 0) + (usage.webSearches ?? 0) * (p.webSearch ?? 0)
}

/** Where the provider bills fewer tokens than it counts, what it read from its cache is among those it does not bill. */
function paidFor(usage: Usage): Usage {
  const { billedPrompt, billedCompletion, ...counted } = usage
  if (billedPrompt === undefined && billedCompletion === undefined) return usage
  const { cached: _, ...rest } = counted
  return { ...rest, prompt: billedPrompt ?? usage.prompt, completion: billedCompletion ?? usage.completion }
}

/** The most that `input` and `output` tokens can cost in any tier of size or service and of any kind: what a hold must cover. */
export function worstCost(price: Price, input: number, output: number): NanoDollars {
  const worst = (p: Omit<Price, 'tiers'>) => {
    const most = (...of: (number | undefined)[]) => Math.max(...of.map((x) => x ?? 0))
    const pico =
      input * most(p.input, p.cached, p.cacheWrite, p.cacheWrite1h, p.audioInput, p.cachedAudio, p.imageInput) +
      output * most(p.output, p.reasoning, p.audioOutput, p.imageOutput)
    return Math.ceil(pico / 1000) + (p.request ?? 0)
  }
  const ofSize = ({ tiers = [], ...base }: Price) =>
    Math.max(worst(base), ...tiers.filter(({ above }) => input >= above).map((tier) => worst(tier.price)))
  return Math.max(ofSize(price), ...Object.values(price.serviceTiers ?? {}).map(ofSize))
}

/** The same prices where nothing is written to the provider's cache: what a hold need cover of a request that asks for no cache. */
export const withoutCacheWrites = (price: Price): Price =>
  everywhere(price, ({ cacheWrite: _short, cacheWrite1h: _long, ...rest }) => rest)

/** And where whatever is written is kept for the usual time. */
export const withoutLongCacheWrites = (price: Price): Price =>
  everywhere(price, ({ cacheWrite1h: _long, ...rest }) => rest)

/** Changed alike in every tier of size and service. */
function everywhere(price: Price, change: (kinds: Kinds) => Kinds): Price {
  const { tiers, serviceTiers, ...base } = price
  const served = Object.entries(serviceTiers ?? {}).map(([name, of]) => [name, everywhere(of, change)] as const)
  return {
    ...change(base),
    ...(tiers && { tiers: tiers.map((tier) => ({ above: tier.above, price: change(tier.price) })) }),
    ...(served.length > 0 && { serviceTiers: Object.fromEntries(served) }),
  }
}
type Kinds = Omit<Price, 'tiers' | 'serviceTiers'>

/** True where both directions are explicitly free. */
export const isFree = (price: Price): boolean =>
  worstCost(price, 1_000_000, 1_000_000) === 0 && (price.request ?? 0) === 0

/** The price at which a service tier is charged, where it has one of its own. */
export const atServiceTier = (price: Price, tier: string): Price | undefined =>
  Object.entries(price.serviceTiers ?? {}).find(([name]) => name === tier)?.[1]

/** The price with those of these service tiers alone that it knows. */
export function withServiceTiers(price: Price, names: readonly string[]): Price {
  const { serviceTiers, ...base } = price
  const kept = Object.entries(serviceTiers ?? {}).filter(([name]) => names.includes(name))
  return kept.length > 0 ? { ...base, serviceTiers: Object.fromEntries(kept) } : base
}

/** What these units cost, rounded up to the next nano-dollar; undefined where one of them has no price. Never negative. */
export function unitCostOf(prices: UnitPrices, units: Units): NanoDollars | undefined {
  const { images = 0, imageKind, characters = 0, audioSeconds, searchUnits = 0 } = units
  const image = (imageKind === undefined ? undefined : prices.images?.[imageKind]) ?? prices.image
  const seconds = audioSeconds === undefined ? 0 : Math.max(audioSeconds, prices.audioSecondsLeast ?? 0)
  const parts: [number, number | undefined, number][] = [
    [images, image, 1],
    [characters, prices.character, 1000],
    [seconds, prices.audioHour, 3600],
    [searchUnits, prices.searchUnit, 1],
  ]
  let nano = 0
  for (const [count, price, per] of parts) {
    if (count <= 0) continue
    if (price === undefined) return undefined
    nano += Math.ceil((count * price) / per)
  }
  return nano
}
