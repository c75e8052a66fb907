import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import { anthropic } from '../../lib/dialects/anthropic/index.ts'
import { cohere } from '../../lib/dialects/cohere/index.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import type { Flags } from '../../lib/dialects/flags.ts'
import { gemini } from '../../lib/dialects/gemini/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { responsesUpstream } from '../../lib/dialects/responses/upstream.ts'
import type { ClientTongue, UpstreamTongue } from '../../lib/dialects/tongue.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { conversation } from '../support/conversations.ts'
import { callOf, exchangeOptions } from '../support/translated.ts'
import { providerOf } from '../../lib/providers/rows.ts'
import { judges, type Published } from './published.ts'

const schema: JsonObject = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 9 }, days: { type: ['integer', 'null'], minimum: 1 } },
  required: ['city'],
}
const nested: JsonObject = {
  $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
  type: 'object',
  properties: { root: { $ref: '#/$defs/node' }, either: { anyOf: [{ type: 'string' }, { const: 3 }] } },
  additionalProperties: false,
}
const tool = (name: string, more: JsonObject = {}): JsonObject => ({ type: 'function', function: { name, ...more } })
const tools = fc.constantFrom<JsonObject[]>(
  [],
  [tool('look')],
  [
    tool('look', { description: '', parameters: { type: 'object' } }),
    tool('mcp.server:tool', { description: 'Strictly', parameters: schema, strict: true }),
  ],
  [
    {
      ...tool('y'.repeat(80), { description: 'Long', parameters: nested }),
      cache_control: { type: 'ephemeral', ttl: '1h' },
    },
  ],
)
const wishes = fc.record(
  {
    tool_choice: fc.constantFrom<JsonObject['']>('auto', 'none', 'required', {
      type: 'function',
      function: { name: 'look' },
    }),
    parallel_tool_calls: fc.boolean(),
    max_tokens: fc.integer({ min: 1, max: 64_000 }),
    temperature: fc.constantFrom(0, 0.5, 1, 2),
    top_p: fc.constantFrom(0, 0.5, 1),
    top_k: fc.constantFrom(1, 40),
    stop: fc.constantFrom<JsonObject['']>('\n', 'END', ['a', ' ', 'b', 'c', 'd', 'e']),
    seed: fc.constant(7),
    frequency_penalty: fc.constant(0.5),
    reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh'),
    thinking: fc.constantFrom<JsonObject>({ type: 'enabled', budget_tokens: 2048 }, { type: 'disabled' }),
    response_format: fc.constantFrom<JsonObject>(
      { type: 'json_object' },
      { type: 'json_schema', json_schema: { name: 'answer', schema: nested, strict: true } },
    ),
    service_tier: fc.constant('auto'),
    metadata: fc.constant({ a: 'b' }),
    logprobs: fc.constant(true),
    user: fc.constant('u-1'),
    stream: fc.boolean(),
  },
  { requiredKeys: [] },
)

type Tongues = { client: ClientTongue; upstream: UpstreamTongue }
type Subject = {
  type: Published
  upstream: UpstreamTongue
  models: readonly string[]
  flags?: readonly Flags[]
  /** Adds what the type demands and the provider does not. */
  mend?: (body: JsonObject) => JsonObject
}

const same = (body: JsonObject) => body

const subjects: readonly Subject[] = [
  {
    type: 'AnthropicMessages',
    upstream: anthropic,
    models: [
      'claude-3-5-haiku-20241022',
      'claude-sonnet-4-5',
      'claude-opus-4-1',
      'claude-opus-5',
      'claude-fable-5-1',
      'claude-opus-5-5',
      'claude-sonnet-5-5',
    ],
  },
  {
    type: 'GeminiGenerateContent',
    upstream: gemini,
    models: ['gemini-2.0-flash', 'gemini-2.5-flash', 'gemini-3-pro-preview', 'gemma-3-27b-it'],
    flags: [{ callIds: true }, {}, {}],
  },
  {
    type: 'OpenaiChat',
    upstream: openaiUpstream,
    models: ['gpt-5', 'gpt-4.1', 'o3'],
    flags: [providerOf('openai')?.flags ?? {}],
  },
  { type: 'OpenaiResponses', upstream: responsesUpstream, models: ['gpt-5', 'gpt-4.1', 'o3'], mend: asReplied },
  { type: 'CohereChat', upstream: cohere, models: ['command-a-03-2025', 'command-a-reasoning-08-2025'] },
]

/** What the API adds to its own messages and reasoning, and takes back without. */
function asReplied(body: JsonObject): JsonObject {
  const input = listOf(body.input)
    .map(objectOf)
    .map((item): JsonObject => {
      if (item.type === 'reasoning') return { id: 'rs_1', ...item }
      if (item.type !== 'message' || item.role !== 'assistant') return item
      const content = listOf(item.content).map((part) => ({ annotations: [], ...objectOf(part) }))
      return { id: 'msg_1', status: 'completed', ...item, content }
    })
  return { ...body, input }
}

const asked = fc.record({ messages: conversation, tools, wishes })
const judge = judges()

/** What a client of one tongue asks, bound to a provider of another; nothing where it is refused by name. */
function printed(tongues: Tongues, body: JsonObject, options: Partial<ExchangeOptions>): JsonObject | undefined {
  try {
    const bound = translator(tongues.client, tongues.upstream)(
      callOf(body),
      exchangeOptions({ dropParams: true, ...options }),
    )
    return JSON.parse(bound.body) as JsonObject
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}

/** As the messages API has the same request: what its clients may send. */
const asMessages = (body: JsonObject): JsonObject | undefined =>
  printed({ client: openai, upstream: anthropic }, body, { upstreamModel: 'claude-sonnet-4-5' })

describe('requests, whatever the conversation, model and wishes, are as the provider publishes them:', () => {
  test.each(
    subjects.flatMap((subject) => [
      { ...subject, client: openai, from: 'chat completions' },
      { ...subject, client: anthropicClient, from: 'messages' },
    ]),
  )('$type, from $from', ({ type, upstream, models, flags = [{}], client, mend = same }) => {
    const given = fc.sample(asked, 1000).flatMap(({ messages, tools: offered, wishes: more }, at) => {
      const body = { model: 'm', messages, ...(offered.length > 0 && { tools: offered }), ...more } as JsonObject
      const own = client === openai ? body : asMessages(body)
      const options = { upstreamModel: models[at % models.length] ?? '', flags: flags[at % flags.length] ?? {} }
      const sent = own && printed({ client, upstream }, own, options)
      return sent ? [sent] : []
    })
    const faults = given.flatMap((sent) => {
      const found = judge(type, mend(sent))
      return found.length > 0 ? [{ found, sent: JSON.stringify(sent) }] : []
    })

    expect(given.length).toBeGreaterThan(500)
    expect(faults.slice(0, 2)).toEqual([])
  })

  test.each<[Published, JsonObject]>([
    ['AnthropicMessages', { model: 'm', max_tokens: 1, messages: [{ role: 'tool', content: 'a' }] }],
    ['AnthropicMessages', { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
    ['AnthropicMessages', { model: 'm', messages: [] }],
    ['GeminiGenerateContent', { contents: [{ role: 'user', parts: [{ text: 1 }] }] }],
    ['GeminiGenerateContent', { contents: [], generationConfig: { max_tokens: 1 } }],
    [
      'GeminiGenerateContent',
      { contents: [], tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: 'object' } }] }] },
    ],
    ['OpenaiChat', { model: 'm', messages: [{ role: 'tool', content: 'a' }] }],
    ['OpenaiResponses', { model: 'm', input: [{ type: 'function_call', call_id: 'a', arguments: {} }] }],
    ['CohereChat', { model: 'm', messages: [{ role: 'user' }] }],
  ])('and %s would be found out if it were not: %j', (type, wrong) => {
    expect(judge(type, wrong)).not.toEqual([])
  })
})
