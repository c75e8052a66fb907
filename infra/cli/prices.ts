/** `npm run prices`: writes the price table of lib/providers from the price package, so that no package is loaded on the hot path. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findProvider, type MatchLogic, type ModelInfo, type ModelPrice } from '@pydantic/genai-prices'

const target = new URL('../../lib/providers/price-table.json', import.meta.url)

/** Providers that have a row of ours, and whose models each may also serve. */
const wanted = { openai: [], azure: ['openai', 'anthropic'], anthropic: [] } as const

/**
 * Left out: what our endpoints do not serve (speech, images, realtime), and what bills more than its usage says (searches
 * that a model runs without reporting them). Without a price, a hard budget refuses them; a low price would overdraw it.
 */
const leftOut = /realtime|transcribe|tts|whisper|image|search-preview|deep-research|computer-use|:free$|:extended$/

type Kinds = Record<string, number>
type PriceEntry = {
  names: string[]
  prefixes?: string[]
  context?: number
  price: Record<string, number | { above: number; price: Kinds }[]>
}

/** The table as the file has it. `asOf` (2026-11-21): which of several dated prices is in force. */
export function priceTable(asOf: string): string {
  const providers = Object.entries(wanted).map(([id, fallbacks]) => {
    const provider = findProvider({ providerId: id })
    if (!provider) throw new Error(`the price package knows no provider ${id}`)
    const entries = provider.models.flatMap((model) => entryOf(model, asOf))
    const lines = entries.map((entry) => `        ${JSON.stringify(entry)}`).join(',\n')
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
  const prices = pricesOn(model, asOf)
  const audio = /audio/.test(model.id) && !('input_audio_mtok' in prices)
  if (leftOut.test(model.id) || audio || !('input_mtok' in prices)) return []
  const names = namesOf(model).filter((name) => !leftOut.test(name))
  // Only an embedding has no output: anything else without an output price is unknown, not free.
  const sold = 'output_mtok' in prices ? names : names.filter((name) => name.includes('embedding'))
  const prefixes = sold.length ? [] : matchesOf(model.match, 'starts_with').filter((prefix) => prefix.startsWith('ft:'))
  if (!sold.length && !prefixes.length) return []
  return [
    {
      names: sold,
      ...(prefixes.length && { prefixes }),
      ...(model.context_window !== undefined && { context: model.context_window }),
      price: flat(prices),
    },
  ]
}

/**
 * Exact names. A prefix (`claude-sonnet-5`) counts as a name: with it, a later model of another price would match. Dates
 * behind a name are the reader's business.
 */
function namesOf(model: ModelInfo): string[] {
  const prefixes = matchesOf(model.match, 'starts_with').filter((prefix) => !/[-@]$|-20\d\d$|^ft:/.test(prefix))
  const names = [...matchesOf(model.match, 'equals'), ...prefixes]
  return names.length ? names : [model.id].filter((id) => !id.startsWith('ft:'))
}

function matchesOf(logic: MatchLogic, kind: 'equals' | 'starts_with'): string[] {
  if ('or' in logic) return logic.or.flatMap((part) => matchesOf(part, kind))
  return kind in logic ? [(logic as Record<string, string>)[kind] ?? ''] : []
}

function pricesOn({ id, prices }: ModelInfo, asOf: string): ModelPrice {
  if (!Array.isArray(prices)) return prices
  let found: ModelPrice | undefined
  for (const { constraint, prices: then } of prices) {
    if (constraint && constraint.type !== 'start_date')
      throw new Error(`${id}: a price by time of day is not understood`)
    if (!constraint || constraint.start_date <= asOf) found = then
  }
  if (!found) throw new Error(`${id} has no price on ${asOf}`)
  return found
}

const kinds: Record<string, string> = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cached',
  cache_write_mtok: 'cacheWrite',
  cache_write_1h_mtok: 'cacheWrite1h',
  input_audio_mtok: 'audioInput',
  output_audio_mtok: 'audioOutput',
}
const perMillion = 1e6 // US$ per million tokens to pico-dollars per token
const perThousand = 1e6 // US$ per thousand searches to nano-dollars per search

function flat(prices: ModelPrice): PriceEntry['price'] {
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
    const searches = prices.web_searches_kcount
    return typeof searches === 'number' ? { ...row, webSearch: Math.round(searches * perThousand) } : row
  }
  // The package's tier begins behind its start, ours with its first token.
  const tiers = [...starts].sort((a, b) => a - b).map((start) => ({ above: start + 1, price: at(start + 1) }))
  return { ...at(0), ...(tiers.length && { tiers }) }
}

if (import.meta.main) writeFileSync(target, priceTable(new Date().toISOString().slice(0, 10)))
