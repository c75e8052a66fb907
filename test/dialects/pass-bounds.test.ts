import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { bytesBounds, converseBounds, geminiBounds } from '../../lib/dialects/pass/bounds.ts'
import { askedBeside, invokeShape } from '../../lib/dialects/pass/invoke.ts'
import { shapeOf } from '../../lib/dialects/pass/shapes.ts'

describe('the bound of a call in a provider’s own words', () => {
  it.each([
    'googleMaps',
    'google_maps',
    'enterprise_web_search',
    'fileSearch',
    'file_search',
    'google_search_retrieval',
  ])('is none with Google’s tool %s, by either of its names', (name) => {
    expect(geminiBounds({ tools: [{ [name]: {} }] }).unbounded).toBe(name)
  })

  it('is there for functions, whatever their schemas name', () => {
    const tools = [{ functionDeclarations: [{ name: 'f', parameters: { properties: { file_search: {} } } }] }]

    expect(geminiBounds({ tools }).unbounded).toBeUndefined()
  })

  it.each<[JsonObject, object]>([
    [{ generationConfig: { maxOutputTokens: 10, candidateCount: 2 } }, { outputCap: 10, choices: 2 }],
    [{ generationConfig: { maxOutputTokens: 10, max_output_tokens: 99 } }, { outputCap: 99 }],
    [{ generationConfig: { maxOutputTokens: 10 }, generation_config: { maxOutputTokens: 99 } }, { outputCap: 99 }],
    [{ generationConfig: { maxOutputTokens: '99', candidateCount: '8' } }, { outputCap: 99, choices: 8 }],
  ])('takes %j at its dearest', (body, bounds) => {
    expect(geminiBounds(body)).toMatchObject(bounds)
  })

  it('takes the largest of the caps that a model behind InvokeModel may read, and of its choices', () => {
    expect(invokeShape.bounds({ max_tokens: 1, max_gen_len: 8192 })).toMatchObject({ outputCap: 8192 })
    expect(invokeShape.bounds({ max_tokens: 1, n: 2, num_generations: 5 })).toMatchObject({ choices: 5 })
  })

  it('takes the larger of two caps of a chat, and choices that are written as a text', () => {
    const chat = shapeOf('/v1/chat/completions')

    expect(chat?.bounds({ messages: [], max_completion_tokens: 10, max_tokens: 900, n: '4' })).toMatchObject({
      outputCap: 900,
      choices: 4,
    })
  })

  it.each(['%3F', '%3f', '%23'])('knows no call by a path that ends elsewhere for a host that decodes %s', (mark) => {
    expect(shapeOf('/v1/responses/input_tokens')?.free).toBe(true)
    expect(shapeOf(`/v1/responses${mark}x=/input_tokens`)).toBeUndefined()
  })

  it('counts a picture that is a block by its type as one', () => {
    const block = { type: 'image', source: { type: 'base64', media_type: 'image/webp', data: 'AAAA' } }

    expect(bytesBounds({ messages: [{ content: [block] }] }, {}).inputTokens).toBeGreaterThan(48_000)
    expect(converseBounds({ messages: [{ content: [{ image: { format: 'png' } }] }] }).inputTokens).toBeLessThan(60_000)
  })

  it.each<[Record<string, string>, object]>([
    [{ 'x-amzn-bedrock-guardrailidentifier': 'g' }, { unbounded: 'x-amzn-bedrock-guardrailidentifier' }],
    [
      { 'x-amzn-bedrock-service-tier': 'priority' },
      { tier: { name: 'priority', param: 'x-amzn-bedrock-service-tier' } },
    ],
    [
      { 'x-amzn-bedrock-performanceconfig-latency': 'optimized' },
      { tier: { name: 'optimized', param: 'x-amzn-bedrock-performanceconfig-latency' } },
    ],
    [{ 'x-amzn-bedrock-performanceconfig-latency': 'standard' }, {}],
    [{ accept: '*/*' }, {}],
  ])('sees what headers ask for: %j', (headers, bounds) => {
    expect(askedBeside(headers)).toEqual(bounds)
  })
})
