import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { priceTable } from '../../infra/cli/prices.ts'
import type { Deployment } from '../../lib/core/deployment.ts'
import { costOf, type Price } from '../../lib/core/money.ts'
import type { Usage } from '../../lib/core/usage.ts'
import { publishedOf } from '../../lib/providers/catalogue.ts'
import { limitsOf, priceOf } from '../../lib/providers/prices.ts'

const deployment = (provider: string, more: Partial<Deployment> = {}): Deployment => ({
  id: 'd',
  group: 'g',
  provider,
  model: 'm',
  headers: {},
  params: {},
  additionalDropParams: [],
  mode: 'chat',
  info: {},
  ...more,
})
const price = (provider: string, model: string, more: Partial<Deployment> = {}): Price | undefined =>
  priceOf(asLoaded(deployment(provider, { model, ...more })), model)

/** With what the config's loader looks up for it. */
const asLoaded = (read: Deployment): Deployment => ({ ...read, ...publishedOf(read) })

function cost(provider: string, model: string, usage: Usage): number {
  const found = price(provider, model)
  if (!found) throw new Error(`no price for ${provider}/${model}`)
  return costOf(found, usage)
}

it('is the table that the price package makes', () => {
  const written = readFileSync(new URL('../../lib/providers/price-table.json', import.meta.url), 'utf8')
  const { asOf } = JSON.parse(written) as { asOf: string }

  expect(priceTable(asOf)).toBe(written)
})

describe("the providers' published prices", () => {
  // By hand from the price lists, in nano-dollars: US$ per million tokens is thousands of nano-dollars per token.
  it.each([
    ['openai', 'gpt-4o-mini', { prompt: 1000, completion: 500 }, 1000 * 150 + 500 * 600],
    ['openai', 'gpt-4o-mini', { prompt: 1000, completion: 500, cached: 600 }, 400 * 150 + 600 * 75 + 500 * 600],
    ['openai', 'gpt-4o', { prompt: 1, completion: 1 }, 2500 + 10_000],
    ['openai', 'gpt-4o-2024-05-13', { prompt: 1, completion: 1, cached: 1 }, 5000 + 15_000],
    ['openai', 'o3', { prompt: 10, completion: 20, reasoning: 15 }, 10 * 2000 + 20 * 8000],
    ['openai', 'text-embedding-3-small', { prompt: 7, completion: 0 }, 7 * 20],
    ['openai', 'gpt-5.5', { prompt: 271_999, completion: 1 }, 271_999 * 5000 + 30_000],
    ['openai', 'gpt-5.5', { prompt: 272_000, completion: 1 }, 272_000 * 10_000 + 45_000],
    [
      'openai',
      'gpt-audio',
      { prompt: 10, completion: 10, audioInput: 4, audioOutput: 5 },
      6 * 2500 + 4 * 32_000 + 5 * 10_000 + 5 * 64_000,
    ],
    ['anthropic', 'claude-sonnet-4-5-20250929', { prompt: 100, completion: 10 }, 100 * 3000 + 10 * 15_000],
    [
      'anthropic',
      'claude-sonnet-4-5',
      { prompt: 1000, completion: 0, cached: 500, cacheWrite: 300, cacheWrite1h: 100 },
      200 * 3000 + 500 * 300 + 200 * 3750 + 100 * 6000,
    ],
    ['anthropic', 'claude-sonnet-4-5', { prompt: 200_000, completion: 0 }, 200_000 * 3000],
    ['anthropic', 'claude-sonnet-4-5', { prompt: 200_001, completion: 1 }, 200_001 * 6000 + 22_500],
    ['anthropic', 'claude-haiku-4-5', { prompt: 0, completion: 0, webSearches: 3 }, 30_000_000],
    ['azure', 'gpt-4o', { prompt: 1, completion: 1 }, 2500 + 10_000],
  ])('%s/%s with %j', (provider, model, usage, expected) => {
    expect(cost(provider, model, usage)).toBe(expected)
  })
})

describe('which price a model has', () => {
  it('is the config before the table, explicit zeros included', () => {
    const own: Price = { input: 0, output: 0, source: 'config' }

    expect(price('openai', 'gpt-4o', { price: own })).toBe(own)
  })

  it('names the table and its version', () => {
    expect(price('openai', 'gpt-4o')?.source).toMatch(/^genai-prices@\d+\.\d+\.\d+$/)
    expect(price('openai', 'gpt-5.5')?.tiers?.[0]?.price.source).toBe(price('openai', 'gpt-5.5')?.source)
  })

  it('follows dates and -latest to the family, but not to a name that merely begins alike', () => {
    expect(price('anthropic', 'claude-sonnet-4-5-20290101')).toEqual(price('anthropic', 'claude-sonnet-4-5'))
    expect(price('anthropic', 'claude-3-7-sonnet-latest')).toEqual(price('anthropic', 'claude-3-7-sonnet'))
    expect(price('openai', 'gpt-4o-2024-11-20')).toEqual(price('openai', 'gpt-4o'))
    expect(price('anthropic', 'claude-sonnet-5-9')).toBeUndefined()
    expect(price('openai', 'gpt-4o-turbo-max')).toBeUndefined()
  })

  it('knows fine-tuned models by what they were tuned from', () => {
    expect(price('openai', 'ft:gpt-4o-mini-2024-07-18:acme::abc')).toMatchObject({ input: 300_000, output: 1_200_000 })
  })

  it('goes by base_model where the deployment has a name of its own', () => {
    for (const baseModel of ['gpt-4o', 'azure/gpt-4o', 'openai/gpt-4o-2024-08-06'])
      expect(price('azure', 'prod-eu', { baseModel })).toMatchObject({ input: 2_500_000 })
    expect(price('hosted_vllm', 'x', { baseModel: 'gpt-4o' })).toMatchObject({ input: 2_500_000 })
    expect(price('azure', 'prod-eu')).toBeUndefined()
  })

  it('is unknown, never free, for servers of one own and for models that bill more than their usage', () => {
    for (const model of [
      'gpt-4o-search-preview',
      'gpt-4o-mini-search-preview',
      'gpt-4o-audio-preview',
      'whisper-1',
      'gpt-9',
    ])
      expect(price('openai', model)).toBeUndefined()
    expect(price('ollama', 'llama3.1')).toBeUndefined()
    expect(price('litellm_proxy', 'gpt-4o')).toBeUndefined()
    expect(price('azure', 'mai-ds-r1:free')).toBeUndefined()
  })
})

describe('the limits of a model', () => {
  it.each([
    ['openai', 'gpt-4o-mini-2024-07-18', { maxInput: 128_000, maxOutput: 16_384 }],
    ['openai', 'gpt-4o-2024-05-13', { maxInput: 128_000, maxOutput: 4096 }],
    ['openai', 'gpt-5-chat-latest', { maxInput: 400_000, maxOutput: 16_384 }],
    ['anthropic', 'claude-opus-4-1-20250805', { maxInput: 200_000, maxOutput: 32_000 }],
    ['anthropic', 'claude-sonnet-5', { maxInput: 1_000_000, maxOutput: 128_000 }],
    ['azure', 'gpt-4o', { maxInput: 128_000, maxOutput: 16_384 }],
    ['ollama', 'llama3.1', {}],
  ])('%s/%s: %j', (provider, model, limits) => {
    expect(limitsOf(asLoaded(deployment(provider, { model })), model)).toEqual(limits)
  })

  it('are the config before the tables', () => {
    const own = asLoaded(deployment('openai', { model: 'gpt-4o', maxInputTokens: 10, maxOutputTokens: 5 }))

    expect(limitsOf(own, 'gpt-4o')).toEqual({ maxInput: 10, maxOutput: 5 })
  })
})
