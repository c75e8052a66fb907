import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { providerOf } from '../../lib/providers/rows.ts'
import { claude } from '../support/converse.ts'
import { event, exception } from '../support/event-stream.ts'
import { callOf, exchangeOptions, hello, streamed } from '../support/translated.ts'

const flags = providerOf('bedrock')?.also?.find(({ dialect }) => dialect === 'anthropic')?.flags ?? {}

const bound = (
  client: 'openai' | 'anthropic',
  body: JsonObject,
  options: Partial<ExchangeOptions> = {},
  headers: Record<string, string> = {},
) =>
  exchange(
    { client, upstream: 'anthropic' },
    { ...callOf({ ...hello, max_tokens: 9, ...body }), headers },
    exchangeOptions({ upstreamModel: claude, flags, ...options }),
  )

const chunk = (data: JsonObject) =>
  event('chunk', { bytes: Buffer.from(JSON.stringify(data)).toString('base64'), p: 'abc' })
const answer = [
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude',
      content: [],
      usage: { input_tokens: 3, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Jå 🌦' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } },
  { type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 3 } },
]
const wire = answer.map(chunk)

describe('a request to InvokeModel', () => {
  it('has version and betas in its body, and neither model nor stream; numbers stay as they were written', async () => {
    const { body, headers } = await bound(
      'anthropic',
      { stream: true, metadata: { user_id: 'u' } },
      {},
      {
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'context-1m-2025-08-07, files-api-2025-04-14,advanced-tool-use-2025-11-20',
      },
    )

    expect(JSON.parse(body)).toEqual({
      messages: hello.messages,
      max_tokens: 9,
      metadata: { user_id: 'u' },
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['context-1m-2025-08-07', 'tool-search-tool-2025-10-19'],
    })
    expect(headers).toEqual({})
  })

  it('leaves out and names what is refused there', async () => {
    const { body, dropped } = await bound('anthropic', { service_tier: 'auto', cache_control: { type: 'ephemeral' } })

    expect(JSON.parse(body)).not.toHaveProperty('service_tier')
    expect(dropped.toSorted()).toEqual(['cache_control', 'service_tier'])
  })

  it('of another client is the same, its schema in words', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } }
    const { body } = await bound('openai', {
      response_format: format,
      tools: [{ type: 'function', function: { name: 'f' } }],
      stream: true,
    })

    const sent = JSON.parse(body) as JsonObject
    expect(sent).toMatchObject({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9 })
    for (const name of ['model', 'stream', 'output_config']) expect(sent).not.toHaveProperty(name)
    expect(JSON.stringify(sent.system)).toContain('matches this JSON schema')
  })
})

describe('a stream of InvokeModel', () => {
  it('reaches a client of the messages API as it is elsewhere, and any other in its own tongue', async () => {
    const passed = streamed(await bound('anthropic', { stream: true }), wire)
    const told = streamed(await bound('openai', { stream: true }), wire)

    const data = (passed.bytes + passed.tail).split('\n').filter((line) => line.startsWith('data: '))
    expect(data.map((line) => JSON.parse(line.slice(6)) as JsonObject)).toMatchObject(
      answer.map(({ type }) => ({ type })),
    )
    expect(passed.bytes).toContain('event: content_block_delta\n')
    expect(told.bytes).toContain('"content":"Jå 🌦"')
    for (const { seen, finished, failure } of [passed, told]) {
      expect({ finished, failure }).toEqual({ finished: true, failure: undefined })
      expect(seen.usage).toMatchObject({ prompt: 3, completion: 4 })
    }
  })

  it('is the same however its bytes are cut, and no answer when cut before its stop reason', async () => {
    const bytes = Buffer.concat(wire)
    const enough = Buffer.concat(wire.slice(0, 5)).length
    const whole = streamed(await bound('anthropic', { stream: true }), [bytes])
    for (let at = 1; at < bytes.length; at += 7) {
      const { bytes: passed, tail } = streamed(await bound('anthropic', { stream: true }), [
        bytes.subarray(0, at),
        bytes.subarray(at),
      ])
      expect(passed + tail).toBe(whole.bytes + whole.tail)
      if (at >= enough) continue
      const cut = streamed(await bound('anthropic', { stream: true }), [bytes.subarray(0, at)])
      expect(cut).toMatchObject({ tail: '', finished: false, failure: { kind: 'cut' } })
    }
  })

  it.each([
    ['throttlingException', 'rate_limit'],
    ['modelStreamErrorException', 'server'],
    ['internalServerException', 'server'],
    ['validationException', 'bad_request'],
    ['serviceUnavailableException', 'overloaded'],
  ])('with an %s in it fails as %s', async (type, kind) => {
    for (const client of ['anthropic', 'openai'] as const)
      expect(
        streamed(await bound(client, { stream: true }), [...wire.slice(0, 3), exception(type, { message: 'No' })]),
      ).toMatchObject({ finished: false, tail: '', failure: { kind } })
  })

  it('that is damaged fails at once', async () => {
    const bad = Buffer.from(wire[3] ?? Buffer.alloc(0))
    bad[bad.length - 8] = (bad[bad.length - 8] ?? 0) ^ 1

    expect(streamed(await bound('anthropic', { stream: true }), [...wire.slice(0, 3), bad])).toMatchObject({
      finished: false,
      failure: { kind: 'malformed', mayHaveCost: true },
    })
  })
})

it('a refusal is read as AWS writes it', async () => {
  const refusing = await bound('anthropic', {})

  expect(
    refusing.failure(403, { 'x-amzn-errortype': 'ExpiredTokenException' }, Buffer.from('{"message":"Old"}')),
  ).toMatchObject({
    kind: 'auth',
    message: 'Old',
  })
})
