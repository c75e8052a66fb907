import type { Price } from '../core/money.ts'
import type { MaxPrice } from '../dialects/dialect.ts'
import { lowImageTokens } from '../dialects/openai/media-bounds.ts'
import type { HostChoice } from '../providers/provider.ts'
import { sendsCap } from './flat-terms.ts'
import { isHard, type Job } from './job.ts'
import type { Terms } from './terms.ts'

type Kinds = Omit<Price, 'tiers' | 'serviceTiers'>

const inputKinds = ['input', 'cached', 'cacheWrite', 'cacheWrite1h', 'audioInput', 'cachedAudio', 'imageInput'] as const
const outputKinds = ['output', 'reasoning', 'audioOutput', 'imageOutput'] as const

/** Endpoints whose requests say which hosts may serve them. */
const choosing: ReadonlySet<string> = new Set(['chat', 'completions', 'embeddings', 'pass'])

/** Terms that bound what any host can cost, where there is a hard budget; a model's name that stands for many has no bound. */
export function atAnyHost(job: Job, terms: Terms, { choice, model }: { choice: HostChoice; model: string }): Terms {
  const { price, holdPrice, bounds } = terms
  if (choice.unboundedModels.test(model) && bounds.unbounded === undefined)
    return { ...terms, bounds: { ...bounds, unbounded: 'model' } }
  if (!price || !holdPrice || !isHard(job.scopes) || !choosing.has(job.task.kind)) return terms
  return { ...terms, ...roofed({ price, holdPrice, bounds }, choice, !sendsCap(job.task.kind)) }
}

/** US$ 10^-12 per token in dollars per million tokens. */
const picoPerDollar = 1e6
const nanoPerDollar = 1e9

/**
 * The worst price where a provider chooses among hosts, and the roof that it is given for its choice: the table's with some headroom,
 * or the request's own, where that is stricter. Prices of other kinds (caches, reasoning) are taken to be in the table's proportion.
 */
function roofed(
  { price, holdPrice, bounds: { maxPrice = {} } }: Pick<Terms, 'bounds'> & { price: Price; holdPrice: Price },
  { headroom, surcharge }: HostChoice,
  flat: boolean,
): { holdPrice: Price; roof: MaxPrice } {
  const factor = (table: number, own: number | undefined) =>
    own === undefined || table === 0 ? headroom : Math.min(headroom, (own * picoPerDollar * surcharge) / table)
  const by = { input: factor(price.input, maxPrice.prompt), output: factor(price.output, maxPrice.completion) }
  const fee = Math.min((price.request ?? 0) * headroom, (maxPrice.request ?? Infinity) * nanoPerDollar)
  // An answer that no cap can shorten is held for as one amount.
  const request = Math.ceil(flat ? (holdPrice.request ?? 0) * headroom : fee)
  const perMillion = (pico: number) => Math.floor(pico / surcharge) / picoPerDollar
  const input = price.input * by.input
  return {
    holdPrice: { ...times(holdPrice, by), ...(request > 0 && { request }) },
    roof: {
      prompt: perMillion(input),
      completion: perMillion(price.output * by.output),
      request: Math.floor(fee / surcharge) / nanoPerDollar,
      // Every picture counts as this many tokens of the prompt at least (`boundsOf`).
      image: Math.floor((lowImageTokens * input) / 1000 / surcharge) / nanoPerDollar,
    },
  }
}

type Factors = { input: number; output: number }

function times({ tiers, serviceTiers, ...base }: Price, by: Factors): Price {
  const served = Object.entries(serviceTiers ?? {}).map(([name, of]) => [name, times(of, by)] as const)
  return {
    ...scaled(base, by),
    ...(tiers && { tiers: tiers.map((tier) => ({ ...tier, price: scaled(tier.price, by) })) }),
    ...(served.length > 0 && { serviceTiers: Object.fromEntries(served) }),
  }
}

function scaled(price: Kinds, by: Factors): Kinds {
  const result: Kinds = { ...price }
  for (const kind of inputKinds) if (price[kind] !== undefined) result[kind] = Math.ceil(price[kind] * by.input)
  for (const kind of outputKinds) if (price[kind] !== undefined) result[kind] = Math.ceil(price[kind] * by.output)
  return result
}
