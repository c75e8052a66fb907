import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'
import { costOf, isFree, type Price } from '../../lib/core/money.ts'
import { priceOf, unitsOf } from '../../lib/providers/prices.ts'

const load = (params: string, info = '') =>
  loadConfig(`model_list: [{ model_name: m, litellm_params: { ${params} }, model_info: { ${info} } }]`, {
    file: 'config.yaml',
  })
function priceIn(params: string, info = ''): Price {
  const price = load(params, info).config?.deployments[0]?.price
  if (!price) throw new Error('no price')
  return price
}

const openai = 'model: openai/x, input_cost_per_token: 0.000002, output_cost_per_token: 8e-6'

describe("a price in LiteLLM's keys", () => {
  it('is exact in integers, and says that it came from the config', () => {
    expect(priceIn(openai)).toEqual({ input: 2_000_000, output: 8_000_000, source: 'config' })
    expect(costOf(priceIn(openai), { prompt: 1000, completion: 100 })).toBe(2_800_000)
  })

  it('is read in model_info too', () => {
    expect(priceIn('model: openai/x', 'input_cost_per_token: "2e-6", output_cost_per_token: 8e-6')).toEqual(
      priceIn(openai),
    )
  })

  it('charges cached, cache-write, reasoning and audio tokens at their own prices', () => {
    const price = priceIn(
      `${openai}, cache_read_input_token_cost: 2e-7, cache_creation_input_token_cost: 3e-6, cache_creation_input_token_cost_above_1hr: 4e-6, output_cost_per_reasoning_token: 1e-5, input_cost_per_audio_token: 4e-5, output_cost_per_audio_token: 8e-5`,
    )
    const usage = {
      prompt: 1000,
      completion: 100,
      cached: 400,
      cacheWrite: 300,
      cacheWrite1h: 100,
      reasoning: 60,
      audioInput: 50,
      audioOutput: 10,
    }

    // 250 x 2 + 400 x 0.2 + 200 x 3 + 100 x 4 + 50 x 40, then 30 x 8 + 60 x 10 + 10 x 80, in millionths of a dollar.
    expect(costOf(price, usage)).toBe((500 + 80 + 600 + 400 + 2000 + 240 + 600 + 800) * 1000)
  })

  it('reprices the whole request above a prompt size, and keeps the other prices there', () => {
    const price = priceIn(`${openai}, cache_read_input_token_cost: 1e-6, input_cost_per_token_above_200k_tokens: 4e-6`)

    expect(costOf(price, { prompt: 200_000, completion: 10 })).toBe(400_080_000)
    expect(costOf(price, { prompt: 200_001, completion: 10, cached: 1 })).toBe(800_000_000 + 1000 + 80_000)
  })

  it('has prices of its own for service tiers, above a prompt size too', () => {
    const { serviceTiers, ...price } = priceIn(
      `${openai}, cache_read_input_token_cost: 1e-6, input_cost_per_token_above_200k_tokens: 4e-6, input_cost_per_token_priority: 5e-6, output_cost_per_token_flex: 4e-6, input_cost_per_token_above_200k_tokens_priority: 9e-6, input_cost_per_token_batches: 1e-6`,
    )

    expect(price).toMatchObject({ input: 2_000_000, tiers: [{ above: 200_001, price: { input: 4_000_000 } }] })
    expect(Object.keys(serviceTiers ?? {}).toSorted()).toEqual(['batch', 'flex', 'priority'])
    expect(serviceTiers?.priority).toEqual({
      input: 5_000_000,
      output: 8_000_000,
      cached: 1_000_000,
      source: 'config',
      tiers: [{ above: 200_001, price: { input: 9_000_000, output: 8_000_000, cached: 1_000_000, source: 'config' } }],
    })
    expect(serviceTiers?.flex).toMatchObject({ input: 2_000_000, output: 4_000_000 })
    expect(serviceTiers?.batch?.input).toBe(1_000_000)
    expect(load('model: openai/x, input_cost_per_token_priority: 1e-6').problems).toMatchObject([
      { severity: 'error', message: 'has prices at a service tier but no input_cost_per_token' },
    ])
  })

  it('is as many times dearer at a service tier as the table’s is, where it does not say', () => {
    const usual = 'input_cost_per_token: 2e-6, output_cost_per_token: 8e-6, cache_read_input_token_cost: 1e-6'
    const { serviceTiers } = priceIn(`model: openai/gpt-5.5, ${usual}, input_cost_per_token_above_200k_tokens: 4e-6`)

    expect(serviceTiers).toEqual({
      priority: {
        input: 5_000_000,
        output: 20_000_000,
        cached: 2_500_000,
        source: 'config',
        tiers: [
          { above: 200_001, price: { input: 10_000_000, output: 20_000_000, cached: 2_500_000, source: 'config' } },
        ],
      },
    })
    expect(
      priceIn(`model: openai/gpt-5.5, ${usual}, input_cost_per_token_priority: 3e-6`).serviceTiers?.priority,
    ).toMatchObject({ input: 3_000_000, output: 20_000_000 })
    expect(priceIn(`model: anthropic/claude-opus-5, ${usual}`).serviceTiers?.['fast us']?.input).toBe(4_400_000)
    const free = priceIn('model: openai/gpt-5.5, input_cost_per_token: 0, output_cost_per_token: 0')
    expect(isFree(free)).toBe(true)
  })

  it('is as many times dearer for what is written to a cache as the table’s is, where it does not say', () => {
    const usual = 'model: openai/gpt-5.6-sol, input_cost_per_token: 1e-6, output_cost_per_token: 8e-6'

    expect(priceIn(usual)).toMatchObject({ cacheWrite: 1_250_000, cacheWrite1h: 2_500_000 })
    expect(
      priceIn(`${usual}, cache_creation_input_token_cost: 1e-6, cache_creation_input_token_cost_above_12hr: 4e-6`),
    ).toMatchObject({ cacheWrite: 1_000_000, cacheWrite1h: 4_000_000 })
  })

  it('takes a side that is missing from the table, and none where there is no table', () => {
    expect(priceIn('model: openai/gpt-4o-mini, input_cost_per_token: 1e-6')).toMatchObject({ output: 600_000 })
    expect(load('model: openai/x, input_cost_per_token: 1e-6').problems).toMatchObject([
      { severity: 'error', message: 'has a price, but no output_cost_per_token' },
    ])
  })

  it('needs no output side for an embedding', () => {
    expect(priceIn('model: openai/my-embedder, input_cost_per_token: 1e-7')).toMatchObject({
      input: 100_000,
      output: 0,
    })
  })

  it('charges cache writes of a provider that has a surcharge for them, though the config names none', () => {
    const price = priceIn('model: anthropic/x, input_cost_per_token: 4e-6, output_cost_per_token: 2e-5')

    expect(price).toMatchObject({ cacheWrite: 5_000_000, cacheWrite1h: 8_000_000 })
  })

  it('is free where it is explicitly zero, whatever the provider', () => {
    for (const model of ['ollama/x', 'anthropic/x', 'openai/gpt-4o'])
      expect(isFree(priceIn(`model: ${model}, input_cost_per_token: 0, output_cost_per_token: 0.0`))).toBe(true)
  })

  it('may be per request', () => {
    expect(costOf(priceIn(`${openai}, input_cost_per_request: 0.01`), { prompt: 0, completion: 0 })).toBe(10_000_000)
  })

  it('is never sent to the provider as a parameter', () => {
    expect(
      load(`${openai}, output_cost_per_second: 1, input_cost_per_token_batches: 1`).config?.deployments[0]?.params,
    ).toEqual({})
  })

  it('warns of units that are not computed', () => {
    expect(load('model: openai/x, input_cost_per_video_per_second: 0.1').problems).toMatchObject([
      { severity: 'warning', key: 'model_list[0].litellm_params.input_cost_per_video_per_second' },
    ])
  })
})

describe('a price by the piece', () => {
  const unitsIn = (params: string, info = '') => load(params, info).config?.deployments[0]?.units

  it('is per picture, character, second or search', () => {
    expect(unitsIn('model: openai/x, output_cost_per_image: 0.04')).toEqual({ image: 40_000_000, source: 'config' })
    expect(unitsIn('model: openai/x', 'input_cost_per_character: 0.000015')).toMatchObject({ character: 15_000_000 })
    expect(unitsIn('model: openai/x, input_cost_per_second: 0.0001')).toMatchObject({ audioHour: 360_000_000 })
    expect(unitsIn('model: cohere/x, input_cost_per_query: "0.002"')).toMatchObject({ searchUnit: 2_000_000 })
    expect(unitsIn(openai)).toBeUndefined()
  })

  it('wins over the table, and is no price of tokens', () => {
    const { deployments } = load('model: openai/whisper-1, input_cost_per_second: 0.001').config ?? { deployments: [] }
    const [own] = deployments

    expect(own && unitsOf(own, own.model)).toEqual({ audioHour: 3_600_000_000, source: 'config' })
    expect(own && priceOf(own, own.model)).toBeUndefined()
  })

  it('must be a number', () => {
    expect(load('model: openai/x, output_cost_per_image: -1').problems).toMatchObject([
      { severity: 'error', key: 'model_list[0].litellm_params.output_cost_per_image', message: 'not a price' },
    ])
  })
})
