import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { boundsOf } from '../../lib/dialects/anthropic/bounds.ts'
import { estimateTokens } from '../../lib/dialects/anthropic/estimate.ts'
import { imageTokens } from '../../lib/dialects/openai/media-bounds.ts'
import { asked } from '../support/messages.ts'

const inputOf = (body: JsonObject) => boundsOf({ ...asked, ...body }).inputTokens
const user = (...content: JsonObject[]): JsonObject => ({ messages: [{ role: 'user', content }] })
const text = (length: number): JsonObject => ({ type: 'text', text: 'x'.repeat(length) })

describe('the bound of a messages request', () => {
  const many = 'x'.repeat(5000)

  it.each([
    ['the system text', { system: many }],
    ['system blocks', { system: [{ type: 'text', text: many }] }],
    ['a message', { messages: [{ role: 'user', content: many }] }],
    ['a tool', { tools: [{ name: 'f', description: many, input_schema: {} }] }],
    ['a schema', { tools: [{ name: 'f', input_schema: { type: 'object', properties: { [many]: {} } } }] }],
    ['the input of a call', user({ type: 'tool_use', id: 'a', name: 'f', input: { a: many } })],
    ['a result', user({ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: many }] })],
    ['thinking of earlier', user({ type: 'thinking', thinking: many, signature: 's' })],
    ['a text document', user({ type: 'document', source: { type: 'text', data: many } })],
    ['a field nobody knows', { later: many }],
    ['an answer format', { output_config: { format: { type: 'json_schema', schema: { title: many } } } }],
  ])('counts every byte of %s', (_, body: JsonObject) => {
    expect(inputOf(body)).toBeGreaterThanOrEqual(5000)
    expect(inputOf(body)).toBeLessThan(8000)
  })

  it('counts what is no ASCII by its bytes', () => {
    expect(inputOf(user({ type: 'text', text: '🦉'.repeat(1000) }))).toBeGreaterThanOrEqual(4000)
  })

  it('counts an image by its formula, wherever it stands, and a PDF by its bytes', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(400_000) } }
    const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'A'.repeat(4000) } }

    expect(inputOf(user(image)) - inputOf(user())).toBe(imageTokens)
    expect(inputOf(user({ type: 'tool_result', tool_use_id: 'a', content: [image, image] }))).toBeGreaterThan(
      2 * imageTokens,
    )
    expect(inputOf(user(pdf))).toBeGreaterThanOrEqual(3000)
    expect(inputOf(user(pdf))).toBeLessThan(4000)
  })

  it.each<[string, JsonObject[string]]>([
    ['nothing', null],
    ['empty lists', []],
    ['empty objects', {}],
    ['members called as those of a block', { type: {}, text: {}, content: {}, source: 1 }],
  ])('counts a schema and a call that are made of %s', (_, value) => {
    const written = { a: Array<typeof value>(5000).fill(value) }
    const least = Buffer.byteLength(JSON.stringify(written)) / 2

    expect(inputOf({ tools: [{ name: 'f', input_schema: written }] })).toBeGreaterThan(least)
    expect(inputOf(user({ type: 'tool_use', id: 'a', name: 'f', input: written }))).toBeGreaterThan(least)
    expect(inputOf({ output_config: { format: { type: 'json_schema', schema: written } } })).toBeGreaterThan(least)
  })

  it('counts what is no picture in the place of one by its bytes, and not at all where it is elsewhere', () => {
    const image = (source: JsonObject) => user({ type: 'image', source })
    const bounds = (source: JsonObject) => boundsOf({ ...asked, ...image(source) })

    const data = `JVBERi0${'A'.repeat(400_000)}`
    expect(inputOf(image({ type: 'base64', media_type: 'application/pdf', data }))).toBeGreaterThan(300_000)
    expect(bounds({ type: 'url', url: 'https://x.test/a.png' }).unbounded).toBeUndefined()
    expect(bounds({ type: 'file', file_id: 'file_011' }).unbounded).toBeUndefined()
    for (const url of ['https://youtu.be/a', 'https://x.test/a.mp4', 'gs://a/b'])
      expect(bounds({ type: 'url', url }).unbounded).toBe('messages.image.source')
    expect(bounds({ type: 'file', file_id: 'files/abc' }).unbounded).toBe('messages.image.source')
  })

  it('counts for a toolset what its actions bring with them', () => {
    expect(inputOf({ tools: [{ type: 'computer_toolset_20260801' }] })).toBeGreaterThan(12_000)
    expect(inputOf({ tools: [{ type: 'bash_20250124', name: 'bash' }] })).toBeLessThan(3000)
  })

  it('has the cap of the request', () => {
    expect(boundsOf(asked)).toMatchObject({ outputCap: 100, choices: 1 })
  })

  it.each([
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools[0]'],
    [{ mcp_servers: [{}] }, 'mcp_servers'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ prediction: { type: 'content', content: 'x' } }, 'prediction'],
    [{ container: 'c' }, 'container'],
    [{ thread: { type: 'continue', previous_message_id: 'msg_1' } }, 'thread'],
    [{ context_management: { edits: [{ type: 'compact_20260112' }] } }, 'context_management.edits[0]'],
    [user({ type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } }), 'messages.document.source'],
    [user({ type: 'document', source: { type: 'file', file_id: 'f' } }), 'messages.document.source'],
  ] as [JsonObject, string][])('is none where the provider may bill without one: %j', (body, unbounded) => {
    expect(boundsOf({ ...asked, ...body }).unbounded).toBe(unbounded)
  })

  it.each<[JsonObject, string, string]>([
    [{ speed: 'fast' }, 'fast', 'speed'],
    [{ inference_geo: 'us' }, 'us', 'inference_geo'],
    [{ inference_geo: 'us', speed: 'fast' }, 'fast us', 'speed'],
    [{ inference_geo: 'global', service_tier: 'auto' }, 'global', 'inference_geo'],
    [{ service_tier: 'priority' }, 'priority', 'service_tier'],
  ])('names the tier that %j asks for: %s', (body, name, param) => {
    expect(boundsOf({ ...asked, ...body }).tier).toEqual({ name, param })
  })

  it.each([
    {
      tools: [
        { type: 'bash_20250124', name: 'bash' },
        { name: 'f', input_schema: {} },
      ],
    },
    { tools: [{ type: 'browser_toolset_20260801' }, { type: 'computer_toolset_20260801' }] },
    { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } },
    { service_tier: 'auto' },
    { thread: { type: 'create' } },
  ] as JsonObject[])('is one for what costs tokens alone: %j', (body) => {
    expect(boundsOf({ ...asked, ...body })).not.toHaveProperty('unbounded')
  })
})

describe('the estimate of a messages request', () => {
  // As o200k_base counts them.
  it.each([
    ['The quick brown fox jumps over the lazy dog today.', 11],
    ['const total = items.reduce((sum, item) => sum + item.price, 0)', 19],
    ['これは日本語の文章です。', 8],
  ])('is near to what tokenizers count: %s', (words, tokens) => {
    const counted =
      estimateTokens(user({ type: 'text', text: words })) - estimateTokens(user({ type: 'text', text: '' }))

    expect(counted).toBeGreaterThanOrEqual(tokens)
    expect(counted).toBeLessThanOrEqual(tokens * 2)
  })

  it('is never above the bound', () => {
    for (const body of [
      user(text(10)),
      user(text(10_000)),
      { ...user(text(5)), tools: [{ name: 'f', input_schema: {} }] },
    ])
      expect(estimateTokens(body)).toBeLessThanOrEqual(inputOf(body))
  })

  it('counts an image and a page, not their base64', () => {
    const data = 'A'.repeat(400_000)
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } }

    expect(estimateTokens(user(image))).toBeLessThan(2000)
    expect(estimateTokens(user({ type: 'document', source: { type: 'base64', data } }))).toBeLessThan(15_000)
  })
})
