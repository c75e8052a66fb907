import { describe, expect, it } from 'vitest'
import type { ChatPart } from '../../lib/core/chat.ts'
import { GatewayError } from '../../lib/core/errors.ts'
import { type JsonObject, objectOf } from '../../lib/core/json.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import { exchangeContract } from '../contracts/exchange.ts'
import { fixture } from '../support/anthropic.ts'
import { chatExchange, eventsOf, hubExchange, messageOf } from '../support/messages.ts'
import { framed, streamed } from '../support/translated.ts'
import { fixture as chatFixture } from './openai-support.ts'

const streaming = (body: JsonObject = {}) => chatExchange({ stream: true, ...body })
const end = /event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/

exchangeContract('text of a chat host for a client of the messages API', () => streaming(), {
  stream: chatFixture('text.sse'),
  completeAfter: 4,
  usage: { prompt: 16, completion: 9, cached: 4 },
  end,
})
exchangeContract('calls of a chat host for a client of the messages API', () => streaming(), {
  stream: chatFixture('tools.sse'),
  completeAfter: 5,
  usage: { prompt: 80, completion: 31 },
  end,
})
exchangeContract('thinking and tools of the messages API through the hub', () => hubExchange({ stream: true }), {
  stream: framed(fixture('thinking-and-tools')),
  completeAfter: 22,
  usage: { prompt: 12, completion: 80, cached: 0, cacheWrite: 0, reasoning: 33 },
  noise: ['event: ping\ndata: {"type": "ping"}\n\n'],
  end,
})

const sse = (...chunks: (JsonObject | string)[]) =>
  Buffer.from(chunks.map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`).join(''))
const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'c',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const read = (...chunks: (JsonObject | string)[]) => {
  const stream = streamed(streaming(), [sse(...chunks)])
  return { ...stream, all: stream.bytes + stream.tail }
}

describe('a message stream', () => {
  it('begins with message_start, which estimates the prompt, and a ping', () => {
    const [start, ping] = eventsOf(read(chunk({ content: 'a' }), chunk({}, 'stop'), '[DONE]').all)

    expect(start).toMatchObject({
      type: 'message_start',
      message: { id: 'msg_r1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null },
    })
    expect(objectOf(objectOf(start?.message).usage)).toMatchObject({ output_tokens: 1 })
    expect(objectOf(objectOf(start?.message).usage).input_tokens).toBeGreaterThan(0)
    expect(ping).toEqual({ type: 'ping' })
  })

  it('counts the prompt without what was cached, and says what it cost', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 7,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 4 },
    }
    const { all } = read(chunk({ content: 'a' }), chunk({}, 'stop'), { choices: [], usage }, '[DONE]')

    expect(objectOf(eventsOf(all).find(({ type }) => type === 'message_delta')?.usage)).toEqual({
      input_tokens: 30,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 10,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 0 },
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 4 },
      cost: 0.000405,
    })
  })

  it('has thinking, text and calls in blocks of their own, one open at a time', () => {
    const call = (index: number, piece: JsonObject) => chunk({ tool_calls: [{ index, ...piece }] })
    const { all } = read(
      chunk({ reasoning_content: 'Two ' }),
      chunk({ reasoning_content: 'calls.' }),
      chunk({ content: 'Wait.' }),
      call(0, { id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city"' } }),
      call(1, { id: 'b', type: 'function', function: { name: 'now', arguments: '{"zone":' } }),
      call(0, { function: { arguments: ':"Oslo"}' } }),
      call(1, { function: { arguments: '"CET"}' } }),
      chunk({}, 'tool_calls'),
      '[DONE]',
    )

    expect(messageOf(all)).toMatchObject({
      content: [
        { type: 'thinking', thinking: 'Two calls.', signature: '' },
        { type: 'text', text: 'Wait.' },
        { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Oslo' } },
        { type: 'tool_use', id: 'b', name: 'now', input: { zone: 'CET' } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
    })
  })

  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['tool_calls', 'end_turn'],
  ])('that a chat host ends with %s ends with %s where nothing was called', (reason, expected) => {
    expect(messageOf(read(chunk({ content: 'a' }), chunk({}, reason), '[DONE]').all).stop_reason).toBe(expected)
  })

  it('that ends with a call asks for it, whatever the host called its end', () => {
    const call = { index: 0, id: 'a', function: { name: 'now', arguments: '' } }

    expect(messageOf(read(chunk({ tool_calls: [call] }), chunk({}, 'stop'), '[DONE]').all)).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', input: {} }],
    })
  })

  it('shows a refusal in words, and as one', () => {
    expect(messageOf(read(chunk({ refusal: 'I will not.' }), chunk({}, 'stop'), '[DONE]').all)).toMatchObject({
      stop_reason: 'refusal',
      content: [{ type: 'text', text: 'I will not.' }],
    })
  })

  it('has citations on the text that they vouch for', () => {
    const note = { type: 'url_citation', url_citation: { url: 'https://owls.test/', title: 'Owls' } }
    const { all } = read(chunk({ content: 'Owls fly.' }), chunk({ annotations: [note] }), chunk({}, 'stop'), '[DONE]')

    expect(messageOf(all).content).toEqual([
      {
        type: 'text',
        text: 'Owls fly.',
        citations: [
          {
            type: 'web_search_result_location',
            url: 'https://owls.test/',
            title: 'Owls',
            cited_text: '',
            encrypted_index: '',
          },
        ],
      },
    ])
  })

  it('makes ids of calls legal, and takes them back as they were', () => {
    const call = { index: 0, id: 'functions.now:0', function: { name: 'now', arguments: '{}' } }
    const message = messageOf(read(chunk({ tool_calls: [call] }), chunk({}, 'tool_calls'), '[DONE]').all)
    const id = objectOf((message.content as JsonObject[])[0]).id as string

    const back = JSON.parse(
      chatExchange({
        messages: [
          { role: 'user', content: 'now?' },
          { role: 'assistant', content: message.content ?? [] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'noon' }] },
        ],
      }).body,
    ) as { messages: JsonObject[] }

    expect(id).toMatch(/^[a-zA-Z0-9_-]+$/)
    expect(back.messages[1]).toMatchObject({ tool_calls: [{ id: 'functions.now:0' }] })
    expect(back.messages[2]).toMatchObject({ tool_call_id: 'functions.now:0' })
  })

  it('ends with the answer: a seal behind it is of no thinking and of no call', () => {
    const seal: ChatPart = { type: 'signature', block: 1, signature: 's', format: 'google-gemini-v1' }
    const told = (...parts: ChatPart[]) => {
      const meta = { id: 'msg_1', created: 0, model: 'm', includeUsage: true, dollars: () => undefined }
      const all: ChatPart[] = [{ type: 'start' }, ...parts, { type: 'finish', reason: 'stop', native: 'STOP' }]
      const whole = JSON.parse(anthropicClient.printReply(all, meta)) as { content: JsonObject[] }
      const printer = anthropicClient.streamPrinter(meta)
      const printed = parts.flatMap((part) => printer.print(part).bytes)
      const end = printer.finish({ type: 'finish', reason: 'stop', native: 'STOP' })
      expect(messageOf(Buffer.concat([...printed, ...end.bytes, ...end.tail]).toString()).content).toEqual(
        whole.content,
      )
      return whole.content.map(({ type }) => type)
    }
    const text = (block: number): ChatPart => ({ type: 'text', block, text: 'a' })

    expect(told(text(0), seal)).toEqual(['text'])
    expect(told(text(0), seal, text(2))).toEqual(['text', 'thinking', 'text'])
    expect(told(seal, text(2))).toEqual(['thinking', 'text'])
    expect(told(seal)).toEqual(['thinking'])
    expect(told({ type: 'reasoning', block: 1, text: 'hm' }, seal, text(2))).toEqual(['thinking', 'text'])
  })

  it('carries what another tongue sealed as a signature that names its maker, and takes it back byte for byte', () => {
    const printer = anthropicClient.streamPrinter({
      id: 'msg_1',
      created: 0,
      model: 'm',
      includeUsage: true,
      dollars: () => undefined,
    })
    const parts: ChatPart[] = [
      { type: 'start' },
      { type: 'reasoning', block: 0, text: 'hm' },
      { type: 'signature', block: 0, signature: 'a:b@c==', format: 'openai-responses-v1' },
      { type: 'redacted', block: 1, data: 'sealed', format: 'openai-responses-v1' },
      { type: 'signature', block: 2, signature: 'thought', format: 'google-gemini-v1', callId: 'call:1' },
      { type: 'call', block: 3, id: 'call:1', name: 'f' },
    ]
    const printed = parts.flatMap((part) => printer.print(part).bytes)
    const end = printer.finish({ type: 'finish', reason: 'tool_calls', native: 'x' })
    const bytes = [...printed, ...end.bytes, ...end.tail]
    const { content } = messageOf(Buffer.concat(bytes).toString())
    const back = anthropicClient.parseRequest({
      model: 'm',
      max_tokens: 1,
      messages: [{ role: 'assistant', content: content ?? [] }],
    })

    expect(back.messages[0]?.content).toEqual([
      { type: 'reasoning', text: 'hm', signature: 'a:b@c==', format: 'openai-responses-v1' },
      { type: 'redacted', data: 'sealed', format: 'openai-responses-v1' },
      { type: 'reasoning', text: '', signature: 'thought', format: 'google-gemini-v1', callId: 'call:1' },
      { type: 'call', id: 'call:1', name: 'f', arguments: '{}' },
    ])
  })

  it('goes on where another broke off: no second start, more of the same block, then new ones', () => {
    const after = { text: 'Once upon a time there was', index: 2, usage: { prompt: 10, completion: 5 } }
    const exchange = chatExchange({ stream: true }, { after })
    const { bytes, tail } = streamed(exchange, [
      sse(
        chunk({ content: ' an owl.' }),
        chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }] }),
        chunk({}, 'tool_calls'),
        '[DONE]',
      ),
    ])
    const events = eventsOf(bytes + tail)

    expect(events.map(({ type, index }) => [type, index])).toEqual([
      ['content_block_delta', 2],
      ['content_block_stop', 2],
      ['content_block_start', 3],
      ['content_block_delta', 3],
      ['content_block_stop', 3],
      ['message_delta', undefined],
      ['message_stop', undefined],
    ])
    expect(JSON.parse(exchange.body)).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant', content: 'Once upon a time there was' }],
    })
  })

  it('tells an error in an event of that name, and ends without a stop', () => {
    const bytes = streaming().stream().fail(new GatewayError('upstream_cut'))
    const overloaded = streaming().stream().fail(new GatewayError('upstream_overloaded'))

    expect(eventsOf(Buffer.from(bytes).toString())).toEqual([
      { type: 'error', error: { type: 'api_error', message: expect.any(String) as string }, request_id: 'r1' },
    ])
    expect(eventsOf(Buffer.from(overloaded).toString())[0]).toMatchObject({ error: { type: 'overloaded_error' } })
  })
})

describe('a message through the hub', () => {
  it.each(['text', 'thinking-and-tools', 'search', 'refusal', 'pause', 'usage-revised'])(
    'is the same streamed and whole: %s',
    (name) => {
      const stream = streamed(hubExchange({ stream: true }), [framed(fixture(name))])
      const message = messageOf(stream.bytes + stream.tail)
      const whole = hubExchange().whole(Buffer.from(JSON.stringify(message)))

      if ('failure' in whole) throw new Error(whole.failure.message)
      const { usage, ...rest } = JSON.parse(String(whole.body)) as JsonObject
      const { usage: streamedUsage, ...streamedRest } = message
      expect(rest).toEqual(streamedRest)
      expect(usage).toMatchObject({ output_tokens: objectOf(streamedUsage).output_tokens ?? 0 })
    },
  )

  it('keeps thinking, signatures, sealed thinking and the blocks of tools that the provider ran, byte for byte', () => {
    for (const name of ['thinking-and-tools', 'search']) {
      const stream = streamed(hubExchange({ stream: true }), [framed(fixture(name))])
      const ours = messageOf(stream.bytes + stream.tail)
      const theirs = messageOf(framed(fixture(name)).toString())

      expect(ours.content).toEqual((theirs.content as JsonObject[]).map(withoutEmpty))
      expect(ours.stop_reason).toBe(theirs.stop_reason)
    }
  })
})

const withoutEmpty = (block: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(block).filter(([, value]) => !(Array.isArray(value) && value.length === 0)))
