/** `npm run prices`: writes the price table of lib/providers from the price package, so that no package is loaded on the hot path. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findProvider, type MatchLogic, type ModelInfo, type ModelPrice } from '@pydantic/genai-prices'

const target = new URL('../../lib/providers/price-table.json', import.meta.url)

/** The package's providers that have a row of ours. */
const wanted =
  `anthropic aws azure baseten cerebras cloudflare cohere deepseek fireworks google groq minimax mistral moonshotai
  novita openai openrouter ovhcloud perplexity together voyageai x-ai zai zhipuai`.split(/\s+/)

/**
 * Left out: what our endpoints do not serve (realtime), and what bills more than its usage says (searches that a model runs
 * without reporting them, pictures without a price of their own). Without a price, a hard budget refuses them; a low price would
 * overdraw it.
 */
const leftOut =
  /realtime|live|voice|sonic|search-preview|sonar-pro-search|deep-research|computer-use|:free$|:extended$|:online$/

type Kinds = Record<string, number>
type Price = Record<string, number | { above: number; price: Kinds }[]>
type PriceEntry = {
  names: string[]
  context?: number
  price?: Price
  units?: { audioHour: number }
  hours?: { from: number; to: number; price: Kinds }[]
}

/** The table as the file has it. `asOf` (2026-11-21): which of several dated prices is in force. */
export function priceTable(asOf: string): string {
  const providers = wanted.map((id) => {
    const provider = findProvider({ providerId: id })
    if (!provider) throw new Error(`the price package knows no provider ${id}`)
    const entries = provider.models.flatMap((model) => entryOf(model, asOf))
    const lines = entries.map((entry) => `        ${JSON.stringify(entry)}`).join(',\n')
    const fallbacks = (provider.fallback_model_providers ?? []).filter((other) => wanted.includes(other))
    return `    ${JSON.stringify(id)}: {\n      "fallbacks": ${JSON.stringify(fallbacks)},\n      "models": [\n${lines}\n      ]\n    }`
  })
  const head = `  "source": ${JSON.stringify(`genai-prices@${version()}`)},\n  "asOf": ${JSON.stringify(asOf)},`
  return `{\n${head}\n  "providers": {\n${providers.join(',\n')}\n  }\n}\n`
}

function version(): string {
  const main = createRequire(import.meta.url).resolve('@pydantic/genai-prices')
  const { version } = JSON.parse(readFileSync(join(dirname(main), '../package.json'), 'utf8')) as { version: string }
  return version
}

function entryOf(model: ModelInfo, asOf: string): PriceEntry[] {
  const { now: prices, hours } = pricesOn(model, asOf)
  const audio = /audio/.test(model.id) && !('input_audio_mtok' in prices)
  const image = /image/.test(model.id) && !('input_image_mtok' in prices || 'output_image_mtok' in prices)
  const named = namesOf(model).filter((name) => !leftOut.test(name))
  if (leftOut.test(model.id)) return []
  if (typeof prices.audio_hours === 'number' && !('input_mtok' in prices))
    return [{ names: named, units: { audioHour: Math.round(prices.audio_hours * nanoPerDollar) } }]
  if (audio || image || !('input_mtok' in prices)) return []
  // Only an embedding has no output: anything else without an output price is unknown, not free.
  const names = 'output_mtok' in prices ? named : named.filter((name) => /embed|^voyage/.test(name))
  if (!names.length) return []
  return [
    {
      names,
      ...(model.context_window !== undefined && { context: model.context_window }),
      price: /claude/.test(model.id) ? withLongCache(flat(prices)) : flat(prices),
      ...(hours.length > 0 && { hours }),
    },
  ]
}

/**
 * Exact names. A part of a name (`claude-sonnet-5`) counts as a name: with it, a later model of another price would match. Dates
 * behind a name, and what hosts put in front of it, are the reader's business. What was tuned is known by what it was tuned from.
 */
function namesOf(model: ModelInfo): string[] {
  const parts = ['starts_with', 'contains', 'ends_with'].flatMap((kind) => matchesOf(model.match, kind))
  const tuned = parts.filter((part) => part.startsWith('ft:')).map((part) => `${part}*`)
  const whole = parts.map((part) => part.replace(/[-@]$/, '')).filter((part) => !/-20\d\d$|^ft:/.test(part))
  const exact = matchesOf(model.match, 'equals')
  return [...new Set([...exact, ...whole, ...(model.id.startsWith('ft:') ? [] : [model.id]), ...tuned])]
}

function matchesOf(logic: MatchLogic, kind: string): string[] {
  if ('or' in logic) return logic.or.flatMap((part) => matchesOf(part, kind))
  return kind in logic ? [(logic as Record<string, string>)[kind] ?? ''] : []
}

type Dated = { now: ModelPrice; hours: NonNullable<PriceEntry['hours']> }

/** The prices in force, and those of single hours of the day: of the latter only what stands behind the last date. */
function pricesOn({ id, prices }: ModelInfo, asOf: string): Dated {
  if (!Array.isArray(prices)) return { now: prices, hours: [] }
  let found: ModelPrice | undefined
  let hours: Dated['hours'] = []
  for (const { constraint, prices: then } of prices) {
    if (constraint?.type === 'time_of_date') {
      hours.push({
        from: minuteOf(constraint.start_time),
        to: minuteOf(constraint.end_time),
        price: flat(then) as Kinds,
      })
    } else if (!constraint || constraint.start_date <= asOf) {
      found = then
      hours = []
    }
  }
  if (!found) throw new Error(`${id} has no price on ${asOf}`)
  return { now: found, hours }
}

/** `16:30:00Z` */
function minuteOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  if (!time.endsWith('Z')) throw new Error(`a time of day that is not UTC: ${time}`)
  return hour * 60 + minute
}

const kinds: Record<string, string> = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cached',
  cache_write_mtok: 'cacheWrite',
  cache_write_1h_mtok: 'cacheWrite1h',
  input_audio_mtok: 'audioInput',
  output_audio_mtok: 'audioOutput',
  output_reasoning_mtok: 'reasoning',
  cache_audio_read_mtok: 'cachedAudio',
  input_image_mtok: 'imageInput',
  output_image_mtok: 'imageOutput',
}
/**
 * Anthropic's own rule, on every cloud: a cache that lives for an hour is written at twice the price of input (prompt caching
 * documentation, pricing). Left out of the package for most hosts, it must not be charged as the short one.
 */
function withLongCache({ tiers, ...base }: Price): Price {
  const long = <Row extends Price | Kinds>(row: Row): Row =>
    'cacheWrite' in row && !('cacheWrite1h' in row) ? { ...row, cacheWrite1h: Number(row.input) * 2 } : row
  const above = Array.isArray(tiers) ? tiers.map((tier) => ({ ...tier, price: long(tier.price) })) : undefined
  return { ...long(base), ...(above && { tiers: above }) }
}

const nanoPerDollar = 1e9
const perMillion = 1e6 // US$ per million tokens to pico-dollars per token
const perThousand = 1e6 // US$ per thousand to nano-dollars each
/** Prices by the piece, in thousands. */
const pieces: Record<string, string> = { web_searches_kcount: 'webSearch', requests_kcount: 'request' }

function flat(prices: ModelPrice): Price {
  const starts = new Set<number>()
  for (const price of Object.values(prices))
    if (typeof price === 'object') for (const tier of price.tiers) starts.add(tier.start)
  const at = (tokens: number): Kinds => {
    const row: Kinds = { output: 0 }
    for (const [key, kind] of Object.entries(kinds)) {
      const price = prices[key]
      if (price === undefined) continue
      const dollars =
        typeof price === 'number' ? price : (price.tiers.findLast((tier) => tokens > tier.start)?.price ?? price.base)
      row[kind] = Math.round(dollars * perMillion)
    }
    for (const [key, kind] of Object.entries(pieces)) {
      const price = prices[key]
      if (typeof price === 'number') row[kind] = Math.round(price * perThousand)
    }
    return row
  }
  // The package's tier begins behind its start, ours with its first token.
  const tiers = [...starts].sort((a, b) => a - b).map((start) => ({ above: start + 1, price: at(start + 1) }))
  return { ...at(0), ...(tiers.length && { tiers }) }
}

if (import.meta.main) writeFileSync(target, priceTable(new Date().toISOString().slice(0, 10)))
