import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import { anthropic } from '../../lib/dialects/anthropic/index.ts'
import { passThrough } from '../../lib/dialects/anthropic/passthrough.ts'
import { converse } from '../../lib/dialects/converse/index.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { gemini } from '../../lib/dialects/gemini/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { responsesClient } from '../../lib/dialects/responses/client.ts'
import { responsesUpstream } from '../../lib/dialects/responses/upstream.ts'
import type { ClientTongue, UpstreamTongue } from '../../lib/dialects/tongue.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf, exchangeOptions, framed, streamed } from '../support/translated.ts'

const messages = [{ role: 'user', content: 'Hi' }]
const clients: Record<string, { tongue: ClientTongue; body: JsonObject; told: (text: string) => unknown }> = {
  chat: { tongue: openai, body: { model: 'm', messages }, told: (text) => parsed(text).service_tier },
  responses: { tongue: responsesClient, body: { model: 'm', input: 'Hi' }, told: (text) => parsed(text).service_tier },
  messages: {
    tongue: anthropicClient,
    body: { model: 'm', messages, max_tokens: 9 },
    told: (text) => (parsed(text).usage as JsonObject).service_tier,
  },
}
const parsed = (text: string) => JSON.parse(text) as JsonObject

const counts = { input_tokens: 1, output_tokens: 2 }
const content = [{ type: 'output_text', text: 'Hi', annotations: [] }]
/** A reply of each host that says which tier has served it. */
const hosts: Record<
  string,
  { tongue: UpstreamTongue; reply: (tier: string) => JsonObject; name: (tier: string) => string }
> = {
  chat: {
    tongue: openaiUpstream,
    name: (tier) => tier,
    reply: (service_tier) => ({
      choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }],
      service_tier,
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    }),
  },
  responses: {
    tongue: responsesUpstream,
    name: (tier) => tier,
    reply: (service_tier) => ({
      status: 'completed',
      output: [{ type: 'message', content }],
      service_tier,
      usage: counts,
    }),
  },
  anthropic: {
    tongue: anthropic,
    name: (tier) => (tier === 'default' ? 'standard' : tier),
    reply: (service_tier) => ({
      type: 'message',
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      usage: { ...counts, service_tier },
    }),
  },
  converse: {
    tongue: converse,
    name: (tier) => tier,
    reply: (type) => ({
      output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
      stopReason: 'end_turn',
      serviceTier: { type },
      usage: { inputTokens: 1, outputTokens: 2 },
    }),
  },
  vertex: {
    tongue: gemini,
    name: (tier) => (tier === 'default' ? 'ON_DEMAND' : `ON_DEMAND_${tier.toUpperCase()}`),
    reply: (trafficType) => ({
      candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, trafficType },
    }),
  },
}

const bound = (client: ClientTongue, upstream: UpstreamTongue, body: JsonObject, how: Partial<ExchangeOptions> = {}) =>
  translator(client, upstream)(callOf(body), exchangeOptions({ upstreamModel: 'm', ...how }))

describe.each(Object.entries(hosts))('the tier that served a reply, as %s tells it', (_, { tongue, reply, name }) => {
  test.each(Object.entries(clients))('is told to a client of %s in its own words', (kind, client) => {
    for (const tier of ['default', 'priority']) {
      const whole = bound(client.tongue, tongue, client.body).whole(Buffer.from(JSON.stringify(reply(name(tier)))))

      expect(whole).toMatchObject({ seen: { tier } })
      const expected = kind === 'messages' && tier === 'default' ? 'standard' : tier
      expect('body' in whole && client.told(String(whole.body))).toBe(expected)
    }
  })
})

test('a tier that OpenAI has no name for is not told to its clients, whose types would refuse it', () => {
  const host = hosts.converse
  if (!host) throw new Error('no such host')
  const whole = bound(openai, host.tongue, { model: 'm', messages }).whole(
    Buffer.from(JSON.stringify(host.reply('reserved'))),
  )

  expect(whole).toMatchObject({ seen: { tier: 'reserved' } })
  expect('body' in whole && parsed(String(whole.body))).not.toHaveProperty('service_tier')
})

const stream = framed(`
{"type":"message_start","message":{"id":"msg_1","model":"claude","content":[],"usage":{"input_tokens":5,"output_tokens":1,"service_tier":"priority"}}}
{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}
{"type":"content_block_stop","index":0}
{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}
{"type":"message_stop"}`)

describe('the tier of a stream', () => {
  test('is told at its end', () => {
    const { tail } = streamed(bound(openai, anthropic, { model: 'm', messages, stream: true }), [stream])

    expect(tail).toContain('"service_tier":"priority"')
  })

  test('is no content: an answer of which nothing else was seen can still be asked of somebody else', () => {
    const [head] = stream.toString().split(/(?<=\n\n)/)
    const call = callOf({ model: 'm', messages, max_tokens: 9, stream: true })
    const passed = passThrough(call, exchangeOptions())
      .stream()
      .push(Buffer.from(head ?? ''))
    const made = bound(openai, anthropic, { model: 'm', messages, stream: true }).stream()
    const step = made.push(Buffer.from(head ?? ''))

    expect(passed.content).toBe(false)
    expect(step.content).toBe(false)
    made.push(stream.subarray(Buffer.byteLength(head ?? ''), stream.indexOf('event: content_block_stop')))
    expect(made.interrupted?.()).toMatchObject({ text: 'Hi' })
  })
})

describe('the wish for a tier', () => {
  const inBody = { serviceTier: 'body' } as const
  test.each<[string, ClientTongue, UpstreamTongue, JsonObject, Partial<ExchangeOptions>, JsonObject]>([
    ['default to Anthropic', openai, anthropic, { service_tier: 'default' }, {}, { service_tier: 'standard_only' }],
    ['priority to Anthropic', openai, anthropic, { service_tier: 'priority' }, {}, { service_tier: 'auto' }],
    ['flex to Bedrock', openai, converse, { service_tier: 'flex' }, {}, { serviceTier: { type: 'flex' } }],
    [
      'priority to AI Studio',
      openai,
      gemini,
      { service_tier: 'priority' },
      { flags: inBody },
      { serviceTier: 'priority' },
    ],
    [
      'standard_only to chat',
      anthropicClient,
      openaiUpstream,
      { service_tier: 'standard_only' },
      {},
      { service_tier: 'default' },
    ],
    [
      'standard_only to responses',
      anthropicClient,
      responsesUpstream,
      { service_tier: 'standard_only' },
      {},
      { service_tier: 'default' },
    ],
    [
      'flex of a response to chat',
      responsesClient,
      openaiUpstream,
      { service_tier: 'flex' },
      {},
      { service_tier: 'flex' },
    ],
  ])('is said in the words of the host: %s', (_, client, upstream, more, how, wanted) => {
    const { body } = Object.values(clients).find(({ tongue }) => tongue === client) ?? { body: {} }
    const made = bound(client, upstream, { ...body, ...more }, how)

    expect(JSON.parse(made.body)).toMatchObject(wanted)
    expect(made.dropped).not.toContain('service_tier')
  })

  test('is a header at Vertex', () => {
    const how = { flags: { serviceTier: 'header' } } as const
    const { headers, body } = bound(openai, gemini, { model: 'm', messages, service_tier: 'flex' }, how)

    expect(headers).toEqual({ 'x-vertex-ai-llm-shared-request-type': 'flex' })
    expect(body).not.toContain('flex')
  })

  test.each([
    ['flex', ['service_tier']],
    ['default', []],
    ['auto', []],
  ])('that a host cannot be told is named, unless it is what happens anyway: %s', (tier, dropped) => {
    const how = { flags: { anthropicVersion: 'vertex-2023-10-16' } } as const

    expect(bound(openai, anthropic, { model: 'm', messages, service_tier: tier }, how).dropped).toEqual(dropped)
    expect(bound(openai, gemini, { model: 'm', messages, service_tier: tier }).dropped).toEqual(dropped)
  })

  test('for the usual tier is not said to hosts that may not know the word', () => {
    const how = { flags: { developerRole: false } } as const

    expect(bound(openai, openaiUpstream, { model: 'm', messages, service_tier: 'default' }, how).body).not.toContain(
      'tier',
    )
  })
})
