import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import { describe, expect, it } from 'vitest'

import { GatewayError } from '../../lib/core/errors.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import { parseChatRequest } from '../../lib/dialects/openai/request.ts'
import { fixture } from '../support/anthropic.ts'
import { exchangeOf, framed, messageOf, streamed } from '../support/translated.ts'

const parse = (body: JsonObject) =>
  parseChatRequest({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...body })
const fault = (body: JsonObject): GatewayError => {
  try {
    parse(body)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('accepted')
}

describe('a chat request', () => {
  it.each([
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: [{ type: 'video' }] }] }, 'messages[0].content[0].type'],
    [{ messages: [{ role: 'user', content: [{ type: 'text', text: 3 }] }] }, 'messages[0].content[0].text'],
    [{ messages: [{ role: 'user', content: 3 }] }, 'messages[0].content'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'ftp://x' } }] }] },
      'messages[0].content[0].image_url.url',
    ],
    [{ messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] }, 'messages[0].content[0].file'],
    [
      { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: 'https://x.test/' }] }] },
      'messages[0].content[0].type',
    ],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ id: '1', function: {} }] }] },
      'messages[0].tool_calls[0].function.name',
    ],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].function'],
    [
      {
        tools: [{ type: 'function', function: { name: 'a' } }],
        tool_choice: { type: 'function', function: { name: 'b' } },
      },
      'tool_choice',
    ],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools[0].custom.name'],
    [{ tools: [{ type: 'custom', custom: { name: 'x', format: { type: 'xml' } } }] }, 'tools[0].custom.format.type'],
    [{ reasoning_effort: 'zz' }, 'reasoning_effort'],
    [{ reasoning: { effort: 'zz' } }, 'reasoning.effort'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'x' } } }, 'response_format.json_schema.schema'],
  ])('that is wrong names the field: %j', (body: JsonObject, param) => {
    const error = fault(body)

    expect(error).toMatchObject({ code: 'invalid_request', detail: { param } })
    expect(error.message).toContain(param)
  })

  it.each([
    [
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
      'messages[0].content[0].type',
    ],
  ])('that asks for what is not to be had is refused by name: %j', (body: JsonObject, param) => {
    expect(fault(body)).toMatchObject({ code: 'unsupported_parameter', detail: { param } })
  })

  it('whose tool has a grammar is refused where no model is bound by one, or loses it by name', () => {
    const rule = { type: 'grammar', grammar: { syntax: 'regex', definition: 'a+' } }
    const body = { tools: [{ type: 'custom', custom: { name: 'x', format: rule } }] }

    expect(() => exchangeOf(body)).toThrow(/^tools\[0\]\.custom\.format "grammar" is not supported/)
    expect(exchangeOf(body, { dropParams: true }).dropped).toEqual(['tools[0].custom.format'])
  })

  it('with an effort nobody knows is told which there are', () => {
    expect(fault({ reasoning_effort: 'zz' }).message).toBe(
      'reasoning_effort must be one of none, minimal, low, medium, high, xhigh, max, not "zz".',
    )
  })

  it('may hold nulls, empty lists and unknown fields', () => {
    expect(parse({ stop: [], tools: [], tool_choice: 'auto', temperature: null, odd: 1, seed: null })).toMatchObject({
      tools: [],
      rest: { odd: 1 },
    })
  })
})

describe("OpenAI's own client", () => {
  it('puts a translated stream together as the whole reply would have been', async () => {
    const bound = exchangeOf({ stream: true, stream_options: { include_usage: true } })
    const { bytes, tail } = streamed(bound, [framed(fixture('thinking-and-tools'))])
    const lines = (bytes + tail)
      .split('\n\n')
      .filter((block) => block.startsWith('data: {'))
      .map((block) => `${block.slice(6)}\n`)
    const body = new ReadableStream({
      start(controller) {
        for (const line of lines) controller.enqueue(Buffer.from(line))
        controller.close()
      },
    })

    const completion = await ChatCompletionStream.fromReadableStream(body).finalChatCompletion()

    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'Looking.',
        tool_calls: [
          { id: 'toolu_A', type: 'function', function: { name: 'weather', arguments: '{"city":"Zürich"}' } },
          { id: 'toolu_B', type: 'function', function: { name: 'clock', arguments: '{}' } },
        ],
      },
    })
    expect(completion.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 80, total_tokens: 92 })
  })
})

const mark = (ttl: string) => ({ type: 'ephemeral', ttl })

describe('one exchange', () => {
  it('can be read more than once, each reading by itself', () => {
    const schema = { type: 'object', properties: {} }
    const bound = exchangeOf(
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
      { upstreamModel: 'claude-3-haiku' },
    )
    const body = Buffer.from(
      JSON.stringify({
        type: 'message',
        stop_reason: 'tool_use',
        content: [{ type: 'tool_use', id: '1', name: 'json', input: { a: 1 } }],
      }),
    )

    for (const read of [bound.whole(body), bound.whole(body)]) {
      if ('failure' in read) throw new Error(read.failure.message)
      expect(messageOf(String(read.body))).toMatchObject({ content: '{"a":1}', finish: 'stop', calls: [] })
    }
  })

  it('leaves the request it was made from as it was', () => {
    const tool = { type: 'web_search_20250305', name: 'web_search', cache_control: mark('5m') }
    const content = ['5m', '1h', '5m', '1h', '5m'].map((ttl) => ({ type: 'text', text: 'x', cache_control: mark(ttl) }))
    const body = { messages: [{ role: 'user', content }], tools: [tool] }
    const before = structuredClone(body)

    exchangeOf(body)

    expect(body).toEqual(before)
  })
})
