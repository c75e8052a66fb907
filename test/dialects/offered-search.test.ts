import { describe, expect, test } from 'vitest'
import { type JsonObject, listOf } from '../../lib/core/json.ts'
import { anthropic } from '../../lib/dialects/anthropic/index.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { gemini } from '../../lib/dialects/gemini/index.ts'
import { ollama } from '../../lib/dialects/ollama/index.ts'
import { responsesClient } from '../../lib/dialects/responses/client.ts'
import type { ClientTongue, UpstreamTongue } from '../../lib/dialects/tongue.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf, exchangeOptions } from '../support/translated.ts'

const places = { type: 'approximate', country: 'NO' }
const shell: JsonObject = { type: 'function', name: 'shell', parameters: { type: 'object', properties: {} } }

type Over = Partial<ExchangeOptions>
const through = (client: ClientTongue, upstream: UpstreamTongue, body: JsonObject, over: Over) => {
  const { body: text, dropped } = translator(client, upstream)(callOf({ model: 'm', ...body }), exchangeOptions(over))
  return { tools: listOf((JSON.parse(text) as JsonObject).tools), dropped }
}
const agent = (upstream: UpstreamTongue, tool: JsonObject, over: Over = {}) =>
  through(responsesClient, upstream, { input: 'Hello', tools: [shell, tool] }, { webSearch: true, ...over })

const claude = { upstreamModel: 'claude-sonnet-4-6' }
const newest = { upstreamModel: 'gemini-3-flash-preview' }

describe('a search that a client of another tongue offers', () => {
  test('is left out and named, unless the deployment says that its model searches', () => {
    const { tools, dropped } = agent(anthropic, { type: 'web_search' }, { ...claude, webSearch: false })

    expect(tools).toHaveLength(1)
    expect(dropped).toEqual(['tools.web_search'])
  })

  test.each(['web_search', 'web_search_preview', 'web_search_2025_08_26', 'web_search_preview_2025_03_11'])(
    'of OpenAI’s (%s) is Anthropic’s then, within its limits',
    (type) => {
      const filters = { allowed_domains: ['example.com'] }
      const tool = { type, external_web_access: true, search_context_size: 'low', user_location: places, filters }

      const { tools, dropped } = agent(anthropic, tool, claude)

      expect(dropped).toEqual([])
      expect(tools[1]).toEqual({
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 1,
        user_location: places,
        allowed_domains: ['example.com'],
      })
    },
  )

  test('is Google’s, whoever offers it', () => {
    expect(agent(gemini, { type: 'web_search' }, newest)).toMatchObject({
      tools: [{}, { googleSearch: {} }],
      dropped: [],
    })
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
    const body = { max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }], tools }
    const asked = through(anthropicClient, gemini, body, { ...newest, webSearch: true })
    expect(asked).toEqual({ tools: [{ googleSearch: {} }], dropped: [] })
  })

  test.each<[string, UpstreamTongue, JsonObject, Over]>([
    ['that only stored pages may be searched with', anthropic, { external_web_access: false }, claude],
    ['within limits that cannot be told', gemini, { filters: { allowed_domains: ['example.com'] } }, newest],
    ['beside functions, where a model takes one or the other', gemini, {}, { upstreamModel: 'gemini-2.5-flash' }],
    ['where the cloud has none', anthropic, {}, { ...claude, flags: { invokeModel: true } }],
    ['in a tongue without search', ollama, {}, {}],
  ])('%s stays left out, and named', (_, upstream, more, over) => {
    const { tools, dropped } = agent(upstream, { type: 'web_search', ...more }, over)

    expect(tools).toHaveLength(1)
    expect(dropped).toEqual(['tools.web_search'])
  })

  test('changes nothing for other tools that a provider runs', () => {
    expect(agent(anthropic, { type: 'file_search', vector_store_ids: [] }, claude).dropped).toEqual([
      'tools.file_search',
    ])
  })
})
