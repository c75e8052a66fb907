import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { boundsOf } from '../../lib/dialects/openai/bounds.ts'
import { imageTokens, lowImageTokens } from '../../lib/dialects/openai/media-bounds.ts'
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

  test.each<[string, JsonObject[string]]>([
    ['nothing', null],
    ['empty lists', []],
    ['empty objects', {}],
    ['empty texts', ''],
    ['members called as those of a message', { type: {}, text: {}, content: {}, role: {} }],
    ['escapes', '\u0001'],
  ])('count a schema that is made of %s, which are tokens like any other', (_, value) => {
    const written = { enum: Array<typeof value>(5000).fill(value) }
    const least = Buffer.byteLength(JSON.stringify(written)) / 2
    const given = { name: 'f', parameters: written }

    expect(input({ tools: [{ type: 'function', function: given }] }) - base).toBeGreaterThan(least)
    expect(
      input({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema: written } } }) - base,
    ).toBeGreaterThan(least)
    expect(input({ documents: [written] }) - base).toBeGreaterThan(least)
  })

  test.each([
    ['a document', `data:application/pdf;base64,JVBERi0${'A'.repeat(400_000)}`],
    ['a document that calls itself a picture', `data:image/png;base64,JVBERi0${'A'.repeat(400_000)}`],
    ['a text', `data:text/plain;base64,${'A'.repeat(400_000)}`],
    ['a text that is not encoded', `data:text/plain,${'a'.repeat(300_000)}`],
    ['a film', `data:video/mp4;base64,${'A'.repeat(400_000)}`],
  ])('count %s in the place of an image by its bytes', (_, url) => {
    expect(part({ type: 'image_url', image_url: { url } }).inputTokens).toBeGreaterThanOrEqual(300_000)
    // Of hardly any bytes it is still a page, or a picture.
    const least = part({ type: 'image_url', image_url: { url: `${url.slice(0, 60)}AAAA` } }).inputTokens - base
    expect([imageTokens <= least, least < imageTokens + 100]).toEqual([true, true])
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

  test('are never nothing, which hosts take for no cap', () => {
    expect(boundsOf(body({ max_tokens: 0 })).outputCap).toBe(1)
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
    'https://youtu.be/abc',
    'https://www.youtube.com/watch?v=abc',
    'https://generativelanguage.googleapis.com/v1beta/files/abc',
    'https://x.example/film.mp4',
    'https://x.example/book.PDF?page=1',
    'gs://bucket/film',
  ])('has %s in the place of an image: its host reads more there than a picture', (url) => {
    expect(part({ type: 'image_url', image_url: { url } }).unbounded).toBe('messages[0].content[0].image_url')
    expect(part({ type: 'image_url', image_url: url }).unbounded).toBe('messages[0].content[0].image_url')
  })

  test.each(['https://x.example/photo', 'https://x.example/a.png?v=1.2', 'https://youtube.example/a.jpg'])(
    'has no %s',
    (url) => {
      expect(part({ type: 'image_url', image_url: { url } }).unbounded).toBeUndefined()
    },
  )

  test.each([
    [{ data_sources: [{ type: 'azure_search' }] }, 'data_sources'],
    [{ cached_content: 'cachedContents/a' }, 'cached_content'],
    [{ guardrailConfig: { guardrailIdentifier: 'g' } }, 'guardrailConfig'],
    [{ web_search: { enable: true } }, 'web_search'],
    [{ providerOptions: { gateway: { models: ['dear/model'] } } }, 'providerOptions'],
    [
      { messages: [{ role: 'user', content: [{ type: 'video', video: ['https://x.example/1.jpg'] }] }] },
      'messages[0].content[0].video',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: 'gs://bucket/film.mp4' } }] }] },
      'messages[0].content[0].file',
    ],
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
