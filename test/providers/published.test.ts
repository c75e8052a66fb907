import { describe, expect, it } from 'vitest'
import {
  atServiceTier,
  costOf,
  isFree,
  type Units,
  unitCostOf,
  withServiceTiers,
  worstCost,
} from '../../lib/core/money.ts'
import type { Deployment, Known } from '../../lib/core/deployment.ts'
import type { Usage } from '../../lib/core/usage.ts'
import { find, publishedOf } from '../../lib/providers/catalogue.ts'
import { namesOf } from '../../lib/providers/model-names.ts'
import supplement from '../../lib/providers/price-supplement.json' with { type: 'json' }
import { limitsOf, priceOf, unitsOf } from '../../lib/providers/prices.ts'

const deployment = (provider: string, model: string, more: Partial<Deployment> = {}): Deployment => {
  const read: Deployment = {
    id: 'd',
    group: 'g',
    provider,
    model,
    headers: {},
    params: {},
    additionalDropParams: [],
    mode: 'chat',
    info: {},
    ...more,
  }
  return { ...read, ...publishedOf(read) }
}

function published(priceId: string, name: string): Known {
  const known = find({ priceId, name })
  if (!known) throw new Error(`nothing is published of ${priceId}/${name}`)
  return known
}

function cost(priceId: string, name: string, usage: Usage): number {
  const { price } = published(priceId, name)
  if (!price) throw new Error(`${priceId}/${name} has no price`)
  return costOf(price, usage)
}

describe("each provider's published prices", () => {
  // By hand from the price lists: US$ per million tokens is thousands of nano-dollars per token.
  it.each<[string, string, Usage, number]>([
    ['google', 'gemini-2.5-pro', { prompt: 200_000, completion: 1 }, 200_000 * 1250 + 10_000],
    [
      'google',
      'gemini-2.5-pro',
      { prompt: 200_001, completion: 2, cached: 100_000 },
      100_001 * 2500 + 100_000 * 250 + 2 * 15_000,
    ],
    ['google', 'gemini-2.5-flash', { prompt: 10, completion: 0, audioInput: 4 }, 6 * 300 + 4 * 1000],
    ['google', 'gemini-2.5-flash', { prompt: 0, completion: 9, reasoning: 5 }, 9 * 2500],
    ['google', 'gemini-2.5-flash-image', { prompt: 10, completion: 1290, imageOutput: 1290 }, 3000 + 1290 * 30_000],
    ['google', 'gemini-2.5-flash-image', { prompt: 0, completion: 10, imageOutput: 4 }, 6 * 2500 + 4 * 30_000],
    // Unsaid, all of it may have been a picture.
    ['google', 'gemini-2.5-flash-image', { prompt: 0, completion: 10 }, 10 * 30_000],
    ['aws', 'global.anthropic.claude-haiku-4-5-20251001-v1:0', { prompt: 1, completion: 1 }, 1000 + 5000],
    ['aws', 'us.anthropic.claude-haiku-4-5-20251001-v1:0', { prompt: 1, completion: 1 }, 1100 + 5500],
    ['aws', 'anthropic.claude-haiku-4-5-20251001-v1:0', { prompt: 10, completion: 0, cached: 9 }, 1100 + 9 * 110],
    [
      'aws',
      'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
      { prompt: 100, completion: 0, cacheWrite: 100, cacheWrite1h: 60 },
      40 * 4125 + 60 * 6600,
    ],
    ['aws', 'us.amazon.nova-lite-v1:0', { prompt: 1000, completion: 1000, cached: 500 }, 30_000 + 7500 + 240_000],
    ['mistral', 'mistral-large-2512', { prompt: 100, completion: 10, cached: 50 }, 50 * 500 + 50 * 50 + 10 * 1500],
    ['x-ai', 'grok-4.3', { prompt: 199_999, completion: 1 }, 199_999 * 1250 + 2500],
    ['x-ai', 'grok-4.3-latest', { prompt: 200_000, completion: 1 }, 200_000 * 2500 + 5000],
    ['groq', 'llama-3.3-70b-versatile', { prompt: 100, completion: 10 }, 100 * 590 + 10 * 790],
    ['cerebras', 'llama-3.3-70b', { prompt: 100, completion: 10 }, 100 * 850 + 10 * 1200],
    ['together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', { prompt: 9, completion: 1 }, 10 * 1040],
    ['cohere', 'command-a-03-2025', { prompt: 100, completion: 10 }, 100 * 2500 + 10 * 10_000],
    ['voyageai', 'voyage-3.5', { prompt: 100, completion: 0 }, 100 * 60],
    ['voyageai', 'rerank-2.5-lite', { prompt: 100, completion: 0 }, 100 * 20],
    ['moonshotai', 'kimi-k2.5', { prompt: 10, completion: 1, cached: 9 }, 600 + 9 * 100 + 3000],
    ['minimax', 'MiniMax-M2', { prompt: 10, completion: 1, cached: 5, cacheWrite: 5 }, 5 * 30 + 5 * 375 + 1200],
    // And US$12 for a thousand requests.
    ['perplexity', 'sonar', { prompt: 10, completion: 10 }, 20 * 1000 + 12_000_000],
    [
      'openrouter',
      'anthropic/claude-sonnet-4.5',
      { prompt: 10, completion: 1, cached: 4, cacheWrite: 3, cacheWrite1h: 1 },
      3 * 3000 + 4 * 300 + 2 * 3750 + 6000 + 15_000,
    ],
    ['openai', 'gpt-image-1', { prompt: 30, completion: 10, imageInput: 20 }, 10 * 5000 + 20 * 10_000 + 10 * 40_000],
    [
      'openai',
      'gpt-6.1-sol',
      { prompt: 100, completion: 1, cached: 50, cacheWrite: 40 },
      20_000 + 5000 + 100_000 + 10_000,
    ],
    ['openai', 'gpt-6.1-sol', { prompt: 272_001, completion: 2, cached: 1 }, 272_000 * 4000 + 200 + 2 * 15_000],
    // For half an hour, and for twelve.
    ['openai', 'gpt-6-sol', { prompt: 100, completion: 0, cacheWrite: 100, cacheWrite1h: 60 }, 40 * 2500 + 60 * 5000],
    ['openai', 'gpt-5.6', { prompt: 272_001, completion: 0, cacheWrite: 1, cacheWrite1h: 1 }, 272_000 * 8000 + 20_000],
    ['openai', 'gpt-5.5', { prompt: 0, completion: 1, webSearches: 2 }, 30_000 + 20_000_000],
    // Both kinds of caches, and from 100,001 tokens on the whole request.
    ['anthropic', 'claude-haiku-5-5', { prompt: 100_000, completion: 10 }, 100_000 * 100 + 10 * 500],
    [
      'anthropic',
      'claude-haiku-5-5',
      { prompt: 100_001, completion: 10, cached: 1, cacheWrite: 100, cacheWrite1h: 60 },
      99_900 * 500 + 50 + 40 * 625 + 60 * 1000 + 10 * 2500,
    ],
    ['anthropic', 'claude-sonnet-5-5', { prompt: 10, completion: 1, cached: 5 }, 5 * 2000 + 5 * 100 + 10_000],
    ['aws', 'eu.anthropic.claude-sonnet-5-5', { prompt: 10, completion: 1 }, 10 * 2200 + 11_000],
    ['google', 'gemini-4-argon', { prompt: 10, completion: 3, cached: 5, reasoning: 2 }, 5 * 2000 + 5 * 100 + 30_000],
    ['google', 'gemini-2.5-flash', { prompt: 10, completion: 0, cached: 6, audioInput: 4 }, 6 * 30 + 4 * 1000],
    ['x-ai', 'grok-4.7', { prompt: 200_000, completion: 1, cached: 100_000 }, 100_000 * 5000 + 12_000],
    ['dashscope', 'qwen3-max', { prompt: 32_001, completion: 1 }, 32_001 * 2400 + 12_000],
    // A regional profile costs what its region does, and an alias what it stands for, not what its beginning once did.
    ['aws', 'eu.amazon.nova-pro-v1:0', { prompt: 10, completion: 1 }, 10 * 1050 + 4200],
    ['aws', 'us-gov.anthropic.claude-opus-5-5', { prompt: 10, completion: 1 }, 10 * 4800 + 24_000],
    ['aws', 'us.openai.gpt-5.5', { prompt: 272_001, completion: 1 }, 272_001 * 11_000 + 49_500],
    ['google', 'gemini-pro-latest', { prompt: 200_001, completion: 1 }, 200_001 * 4000 + 18_000],
    ['mistral', 'mistral-small-latest', { prompt: 10, completion: 1 }, 10 * 150 + 600],
    ['zai', 'glm-5', { prompt: 10, completion: 1, cached: 4 }, 6 * 1000 + 4 * 200 + 3200],
    ['aws', 'cohere.embed-v4:0', { prompt: 100, completion: 0 }, 100 * 120],
    // Beyond the window that is on record there is a beta, at another price.
    [
      'aws',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      { prompt: 200_000, completion: 1 },
      200_000 * 3300 + 16_500,
    ],
    [
      'aws',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      { prompt: 200_001, completion: 1, cached: 1 },
      200_000 * 6600 + 660 + 24_750,
    ],
    ['aws', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0', { prompt: 200_001, completion: 0 }, 200_001 * 6000],
    ['aws', 'us-gov.openai.gpt-oss-120b-1:0', { prompt: 10, completion: 1 }, 10 * 180 + 720],
    // Of two lists the dearer.
    ['azure', 'text-embedding-3-large', { prompt: 100, completion: 0 }, 100 * 143],
    ['azure', 'gpt-4o', { prompt: 100, completion: 0 }, 100 * 2500],
    ['mistral', 'mistral-medium', { prompt: 10, completion: 1 }, 10 * 1500 + 7500],
    ['mistral', 'mistral-medium-2508', { prompt: 10, completion: 1 }, 10 * 400 + 2000],
    // By hand from LiteLLM's list, which names the provider's page.
    ['openai', 'gpt-image-2.5-flare', { prompt: 10, completion: 5, imageInput: 4 }, 6 * 5000 + 4 * 8000 + 5 * 30_000],
    ['cohere', 'command-a-reasoning-08-2025', { prompt: 10, completion: 1 }, 10 * 2500 + 10_000],
    ['dashscope', 'qwen-plus', { prompt: 10, completion: 1 }, 10 * 400 + 1200],
    ['dashscope', 'qwen-plus', { prompt: 10, completion: 3, reasoning: 2 }, 10 * 400 + 1200 + 2 * 4000],
    [
      'dashscope',
      'qwen-plus-latest',
      { prompt: 256_001, completion: 3, reasoning: 1 },
      256_001 * 1200 + 2 * 3600 + 12_000,
    ],
    ['sambanova', 'DeepSeek-V3.2', { prompt: 10, completion: 1 }, 10 * 3000 + 4500],
    ['hyperbolic', 'deepseek-ai/DeepSeek-R1', { prompt: 10, completion: 1 }, 11 * 2000],
    ['moonshotai', 'kimi-k3.1-pro', { prompt: 10, completion: 1, cached: 4 }, 6 * 2000 + 4 * 200 + 10_000],
    ['jina', 'jina-reranker-v2-base-multilingual', { prompt: 100, completion: 0 }, 100 * 50],
  ])('%s/%s with %j', (priceId, name, usage, expected) => {
    expect(cost(priceId, name, usage)).toBe(expected)
  })

  it('are bounded by no window that they reach beyond', () => {
    expect(published('anthropic', 'claude-sonnet-4-5').price?.tiers?.[0]?.above).toBe(200_001)
    expect(published('anthropic', 'claude-sonnet-4-5').maxInput).toBeUndefined()
    expect(published('anthropic', 'claude-haiku-4-5').maxInput).toBe(200_000)
    expect(published('aws', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0').maxInput).toBeUndefined()
  })

  it('are at least covered by what is held for them', () => {
    const { price } = published('google', 'gemini-2.5-flash-image')

    expect(price && worstCost(withServiceTiers(price, []), 10, 10)).toBe(10 * 300 + 10 * 30_000)
  })
})

describe('a price by the hour', () => {
  const of = (time: string) => {
    const found = priceOf(deployment('deepseek', 'deepseek-v4-pro'), 'deepseek-v4-pro', Date.parse(time))
    return found && [found.input, found.cached, found.output]
  }

  it('holds from its first minute to before its last', () => {
    expect(of('2026-11-21T00:59:59Z')).toEqual([660_000, 22_000, 1_980_000])
    expect(of('2026-11-21T01:00:00Z')).toEqual([1_320_000, 44_000, 3_960_000])
    expect(of('2026-11-21T03:59:59Z')).toEqual([1_320_000, 44_000, 3_960_000])
    expect(of('2026-11-21T04:00:00Z')).toEqual([660_000, 22_000, 1_980_000])
  })

  it('is the dearest where nobody says when', () => {
    expect(priceOf(deployment('deepseek', 'deepseek-v4-pro'), 'deepseek-v4-pro')?.output).toBe(3_960_000)
  })
})

describe('a service tier', () => {
  const price = priceOf(deployment('openai', 'gpt-5.5'), 'gpt-5.5')

  it.each([
    ['batch', 2_500_000, 250_000, 15_000_000],
    ['flex', 2_500_000, 250_000, 15_000_000],
    ['priority', 12_500_000, 1_250_000, 75_000_000],
  ])('%s has the prices of its column', (tier, input, cached, output) => {
    expect(price && atServiceTier(price, tier)).toMatchObject({ input, cached, output })
  })

  it.each<[string, string, string, Usage, number]>([
    ['openai', 'gpt-6.1-sol', 'priority', { prompt: 1, completion: 0, cacheWrite: 1, cacheWrite1h: 1 }, 10_000],
    ['openai', 'gpt-6-astra', 'ultrafast', { prompt: 10, completion: 1 }, 10 * 60_000 + 300_000],
    ['openai', 'gpt-4o-mini', 'priority', { prompt: 10, completion: 1, cached: 4 }, 6 * 250 + 4 * 125 + 1000],
    [
      'anthropic',
      'claude-opus-5-5',
      'fast us',
      { prompt: 10, completion: 1, cacheWrite1h: 10, cacheWrite: 10 },
      10 * 17_600 + 44_000,
    ],
    ['anthropic', 'claude-sonnet-4-6', 'us', { prompt: 10, completion: 1 }, 10 * 3300 + 16_500],
    // What was read from the cache costs the same there.
    ['google', 'gemini-2.5-pro', 'flex', { prompt: 10, completion: 1, cached: 4 }, 6 * 625 + 4 * 125 + 5000],
    ['google', 'gemini-3.5-flash', 'priority', { prompt: 10, completion: 1 }, 10 * 2700 + 16_200],
    ['aws', 'amazon.nova-pro', 'priority', { prompt: 10, completion: 1 }, 10 * 1400 + 5600],
    ['azure', 'gpt-5.4', 'priority', { prompt: 10, completion: 1 }, 10 * 5000 + 30_000],
  ])('of %s: %s at %s with %j', (priceId, name, tier, usage, expected) => {
    const found = published(priceId, name).price
    const served = found && atServiceTier(found, tier)

    expect(served && costOf(served, usage)).toBe(expected)
  })

  it('is repriced for long prompts too, names where it comes from, and is unknown where it is not sold', () => {
    expect(price && atServiceTier(price, 'flex')?.tiers?.[0]).toMatchObject({
      above: 272_000,
      price: { input: 5_000_000 },
    })
    expect(price && atServiceTier(price, 'flex')?.source).toBe('supplement@2026-11-21')
    expect(price && atServiceTier(price, 'scale')).toBeUndefined()
    expect(price && atServiceTier(price, 'constructor')).toBeUndefined()
  })
})

it.each([
  ['claude-sonnet-4-5@20250929', { value: 'global' }, 3_000_000],
  ['claude-sonnet-4-5@20250929', { value: 'us-east5' }, 3_300_000],
  ['claude-sonnet-4-5@20250929', { env: 'VERTEX_LOCATION' }, 3_300_000],
  ['claude-opus-4-1', { value: 'us-east5' }, 15_000_000],
  ['claude-3-7-sonnet@20250219', { value: 'us-east5' }, 3_000_000],
  ['gemini-2.5-pro', { value: 'us-east5' }, 1_250_000],
] as const)('%s on Vertex in %j costs %i for a token', (model, location, input) => {
  expect(priceOf(deployment('vertex_ai', model, { variables: { location } }), model)?.input).toBe(input)
})

describe('what is not sold by tokens', () => {
  const unitCost = (priceId: string, name: string, units: Units) => {
    const { units: prices } = published(priceId, name)
    return prices && unitCostOf(prices, units)
  }

  it.each<[string, string, Units, number | undefined]>([
    ['openai', 'tts-1', { characters: 1000 }, 15_000_000],
    ['openai', 'whisper-1', { audioSeconds: 60 }, 6_000_000],
    ['groq', 'whisper-large-v3', { audioSeconds: 3 }, Math.ceil((10 * 111_000_000) / 3600)],
    ['openai', 'dall-e-3', { images: 2, imageKind: 'hd/1024x1792' }, 240_000_000],
    ['openai', 'dall-e-3', { images: 1, imageKind: 'of no known size' }, 120_000_000],
    ['google', 'imagen-4.0-generate-001', { images: 3 }, 120_000_000],
    ['google', 'imagen-3.0-generate-002', { images: 1 }, 40_000_000],
    ['fal', 'fal-ai/imagen4/preview/ultra', { images: 2 }, 120_000_000],
    ['groq', 'canopylabs/orpheus-v1-english', { characters: 1000 }, 22_000_000],
    ['cohere', 'rerank-v3.5', { searchUnits: 2 }, 4_000_000],
    ['cohere', 'rerank-v4.0-pro', { searchUnits: 2 }, 5_000_000],
    ['aws', 'cohere.rerank-v3-5:0', { searchUnits: 1 }, 2_000_000],
    ['elevenlabs', 'eleven_flash_v2_5', { characters: 1000 }, 40_000_000],
    ['elevenlabs', 'scribe_v2', { audioSeconds: 3600 }, 220_000_000],
    ['stability', 'sd3.5-large', { images: 2 }, 130_000_000],
    ['black_forest_labs', 'flux-kontext-max', { images: 1 }, 80_000_000],
    ['x-ai', 'grok-imagine-image', { images: 3 }, 60_000_000],
    ['deepgram', 'aura-2', { characters: 1000 }, 30_000_000],
    ['openai', 'tts-1', { images: 1 }, undefined],
  ])('%s/%s: %j costs %s', (priceId, name, units, expected) => {
    expect(unitCost(priceId, name, units)).toBe(expected)
  })

  it('is no price of tokens, so that nothing passes for free', () => {
    expect(priceOf(deployment('openai', 'whisper-1'), 'whisper-1')).toBeUndefined()
    expect(unitsOf(deployment('openai', 'whisper-1'), 'whisper-1')?.audioHour).toBe(360_000_000)
    expect(isFree(published('voyageai', 'rerank-2.5').price ?? { input: 0, output: 0, source: '' })).toBe(false)
  })
})

it('every line of the supplement says when, and where, its numbers are published, and where they were read', () => {
  const lists = Object.keys(supplement.via)
  const lines = supplement.entries as { asOf: string; source: string; via?: string; models: string[] }[]

  expect(
    lines.filter(({ asOf, source }) => !/^20\d\d-\d\d-\d\d$/.test(asOf) || !source.startsWith('https://')),
  ).toEqual([])
  expect(lines.filter(({ via }) => via !== undefined && !lists.includes(via))).toEqual([])
  expect(find({ priceId: 'sambanova', name: 'DeepSeek-V3.2' })).toEqual({
    price: { input: 3_000_000, output: 4_500_000, source: 'supplement@2026-11-21' },
  })
})

describe('a model with a star', () => {
  const all = deployment('openai', '*')

  it('brings along every model of its provider', () => {
    expect(priceOf(all, 'gpt-4o-mini-2024-07-18')).toMatchObject({ input: 150_000 })
    expect(priceOf(all, 'ft:gpt-4o-mini-2024-07-18:acme::abc')).toMatchObject({ input: 300_000 })
    expect(limitsOf(all, 'gpt-4o')).toEqual({ maxInput: 128_000, maxOutput: 16_384 })
    expect(priceOf(all, 'gpt-9')).toBeUndefined()
    expect(priceOf(all, 'constructor')).toBeUndefined()
  })

  it('brings along no other', () => {
    const some = deployment('openrouter', 'anthropic/*')

    expect(priceOf(some, 'anthropic/claude-sonnet-4.5')).toMatchObject({ input: 3_000_000 })
    expect(priceOf(some, 'openai/gpt-4o')).toBeUndefined()
    expect(JSON.stringify(some).length).toBeLessThan(60_000)
  })
})

it.each([
  ['gpt-4o-2024-08-06', 'gpt-4o'],
  ['claude-opus-4@20250514', 'claude-opus-4'],
  ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 'us.anthropic.claude-haiku-4-5-20251001'],
  ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 'anthropic.claude-haiku-4-5'],
  ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0', 'amazon.nova-lite'],
  ['arn:aws:bedrock:eu-west-1:1:inference-profile/eu.amazon.nova-lite-v1:0', 'amazon.nova-lite'],
])('%s may be in a table as %s', (model, name) => {
  expect(namesOf(model)).toContain(name)
})

it('never takes a global profile for a regional one', () => {
  expect(namesOf('global.anthropic.claude-opus-5')).toEqual(['global.anthropic.claude-opus-5'])
})

it.each([
  ['openai', 'gpt-4o-mini-tts-2025-12-15', 16_384],
  ['aws', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', 64_000],
  ['openrouter', 'openai/gpt-4o', 16_384],
  ['google', 'gemini-2.5-pro', 65_536],
  ['groq', 'openai/gpt-oss-120b', 65_536],
])('the largest answer of %s/%s is %i tokens', (priceId, name, maxOutput) => {
  expect(published(priceId, name).maxOutput).toBe(maxOutput)
})
