import { describe, expect, it } from 'vitest'

import type { JsonObject } from '../../lib/core/json.ts'
import { exchangeOf, messageOf } from '../support/translated.ts'

const reply = (fields: JsonObject, exchange = exchangeOf()) => {
  const read = exchange.whole(
    Buffer.from(
      JSON.stringify({ id: 'msg_1', type: 'message', model: 'claude-x', stop_reason: 'end_turn', ...fields }),
    ),
  )
  if ('failure' in read) throw new Error(read.failure.message)
  return { ...read, body: String(read.body), message: messageOf(String(read.body)) }
}
const text = (value: string): JsonObject => ({ type: 'text', text: value })

describe('a whole reply', () => {
  it('is a chat completion', () => {
    const { body, seen } = reply({
      content: [text('Hi '), text('there')],
      usage: { input_tokens: 3, output_tokens: 2 },
    })

    expect(JSON.parse(body)).toEqual({
      id: 'chatcmpl-r1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'claude-x',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          logprobs: null,
          message: {
            role: 'assistant',
            content: 'Hi there',
            refusal: null,
            provider_specific_fields: { native_finish_reason: 'end_turn' },
          },
        },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        cost: 0.000039,
      },
    })
    expect(seen).toEqual({
      usage: { prompt: 3, completion: 2, cached: 0, cacheWrite: 0 },
      finish: 'stop',
      id: 'msg_1',
      model: 'claude-x',
      contentBytes: 8,
      contentEvents: 2,
    })
  })

  it('has calls with arguments as text, and no content beside calls alone', () => {
    const { body, message } = reply({
      stop_reason: 'tool_use',
      content: [
        { type: 'tool_use', id: 'a', name: 'x', input: { q: 'ü' } },
        { type: 'tool_use', id: 'b', name: 'y', input: {} },
      ],
    })

    expect(message.calls).toEqual([
      { id: 'a', name: 'x', arguments: '{"q":"ü"}' },
      { id: 'b', name: 'y', arguments: '{}' },
    ])
    expect(message.finish).toBe('tool_calls')
    expect(body).toContain('"content":null')
    expect(body).not.toContain('"usage"')
  })

  it.each([
    ['end_turn', [text('a')], 'stop'],
    ['stop_sequence', [text('a')], 'stop'],
    ['max_tokens', [text('a')], 'length'],
    ['model_context_window_exceeded', [text('a')], 'length'],
    ['pause_turn', [text('a')], 'stop'],
    ['tool_use', [text('a')], 'stop'],
    ['refusal', [], 'content_filter'],
    ['end_turn', [{ type: 'tool_use', id: 'a', name: 'x', input: {} }], 'tool_calls'],
    [null, [text('a')], 'stop'],
    ['yet_to_be_invented', [text('a')], 'stop'],
  ])('with stop reason %s and %j finishes', (stop, content: JsonObject[], finish) => {
    expect(reply({ stop_reason: stop, content }).message.finish).toBe(finish)
  })

  it('that refuses says why, where it is said', () => {
    const details = { type: 'refusal', explanation: 'Not this.' }

    expect(reply({ stop_reason: 'refusal', content: [], stop_details: details }).message.refusal).toBe('Not this.')
    expect(reply({ stop_reason: 'refusal', content: [], stop_details: null }).body).toContain('"refusal":null')
  })

  it('goes back as the history it came from, thinking byte for byte', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm.\n', signature: 'a+/=' },
      { type: 'redacted_thinking', data: 'x' },
      text('Looking.'),
      { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'owls' } },
    ]
    const { choices } = JSON.parse(reply({ stop_reason: 'tool_use', content }).body) as {
      choices: { message: JsonObject }[]
    }
    const history = [
      { role: 'user', content: 'Go' },
      choices[0]?.message ?? {},
      { role: 'tool', tool_call_id: 'toolu_1', content: 'seen' },
    ]

    const sent = JSON.parse(exchangeOf({ messages: history }).body) as { messages: { content: JsonObject[] }[] }

    expect(sent.messages[1]?.content).toEqual(content)
  })

  it.each([
    ['an error', '{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}', 'overloaded'],
    ['no message', '{"id":"x"}', 'malformed'],
    ['no JSON', '<html>', 'malformed'],
    ['nothing', '', 'malformed'],
  ])('that is %s is a failure', (_, body, kind) => {
    expect(exchangeOf().whole(Buffer.from(body))).toMatchObject({ failure: { kind } })
  })
})

const failure = (status: number, body: string, headers: Record<string, string> = {}) =>
  exchangeOf().failure(status, headers, Buffer.from(body))
const error = (type: string, message = 'No') =>
  JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' })

describe('an error reply', () => {
  it.each([
    [400, 'invalid_request_error', 'No', 'bad_request'],
    [400, 'invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum', 'context_window'],
    [400, 'invalid_request_error', 'Your credit balance is too low', 'quota'],
    [401, 'authentication_error', 'No', 'auth'],
    [402, 'billing_error', 'No', 'quota'],
    [403, 'permission_error', 'No', 'permission'],
    [404, 'not_found_error', 'No', 'not_found'],
    [413, 'request_too_large', 'No', 'too_large'],
    [429, 'rate_limit_error', 'No', 'rate_limit'],
    [500, 'api_error', 'No', 'server'],
    [500, 'overloaded_error', 'No', 'overloaded'],
    [529, 'overloaded_error', 'No', 'overloaded'],
  ])('%i %s (%s) is %s', (status, type, message, kind) => {
    expect(failure(status, error(type, message))).toMatchObject({
      kind,
      status,
      message,
      upstreamRequestId: 'req_1',
      mayHaveCost: false,
    })
  })

  it.each([
    [401, 'authentication_error', 'authentication_error'],
    [404, 'not_found_error', 'not_found_error'],
    [413, 'request_too_large', 'request_too_large'],
    [400, 'invalid_request_error', undefined],
    [529, 'overloaded_error', undefined],
  ])('%i %s has the code %s, where clients are told another type', (status, type, code) => {
    expect(failure(status, error(type)).code).toBe(code)
  })

  it('says when to come back, and survives any body', () => {
    expect(failure(429, error('rate_limit_error'), { 'retry-after': '7' }).retryAfterMs).toBe(7000)
    expect(failure(413, '<html><title>Too big</title></html>').kind).toBe('too_large')
    expect(failure(529, '').kind).toBe('overloaded')
  })
})
