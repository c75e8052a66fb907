import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { boundsOf, imageTokens, lowImageTokens } from '../../lib/dialects/openai/bounds.ts'
import { withDefaults } from '../../lib/dialects/openai/pass-body.ts'

const body = (more: JsonObject = {}): JsonObject => ({
  model: 'm',
  messages: [{ role: 'user', content: 'hi' }],
  ...more,
})
const input = (more: JsonObject = {}) => boundsOf(body(more)).inputTokens
const part = (of: JsonObject) => boundsOf(body({ messages: [{ role: 'user', content: [of] }] }))
const base = input({ messages: [{ role: 'user', content: '' }] })

describe('bounds of the input', () => {
  test('are bytes and a little framing for plain text', () => {
    expect(input() - base).toBe(2)
    expect(input({ messages: [{ role: 'user', content: 'ü👋' }] }) - base).toBe(6)
    expect(base).toBeLessThan(100)
  })

  test('count text parts, names, calls, results and reasoning of the history', () => {
    const history = [
      { role: 'user', name: 'anna', content: [{ type: 'text', text: 'x'.repeat(1000) }] },
      { role: 'assistant', reasoning_content: 'y'.repeat(1000), content: null },
      {
        role: 'assistant',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: 'z'.repeat(1000) } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'w'.repeat(1000) },
    ]

    expect(input({ messages: history }) - base).toBeGreaterThan(4000)
    expect(input({ messages: history }) - base).toBeLessThan(5000)
  })

  test('count tools, schemas and whatever else may be shown to the model', () => {
    const schema = { type: 'object', properties: { city: { type: 'string', description: 'd'.repeat(2000) } } }

    expect(
      input({ tools: [{ type: 'function', function: { name: 'f', parameters: schema } }] }) - base,
    ).toBeGreaterThan(2500)
    expect(
      input({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }) - base,
    ).toBeGreaterThan(2000)
    expect(input({ documents: ['d'.repeat(2000)] }) - base).toBeGreaterThan(2000)
  })

  test('do not count parameters that the model never sees', () => {
    expect(input({ temperature: 0.5, max_tokens: 10, user: 'u'.repeat(100), metadata: { a: 'b'.repeat(100) } })).toBe(
      input(),
    )
  })

  test('count an image as the most that any model makes of it, not by its bytes', () => {
    const url = `data:image/png;base64,${'A'.repeat(1_000_000)}`

    expect(part({ type: 'image_url', image_url: { url } }).inputTokens - base).toBe(imageTokens)
    expect(
      part({ type: 'image_url', image_url: { url: 'https://x.example/a.png', detail: 'low' } }).inputTokens - base,
    ).toBe(lowImageTokens)
    expect(imageTokens).toBe(48_169)
  })

  test('count audio and files by the bytes of their data', () => {
    const data = Buffer.alloc(3000).toString('base64')

    expect(part({ type: 'input_audio', input_audio: { data, format: 'wav' } }).inputTokens - base).toBe(3000)
    expect(part({ type: 'file', file: { file_data: `data:application/pdf;base64,${data}` } }).inputTokens - base).toBe(
      3000,
    )
  })

  test('take parts of types nobody knows by their text', () => {
    expect(part({ type: 'constructor', constructor: 'x'.repeat(500) }).inputTokens - base).toBeGreaterThan(499)
  })
})

describe('bounds of the output', () => {
  test('are the cap and the number of choices', () => {
    expect(boundsOf(body({ max_tokens: 9, n: 3 }))).toMatchObject({ outputCap: 9, choices: 3 })
    expect(boundsOf(body({ max_tokens: 9, max_completion_tokens: 7, best_of: 4 }))).toMatchObject({
      outputCap: 7,
      choices: 4,
    })
    expect(boundsOf(body())).toEqual({ inputTokens: input(), choices: 1 })
  })

  test('see the defaults of the deployment', () => {
    expect(boundsOf(withDefaults(body({ n: null }), { n: 5, max_tokens: 8 }))).toMatchObject({
      choices: 5,
      outputCap: 8,
    })
  })
})

describe('a request without bound', () => {
  test.each([
    [{ web_search_options: {} }, 'web_search_options'],
    [{ search_parameters: { mode: 'on' } }, 'search_parameters'],
    [{ plugins: [{ id: 'web' }] }, 'plugins'],
    [{ models: ['dear/model'] }, 'models'],
    [{ prediction: { type: 'content', content: 'x' } }, 'prediction'],
    [{ tools: [{ type: 'function', function: { name: 'f' } }, { type: 'web_search' }] }, 'tools[1]'],
    [
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] },
      'messages[0].content[0].file',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'video_url', video_url: { url: 'https://x.example' } }] }] },
      'messages[0].content[0].video_url',
    ],
  ])('%j is named', (more, name) => {
    expect(boundsOf(body(more)).unbounded).toBe(name)
  })

  test.each<[JsonObject, string | undefined, string | undefined]>([
    [{ service_tier: 'priority' }, 'priority', 'service_tier'],
    [{ service_tier: 'fast' }, 'priority', 'service_tier'],
    [{ service_tier: null }, undefined, undefined],
    [{ serviceTier: { type: 'priority' }, service_tier: 'default' }, 'priority', 'serviceTier'],
    [{ serviceTier: 'SERVICE_TIER_FLEX' }, 'flex', 'serviceTier'],
    [{ performanceConfig: { latency: 'optimized' } }, 'optimized', 'performanceConfig'],
    [{ performanceConfig: { latency: 'standard' } }, undefined, undefined],
  ])('%j asks for the tier %s', (more, name, param) => {
    expect(boundsOf(body(more)).tier).toEqual(name === undefined ? undefined : { name, param })
  })

  test.each([[{ service_tier: 'flex' }], [{ search_parameters: { mode: 'off' } }], [{ enable_search: false }]])(
    '%j is none',
    (more) => {
      expect(boundsOf(body(more)).unbounded).toBeUndefined()
    },
  )
})
