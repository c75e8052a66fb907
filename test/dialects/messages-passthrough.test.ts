import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import { type JsonObject, objectOf } from '../../lib/core/json.ts'
import { parseMessagesCall } from '../../lib/dialects/anthropic/call.ts'
import { passThrough } from '../../lib/dialects/anthropic/passthrough.ts'
import { exchangeContract } from '../contracts/exchange.ts'
import { fixture } from '../support/anthropic.ts'
import { asked, callOf, eventsOf, messageOf, passExchange } from '../support/messages.ts'
import { exchangeOptions, framed, streamed } from '../support/translated.ts'

const free = { dollars: () => undefined }
const end = /event: message_stop\ndata: \{"type":"message_stop"\}\s+$/

exchangeContract('text passed on to a client of the messages API', () => passExchange({ stream: true }, free), {
  stream: framed(fixture('text')),
  completeAfter: 8,
  usage: { prompt: 12, completion: 9, cached: 0, cacheWrite: 0 },
  end,
})
exchangeContract('thinking and tools passed on', () => passExchange({ stream: true }, { publicModel: 'ours' }), {
  stream: framed(fixture('thinking-and-tools')),
  completeAfter: 22,
  usage: { prompt: 12, completion: 80, cached: 0, cacheWrite: 0, reasoning: 33 },
  end,
})

const bodyOf = (body: JsonObject, options = {}): JsonObject =>
  JSON.parse(passExchange(body, options).body) as JsonObject

describe('a messages request to a host of that API', () => {
  it('keeps every byte but the name of the model', () => {
    const text = `{ "model": "ours",\n "max_tokens": 10, "messages": [{"role":"user","content":"\\u00fc"}], "thread": {"n": 12345678901234567890} }`
    const options = { upstreamModel: 'theirs', flags: { threads: true } }
    const { body, dropped } = passThrough(parseMessagesCall(text), exchangeOptions(options))

    expect(body).toBe(text.replace('"ours"', '"theirs"'))
    expect(dropped).toEqual([])
  })

  it('carries the version and the betas of its client, and a version where it names none', () => {
    const headers = { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'a-1,b-2', 'x-other': 'z' }

    expect(passExchange({}, {}, headers).headers).toEqual({
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'a-1,b-2',
    })
    expect(passExchange().headers).toEqual({ 'anthropic-version': '2023-06-01' })
  })

  it('loses what is for the gateway alone', () => {
    const body = bodyOf({
      metadata: { user_id: 'u', tags: ['a'] },
      litellm_session_id: 's',
      num_retries: 3,
      tags: ['x'],
    })

    expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages', 'metadata'])
    expect(body.metadata).toEqual({ user_id: 'u' })
  })

  it.each([{ fallbacks: 'default' }, { fallbacks: [{ model: 'claude-opus-4-8' }] }] as JsonObject[])(
    'keeps %j where its client asks the provider for it, and a cloud without it is not given it',
    (body) => {
      const headers = { 'anthropic-beta': 'a-1,server-side-fallback-2026-07-01' }
      const sent = (flags = {}) => passExchange(body, { flags }, headers)

      expect(JSON.parse(sent().body)).toMatchObject(body)
      expect(JSON.parse(sent({ anthropicVersion: 'v' }).body)).not.toHaveProperty('fallbacks')
      expect(sent({ anthropicVersion: 'v' }).dropped).toEqual(['fallbacks'])
      expect(bodyOf(body)).not.toHaveProperty('fallbacks')
    },
  )

  it('may say of thinking how blocks of earlier turns are taken, and nothing else', () => {
    const thinking = { block_binding: { prefix_mismatch_behavior: 'drop_block' } }

    expect(bodyOf({ thinking }).thinking).toEqual(thinking)
  })

  it('does not tell where it may be served: that is for the gateway', () => {
    expect(bodyOf({ allowed_model_region: 'eu' })).not.toHaveProperty('allowed_model_region')
  })

  it("gets the deployment's defaults in its own tongue", () => {
    const params = { stop: 'X', seed: 7, top_k: 5, max_tokens: 9, reasoning_effort: 'low', service_tier: 'auto' }

    expect(bodyOf({}, { params, upstreamModel: 'claude-opus-4-6' })).toMatchObject({
      max_tokens: 100,
      stop_sequences: ['X'],
      top_k: 5,
      service_tier: 'auto',
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
    })
    expect(bodyOf({}, { params })).not.toHaveProperty('seed')
    expect(bodyOf({ thinking: { type: 'disabled' } }, { params }).thinking).toEqual({ type: 'disabled' })
  })

  it('has the cap that was paid for, and thinks within it', () => {
    const thinking = { type: 'enabled', budget_tokens: 8000 }
    const body = { max_tokens: 10_000, thinking }

    expect(bodyOf(body, { outputCap: 9000 })).toMatchObject({ max_tokens: 9000, thinking })
    expect(bodyOf(body, { outputCap: 4000 })).toMatchObject({ max_tokens: 4000, thinking: { budget_tokens: 2000 } })
    expect(passExchange(body, { outputCap: 1500 })).toMatchObject({ dropped: ['thinking'] })
    expect(bodyOf(body, { outputCap: 1500 })).not.toHaveProperty('thinking')
  })

  it('loses thinking that another provider wrote, and turns that were nothing else', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: '' }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'y', signature: 'purser:openai-responses-v1:abc' },
          { type: 'redacted_thinking', data: 'purser:openai-responses-v1:def' },
          { type: 'thinking', thinking: '', signature: 'c2lnbmVk+/==' },
          { type: 'redacted_thinking', data: 'c2VhbGVk' },
          { type: 'tool_use', id: 'toolu_1', name: 'f', input: { n: 1 } },
        ],
      },
    ]

    expect(bodyOf({ messages }).messages).toEqual([
      messages[0],
      { ...messages[2], content: messages[2]?.content.slice(2) },
    ])
    expect(bodyOf({ messages }, { flags: { unsignedThinking: true } }).messages).toHaveLength(3)
  })

  it('thinks no more in a loop of tools whose thinking was written elsewhere: with a budget that would be refused', () => {
    const turn = (signature: string) => [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: '', signature },
          { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' }] },
    ]
    const thinking = { type: 'enabled', budget_tokens: 2000 }
    const moved = turn('purser:google-gemini-v1:abc')
    const body = { max_tokens: 4000, thinking }

    expect(passExchange({ ...body, messages: moved }).dropped).toEqual(['thinking'])
    expect(bodyOf({ ...body, messages: moved })).not.toHaveProperty('thinking')
    expect(bodyOf({ ...body, messages: turn('c2lnbmVk') }).thinking).toEqual(thinking)
    const next = { role: 'user', content: 'Next' }
    expect(bodyOf({ ...body, messages: [...moved, next] })).not.toHaveProperty('thinking')
    const ended = [...moved, { role: 'assistant', content: 'Done' }, next]
    expect(bodyOf({ ...body, messages: ended }).thinking).toEqual(thinking)
    expect(bodyOf({ ...body, thinking: { type: 'adaptive' }, messages: moved }).thinking).toEqual({ type: 'adaptive' })
  })

  it('is refused a parameter that its host does not take, or loses it by name', () => {
    const flags = { refusedParams: ['top_k'] }
    const dropped = passExchange({ top_k: 3 }, { flags, dropParams: true })

    expect(() => passExchange({ top_k: 3 }, { flags })).toThrow(GatewayError)
    expect(dropped).toMatchObject({ dropped: ['top_k'] })
    expect(JSON.parse(dropped.body)).not.toHaveProperty('top_k')
    const nested = passExchange(
      { output_config: { effort: 'low' } },
      { additionalDropParams: ['output_config.effort'] },
    )
    expect(nested).toMatchObject({ dropped: ['output_config.effort'] })
  })
})

describe('a message stream that is passed on', () => {
  const wire = (name: string) => framed(fixture(name))

  it.each(['text', 'search', 'compaction', 'pause', 'unknown-kinds', 'refusal'])('keeps its bytes: %s', (name) => {
    const { bytes, tail, finished } = streamed(passExchange({ stream: true }, free), [wire(name)])

    expect(finished).toBe(true)
    expect(bytes + tail).toBe(wire(name).toString())
  })

  it('has the public name of the model and the cost put in, and nothing else', () => {
    const { bytes, tail } = streamed(passExchange({ stream: true }, { publicModel: 'ours' }), [wire('text')])
    const before = eventsOf(wire('text').toString())
    const after = eventsOf(bytes + tail)

    expect(objectOf(after[0]?.message).model).toBe('ours')
    expect(objectOf(after.at(-2)?.usage).cost).toBeCloseTo((12 * 3 + 9 * 15) / 1e6, 12)
    expect(after.slice(1, -2)).toEqual(before.slice(1, -2))
  })

  it.each([
    ['error-inside', 'server'],
    ['overloaded-first', 'overloaded'],
    ['spliced-start', 'malformed'],
  ])('fails where its provider does: %s', (name, kind) => {
    const { failure, tail } = streamed(passExchange({ stream: true }), [wire(name)])

    expect(failure?.kind).toBe(kind)
    expect(tail).toBe('')
  })

  it('gets the marker that its host left out behind a stop reason', () => {
    const cut = fixture('text').replace(/\{"type":"message_stop"\}\s*$/, '')
    const { tail, finished } = streamed(passExchange({ stream: true }, free), [framed(cut)])

    expect(finished).toBe(true)
    expect(eventsOf(tail).map(({ type }) => type)).toEqual(['message_delta', 'message_stop'])
  })

  it('gets the start of a block that its host left out, without which SDKs pass over its text', () => {
    const without = fixture('text')
      .split('\n')
      .filter((line) => !line.includes('"content_block_start"'))
      .join('\n')
    const { bytes, tail } = streamed(passExchange({ stream: true }, free), [framed(without)])
    const whole = streamed(passExchange({ stream: true }, free), [framed(fixture('text'))])

    expect(without).not.toBe(fixture('text'))
    expect(messageOf(bytes + tail)).toEqual(messageOf(whole.bytes + whole.tail))
    expect(bytes.match(/event: content_block_start/g)).toHaveLength(1)
  })

  it('gets the names of its events where a host sends data alone', () => {
    const bare = wire('text')
      .toString()
      .replaceAll(/^event: .*\n/gm, '')
    const { bytes, tail } = streamed(passExchange({ stream: true }, free), [Buffer.from(bare)])

    expect(messageOf(bytes + tail)).toMatchObject({ content: [{ type: 'text', text: 'Grüße, wörld 🦉!' }] })
  })

  it('is whole without a line that never was a piece of it, and is none without one that may have been', () => {
    const [start = '', ...others] = wire('text')
      .toString()
      .split(/(?<=\n\n)/)
    const read = (line: string) =>
      streamed(passExchange({ stream: true }, free), [Buffer.from([start, `data: ${line}\n\n`, ...others].join(''))])

    expect(read('keepalive')).toMatchObject({ finished: true })
    expect(read('keepalive').bytes + read('keepalive').tail).toBe(wire('text').toString())
    expect(read('{"type":"content_block_de')).toMatchObject({
      finished: false,
      failure: { kind: 'malformed' },
      tail: '',
    })
  })

  it('says what its client has where it breaks off in the middle of a text, and only there', () => {
    const lines = fixture('text').split('\n')
    const interruptedAfter = (count: number, name = 'text') => {
      const reader = passExchange({ stream: true }, free).stream()
      reader.push(framed(fixture(name).split('\n').slice(0, count).join('\n')))
      return reader.interrupted?.()
    }

    expect(interruptedAfter(5)).toEqual({ text: 'Grüße, wörld 🦉', index: 0 })
    expect(interruptedAfter(lines.findIndex((line) => line.includes('content_block_stop')) + 1)).toBeUndefined()
    expect(interruptedAfter(6, 'thinking-and-tools')).toBeUndefined()
  })

  it('is made of a message that came whole', () => {
    const message = messageOf(wire('thinking-and-tools').toString())
    const { bytes, tail, finished } = streamed(passExchange({ stream: true }, { publicModel: 'ours' }), [
      Buffer.from(JSON.stringify(message)),
    ])

    expect(finished).toBe(true)
    expect(messageOf(bytes + tail)).toMatchObject({
      content: message.content ?? [],
      model: 'ours',
      stop_reason: 'tool_use',
    })
  })
})

describe('a whole message that is passed on', () => {
  const whole = (body: string, options = {}) => passThrough(callOf(), exchangeOptions(options)).whole(Buffer.from(body))

  it('keeps its bytes but for the name and the cost', () => {
    const text = `{"id":"msg_1", "model":"theirs","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":2,"cache_read_input_tokens":4}}`
    const reply = whole(text, { publicModel: 'ours' })

    if ('failure' in reply) throw new Error(reply.failure.message)
    expect(reply.body).toBe(
      text.replace('"theirs"', '"ours"').replace('put_tokens":4}', 'put_tokens":4,"cost":0.000051}'),
    )
    expect(reply.seen).toMatchObject({
      usage: { prompt: 7, completion: 2, cached: 4 },
      finish: 'stop',
      model: 'theirs',
    })
  })

  it.each([
    ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 'overloaded'],
    ['<html>', 'malformed'],
    ['{}', 'malformed'],
  ])('is a failure where it is none: %s', (text, kind) => {
    expect(whole(text)).toMatchObject({ failure: { kind } })
  })
})

it('asks for nothing that its client did not', () => {
  expect(JSON.parse(passExchange().body)).toEqual({ ...asked, model: 'claude-sonnet-4-5' })
})
