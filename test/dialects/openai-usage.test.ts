import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import type { Usage } from '../../lib/core/usage.ts'
import { usageOf } from '../../lib/dialects/openai/watch-usage.ts'

const t = (prompt: number, completion: number, total?: number): JsonObject => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  ...(total === undefined ? {} : { total_tokens: total }),
})

describe('usage is normalised', () => {
  test.each<[string, JsonObject, Usage | undefined]>([
    ['none', {}, undefined],
    ['null', { usage: null }, undefined],
    ['an empty object', { usage: {} }, undefined],
    ['plain', { usage: t(3, 4, 7) }, { prompt: 3, completion: 4 }],
    [
      'details inside the totals',
      {
        usage: {
          ...t(100, 50, 150),
          prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10, audio_tokens: 5 },
          completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 6 },
        },
      },
      { prompt: 100, completion: 50, cached: 40, cacheWrite: 10, audioInput: 5, reasoning: 30, audioOutput: 6 },
    ],
    ['hits', { usage: { ...t(18, 9), prompt_cache_hit_tokens: 8 } }, { prompt: 18, completion: 9, cached: 8 }],
    ['cached at the top', { usage: { ...t(20, 30), cached_tokens: 10 } }, { prompt: 20, completion: 30, cached: 10 }],
    ['another name', { usage: { ...t(20, 30), num_cached_tokens: 10 } }, { prompt: 20, completion: 30, cached: 10 }],
    [
      'created',
      { usage: { ...t(20, 30), cache_creation_input_tokens: 6 } },
      { prompt: 20, completion: 30, cacheWrite: 6 },
    ],
    ['x_groq', { x_groq: { usage: t(1, 2) } }, { prompt: 1, completion: 2 }],
    ['in the choice', { choices: [{ usage: t(1, 2) }] }, { prompt: 1, completion: 2 }],
    ['input and output', { usage: { input_tokens: 5, output_tokens: 6 } }, { prompt: 5, completion: 6 }],
    ['thoughts in the total alone', { usage: t(35, 12, 126) }, { prompt: 35, completion: 12, billedCompletion: 91 }],
    [
      'a larger total beside details',
      { usage: { ...t(35, 12, 126), prompt_tokens_details: { cached_tokens: 9 } } },
      { prompt: 35, completion: 12, cached: 9 },
    ],
    ['embeddings', { usage: { prompt_tokens: 5, total_tokens: 5 } }, { prompt: 5, completion: 0 }],
    [
      'reasoning left out of completion',
      { usage: { ...t(12, 1, 303), completion_tokens_details: { reasoning_tokens: 290 } } },
      { prompt: 12, completion: 291, reasoning: 290 },
    ],
    [
      'more reasoning than completion',
      { usage: { ...t(5, 10, 15), completion_tokens_details: { reasoning_tokens: 11 } } },
      { prompt: 5, completion: 10, reasoning: 10 },
    ],
    [
      'cached left out of prompt',
      { usage: { ...t(5, 10, 95), prompt_tokens_details: { cached_tokens: 80 } } },
      { prompt: 85, completion: 10, cached: 80 },
    ],
    [
      'more cached than prompt',
      { usage: { ...t(5, 10, 15), prompt_tokens_details: { cached_tokens: 80 } } },
      { prompt: 5, completion: 10, cached: 5 },
    ],
    [
      'what is written to the cache for twelve hours, apart',
      {
        usage: {
          input_tokens: 90,
          output_tokens: 1,
          input_tokens_details: {
            cached_tokens: 0,
            cache_write_tokens: 80,
            cache_write_tokens_details: { ttl_12h_tokens: 50, ttl_30m_tokens: 30 },
          },
        },
      },
      { prompt: 90, completion: 1, cacheWrite: 80, cacheWrite1h: 50 },
    ],
    ['nonsense', { usage: { prompt_tokens: -4, completion_tokens: 'x' } }, { prompt: 0, completion: 0 }],
  ])('%s', (_, body, usage) => {
    expect(usageOf(body)).toEqual(usage)
  })
})
