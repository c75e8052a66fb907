import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { costOf } from '../../lib/core/money.ts'
import { cohere } from '../../lib/dialects/cohere/index.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { exchangeContract } from '../contracts/exchange.ts'
import { accumulated, callOf, exchangeOptions, hello, messageOf, streamed } from '../support/translated.ts'

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/cohere/${name}`, import.meta.url), 'utf8')

const bind = (body: JsonObject = {}, options: Partial<ExchangeOptions> = {}) =>
  translator(openai, cohere)(
    callOf({ ...hello, ...body }),
    exchangeOptions({ upstreamModel: 'command-a-03-2025', ...options }),
  )
const streaming = () => bind({ stream: true, stream_options: { include_usage: true } })
const sent = (body: JsonObject, options: Partial<ExchangeOptions> = {}) => {
  const { body: text, dropped } = bind(body, options)
  return { body: JSON.parse(text) as JsonObject, dropped }
}

exchangeContract('Cohere, thinking, text and a citation', streaming, {
  stream: fixture('text.sse'),
  completeAfter: 11,
  usage: { prompt: 494, completion: 9, cached: 448, billedPrompt: 8, billedCompletion: 5 },
  noise: ['event: debug\ndata: {"type":"debug","prompt":"x"}\n\n'],
})
exchangeContract('Cohere, a plan and calls', streaming, {
  stream: fixture('tools.sse'),
  completeAfter: 11,
  usage: { prompt: 1500, completion: 60, billedPrompt: 40, billedCompletion: 20 },
})

const user = (content: JsonObject['']): JsonObject => ({ role: 'user', content })
const call = (id: string, args = '{"a":1}'): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'look', arguments: args },
})
const tool = (name: string, more: JsonObject = {}): JsonObject => ({
  type: 'function',
  function: { name, parameters: { type: 'object' }, ...more },
})

test('a call of Cohere that is begun twice is one call', () => {
  const told = (stream: string) => {
    const { bytes, tail, failure } = streamed(streaming(), [Buffer.from(stream)])
    expect(failure).toBeUndefined()
    return accumulated(bytes + tail)
  }
  const twice = fixture('tools.sse').replaceAll(/event: tool-call-start\n.*\n\n/g, (event) => event + event)

  expect(twice.length).toBeGreaterThan(fixture('tools.sse').length)
  expect(told(twice)).toEqual(told(fixture('tools.sse')))
})

describe('a request to Cohere', () => {
  test('has its own names for the bounds, and its documents as they are', () => {
    const documents = [{ id: '1', data: { text: 'x' } }]
    const body = {
      max_tokens: 50,
      temperature: 1.5,
      top_p: 0.9,
      top_k: 40,
      stop: 'x',
      seed: 7,
      documents,
      safety_mode: 'OFF',
    }

    expect(sent(body).body).toEqual({
      model: 'command-a-03-2025',
      messages: [user('Hello')],
      max_tokens: 50,
      temperature: 1,
      p: 0.9,
      k: 40,
      stop_sequences: ['x'],
      seed: 7,
      documents,
      safety_mode: 'OFF',
      stream: false,
    })
  })

  test('has the conversation as it takes it', () => {
    const messages = [
      { role: 'developer', content: 'Be kind.' },
      user([
        { type: 'text', text: 'See' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
        { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,aGk=' } },
      ]),
      { role: 'assistant', content: '' },
      { role: 'assistant', content: null, tool_calls: [call('a'), call('b', 'null'), call('c', '{"x":')] },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
    ]

    expect(sent({ messages }).body.messages).toEqual([
      { role: 'system', content: 'Be kind.' },
      user([
        { type: 'text', text: 'See' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
        { type: 'text', text: 'a.txt:\nhi' },
      ]),
      { role: 'assistant', tool_calls: [call('a'), call('b', '{}'), call('c', '{"rawInvalidInput":"{\\"x\\":"}')] },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
      { role: 'tool', tool_call_id: 'b', content: 'No result.' },
      { role: 'tool', tool_call_id: 'c', content: 'No result.' },
    ])
  })

  test.each([
    ['auto', undefined, ['a', 'b']],
    ['none', 'NONE', ['a', 'b']],
    ['required', 'REQUIRED', ['a', 'b']],
    [{ type: 'function', function: { name: 'b' } }, 'REQUIRED', ['b']],
  ])('has the choice %o in its words', (choice, expected, offered) => {
    const { body } = sent({ tools: [tool('a'), tool('b')], tool_choice: choice })

    expect(body.tool_choice).toBe(expected)
    expect(listOf(body.tools).map((one) => objectOf(objectOf(one).function).name)).toEqual(offered)
  })

  test('names tools as it takes them, in every turn, and its calls by their own names again', () => {
    const names = ['mcp.server:look-up', '2nd', 'now']
    const asked = {
      tools: names.map((name) => tool(name)),
      tool_choice: { type: 'function', function: { name: '2nd' } },
      messages: [
        user('Hi'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ ...call('a'), function: { name: '2nd', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'done' },
      ],
    }
    const everywhere = JSON.stringify(sent({ ...asked, tool_choice: 'auto' }).body)
    const printed = [...everywhere.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name)
    const [one] = listOf(sent(asked).body.tools).map((given) => objectOf(objectOf(given).function).name)

    for (const name of printed) expect(name).toMatch(/^[a-zA-Z_]\w*$/)
    expect(new Set(printed).size).toBe(3)
    expect(printed).toContain('now')
    expect(one).toMatch(/^_nd_[0-9a-f]{8}$/)
    const reply = {
      message: { tool_calls: [{ id: 'b', function: { name: one, arguments: '{}' } }] },
      finish_reason: 'TOOL_CALL',
    }
    const told = bind(asked).whole(Buffer.from(JSON.stringify(reply)))
    expect('body' in told && String(told.body)).toContain('"name":"2nd"')
  })

  test('is strict where all tools are, and says so where it cannot be', () => {
    expect(sent({ tools: [tool('a', { strict: true })] }).body.strict_tools).toBe(true)
    const mixed = sent({ tools: [tool('a', { strict: true }), tool('b')], parallel_tool_calls: false })
    expect(mixed.body).not.toHaveProperty('strict_tools')
    expect(mixed.dropped).toEqual(['parallel_tool_calls', 'tools.strict'])
  })

  test('asks for JSON, with or without a schema', () => {
    const schema = { type: 'object' }
    const format = { type: 'json_schema', json_schema: { name: 'x', schema } }

    expect(sent({ response_format: format }).body.response_format).toEqual({ type: 'json_object', json_schema: schema })
    expect(sent({ response_format: { type: 'json_object' } }).body.response_format).toEqual({ type: 'json_object' })
  })

  test.each([
    [{ reasoning_effort: 'low' }, { type: 'enabled', token_budget: 1024 }],
    [{ reasoning_effort: 'none' }, { type: 'disabled' }],
    [{ reasoning_effort: 'max' }, { type: 'enabled' }],
    [{ thinking: { type: 'enabled', budget_tokens: 3000 } }, { type: 'enabled', token_budget: 3000 }],
    [
      { reasoning_effort: 'high', max_tokens: 1000 },
      { type: 'enabled', token_budget: 500 },
    ],
  ])('asks a model that thinks for %o', (wish, thinking) => {
    expect(sent(wish, { upstreamModel: 'command-a-reasoning-08-2025' }).body.thinking).toEqual(thinking)
  })

  test('says that a model which does not think was not asked', () => {
    expect(sent({ reasoning_effort: 'low' })).toMatchObject({
      dropped: ['reasoning_effort'],
      body: expect.not.objectContaining({ thinking: expect.anything() as unknown }) as unknown,
    })
  })

  test.each([
    ['top_logprobs', 3],
    ['n', 2],
    ['web_search_options', {}],
    ['made_up', 1],
  ])('is refused for %s by name', (name, value) => {
    expect(() => sent({ [name]: value })).toThrow(name)
    expect(sent({ [name]: value }, { dropParams: true }).dropped).toEqual([name])
  })

  test('is refused for a file that is no text', () => {
    const file = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } }

    expect(() => sent({ messages: [user([file])] })).toThrow(/application\/pdf/)
  })

  test('holds no empty turn and answers every call, whatever the conversation', () => {
    const text = fc.constantFrom('', 'a')
    const id = fc.constantFrom('1', '2', '3')
    const message = fc.oneof(
      fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: text }),
      fc.record({ role: fc.constant('tool'), tool_call_id: id, content: text }),
      fc
        .uniqueArray(id, { minLength: 1 })
        .map((ids) => ({ role: 'assistant', content: null, tool_calls: ids.map((one) => call(one)) })),
    )
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
        let open: unknown[] = []
        for (const one of listOf(sent({ messages }).body.messages).map(objectOf)) {
          if (one.role === 'tool')
            open.splice(open.indexOf(one.tool_call_id), open.includes(one.tool_call_id) ? 1 : Infinity)
          else expect(open).toEqual([])
          if (one.role !== 'assistant') continue
          expect(Boolean(one.content) || listOf(one.tool_calls).length > 0).toBe(true)
          open = listOf(one.tool_calls).map((of) => objectOf(of).id)
        }
        expect(open).toEqual([])
      }),
    )
  })
})

describe('an answer of Cohere', () => {
  const told = (file: string) => {
    const read = streamed(streaming(), [Buffer.from(fixture(file))])
    return accumulated(read.bytes + read.tail)
  }

  test('is told with its thinking, its citations and their addresses', () => {
    expect(told('text.sse')).toMatchObject({
      reasoning: 'Nordic…',
      content: 'Ørsted 🌍.',
      finish: 'stop',
      annotations: [{ type: 'url_citation', url_citation: { url: 'https://example.org/o', title: 'Ø' } }],
    })
  })

  test('says which words its sources vouch for, counted over the whole answer in units of UTF-16', () => {
    const document = { url: 'https://example.org/o', title: 'Ø' }
    const cited = (start: number, end: number, text: string, more: JsonObject = {}): JsonObject => ({
      start,
      end,
      text,
      sources: [{ type: 'document', id: 'd', document }],
      ...more,
    })
    const reply = {
      message: {
        content: [
          { type: 'text', text: 'First. ' },
          { type: 'text', text: '🌍🌍 in Oslo.' },
        ],
        citations: [cited(0, 5, 'First', { content_index: 0 }), cited(6, 10, 'Oslo')],
      },
      finish_reason: 'COMPLETE',
    }
    const whole = bind().whole(Buffer.from(JSON.stringify(reply)))
    const { annotations, content } = messageOf('body' in whole ? String(whole.body) : '')
    const stretches = annotations
      .map(({ url_citation: one }) => objectOf(one))
      .map((one) => content.slice(Number(one.start_index), Number(one.end_index)))

    expect(stretches).toEqual(['First', 'Oslo'])
  })

  test('is told with its calls; what it planned stands aside', () => {
    const message = told('tools.sse')

    expect(message).toMatchObject({ content: '', reasoning: '', finish: 'tool_calls' })
    expect(message.calls).toEqual([
      { id: 'look_a', name: 'look', arguments: '{"at":"Oslo"}' },
      { id: 'now_b', name: 'now', arguments: '{}' },
    ])
    expect(message.fields.blocks).toEqual([{ type: 'tool_plan', text: 'I will look.' }])
  })

  test('is the same whole', () => {
    const calls = [
      call('look_a', '{"at":"Oslo"}'),
      { id: 'now_b', type: 'function', function: { name: 'now', arguments: 'null' } },
    ]
    const reply = bind().whole(
      Buffer.from(
        JSON.stringify({
          id: 'm2',
          message: { role: 'assistant', tool_plan: 'I will look.', tool_calls: calls },
          finish_reason: 'TOOL_CALL',
          usage: {
            billed_units: { input_tokens: 40, output_tokens: 20 },
            tokens: { input_tokens: 1500, output_tokens: 60 },
          },
        }),
      ),
    )

    if ('failure' in reply) return expect.fail(reply.failure.message)
    const streamedReply = told('tools.sse')
    const whole = messageOf(String(reply.body))
    expect({
      ...whole,
      calls: whole.calls.map(({ name, arguments: args }) => [name, JSON.parse(args) as unknown]),
    }).toEqual({
      ...streamedReply,
      calls: streamedReply.calls.map(({ name, arguments: args }) => [name, JSON.parse(args) as unknown]),
    })
  })

  test('is paid by what it bills, not by what it counts', () => {
    const price = { input: 2_500_000, output: 10_000_000, cached: 1_000_000, source: 'test' }
    const usage = { prompt: 494, completion: 9, cached: 448, billedPrompt: 8, billedCompletion: 5 }

    // 8 x $2.50 and 5 x $10 per million tokens.
    expect(costOf(price, usage)).toBe(70_000)
  })

  const end = (delta: JsonObject) =>
    `data: {"type":"message-start","id":"m","delta":{}}\n\ndata: ${JSON.stringify({ type: 'message-end', delta })}\n\n`
  test.each([
    [end({ finish_reason: 'ERROR' }), 'server'],
    [end({ finish_reason: 'TIMEOUT' }), 'timeout'],
    [end({ finish_reason: 'ERROR', error: 'too many tokens: 9' }), 'context_window'],
    [
      'data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{"}}}}}\n\n',
      'malformed',
    ],
    [fixture('tools.sse').replace('\\"Oslo\\"}', '\\"Oslo'), 'malformed'],
    ['data: {"message":"internal server error"}\n\n', 'server'],
  ])('is none where the provider gave up, %#', (stream, kind) => {
    const read = streamed(streaming(), [Buffer.from(stream)])

    expect(read).toMatchObject({ finished: false, tail: '', failure: { kind } })
  })

  test('is an error where it says so', () => {
    const body = (text: string) => Buffer.from(text)

    expect(bind().whole(body('{"message":"invalid request"}'))).toMatchObject({
      failure: { message: 'invalid request' },
    })
    expect(bind().whole(body('{"id":"x"}'))).toMatchObject({ failure: { kind: 'malformed' } })
    expect(bind().failure(429, {}, body('{"message":"trial key limit"}'))).toMatchObject({
      kind: 'rate_limit',
      message: 'trial key limit',
    })
    expect(bind().failure(400, {}, body('{"message":"too many tokens: total 9 > 4"}'))).toMatchObject({
      kind: 'context_window',
    })
  })
})
