import { describe, expect, test } from 'vitest'
import { type JsonObject, listOf } from '../../lib/core/json.ts'
import { exchange as exchangeBetween } from '../../lib/dialects/exchange.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { exchangeContract } from '../contracts/exchange.ts'
import { accumulated, callOf, exchangeOptions, hello, messageOf, streamed } from '../support/translated.ts'
import { fixture } from './openai-support.ts'

const exchange = (body: JsonObject = {}) =>
  translator(openai, openaiUpstream)(callOf({ ...hello, ...body }), exchangeOptions())
const streaming = () => exchange({ stream: true, stream_options: { include_usage: true } })

const contract = (name: string, file: string, completeAfter: number, usage: { prompt: number; completion: number }) =>
  exchangeContract(name, streaming, { stream: fixture(file), completeAfter, usage })

contract('text, told anew', 'text.sse', 4, { prompt: 16, completion: 9, cached: 4 } as never)
contract('tool calls, told anew', 'tools.sse', 5, { prompt: 80, completion: 31 })
contract('usage on the finish chunk, told anew', 'groq.sse', 4, { prompt: 17, completion: 7 })

type Delta = JsonObject
const wire = (deltas: readonly Delta[], finish: string | null = 'stop', more: JsonObject = {}): Buffer =>
  Buffer.from(
    [
      ...deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] })),
      { choices: [{ index: 0, delta: {}, finish_reason: finish }], ...more },
    ]
      .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
      .join('') + 'data: [DONE]\n\n',
  )

const told = (deltas: readonly Delta[], finish = 'stop', more: JsonObject = {}) => {
  const read = streamed(streaming(), [wire(deltas, finish, more)])
  return { ...read, message: accumulated(read.bytes + read.tail) }
}

const wholeOf = (message: JsonObject, finish = 'stop', more: JsonObject = {}) =>
  exchange().whole(Buffer.from(JSON.stringify({ choices: [{ index: 0, message, finish_reason: finish }], ...more })))

const callDelta = (index: number, name: string | undefined, args: string): Delta => ({
  tool_calls: [
    { index, ...(name ? { id: `c${index}` } : {}), function: { ...(name ? { name } : {}), arguments: args } },
  ],
})

test('an answer of which the filter took all is told without content, whole and streamed', () => {
  const usage = { prompt_tokens: 15, completion_tokens: 19 }
  const choices = [{ index: 0, finish_reason: 'content_filter' }]
  const reply = exchange().whole(Buffer.from(JSON.stringify({ choices, usage })))

  if ('failure' in reply) return expect.fail(reply.failure.message)
  const expected = { content: '', finish: 'content_filter', usage: { completion_tokens: 19 } }
  expect(messageOf(String(reply.body))).toMatchObject(expected)
  expect(told([{}], 'content_filter', { usage }).message).toMatchObject(expected)
})

test('words between the pieces of a call stand behind it, and the call loses none of its arguments', async () => {
  const deltas = [
    { content: 'Let me' },
    callDelta(0, 'weather', ''),
    { content: ' look' },
    callDelta(0, undefined, '{"city":'),
    { content: ' up.' },
    callDelta(0, undefined, '"Oslo"}'),
    callDelta(1, 'time', '{}'),
    { content: ' Done' },
  ]
  const messages = await exchangeBetween(
    { client: 'anthropic', upstream: 'openai' },
    callOf({ ...hello, max_tokens: 9, stream: true }),
    exchangeOptions(),
  )
  const { bytes, tail } = streamed(messages, [wire(deltas, 'tool_calls')])
  const pieces = [...(bytes + tail).matchAll(/"(?:text|partial_json|name)":("(?:[^"\\]|\\.)*")/g)]
  const chat = told(deltas, 'tool_calls').message

  expect(pieces.map(([, text = '']) => JSON.parse(text) as string).join('')).toBe(
    'Let meweather{"city":"Oslo"} look up.time{} Done',
  )
  expect(chat).toMatchObject({ content: 'Let me look up. Done', finish: 'tool_calls' })
  expect(chat.calls.map((call) => call.arguments)).toEqual(['{"city":"Oslo"}', '{}'])
})

test('a host that gives the JSON that was asked for as it is has its text told', () => {
  const usage = { prompt_tokens: 15, completion_tokens: 9 }
  const content = { title: 'Apples', pages: [1, 2] }
  const reply = wholeOf({ role: 'assistant', content }, 'stop', { usage })

  if ('failure' in reply) return expect.fail(reply.failure.message)
  expect(messageOf(String(reply.body))).toMatchObject({ content: JSON.stringify(content), finish: 'stop' })
  expect(reply.seen.contentBytes).toBe(JSON.stringify(content).length)
})

test('the last usage of a stream counts, where earlier ones were estimates', () => {
  const events = [
    { choices: [{ index: 0, delta: { content: 'Hi' } }], usage: { prompt_tokens: 4, completion_tokens: 0 } },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 11 } },
  ]
  const lines = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  const { bytes, tail } = streamed(streaming(), [Buffer.from(`${lines}data: [DONE]\n\n`)])

  expect(accumulated(bytes + tail).usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 11 })
})

describe('reasoning of a host', () => {
  const detail = (more: JsonObject) => ({ type: 'reasoning.text', format: 'anthropic-claude-v1', index: 0, ...more })

  test.each(['reasoning_content', 'reasoning'])('is read from %s, and once where it stands under both', (name) => {
    expect(told([{ [name]: 'Hm' }, { content: 'Yes' }]).message).toMatchObject({ reasoning: 'Hm', content: 'Yes' })
    expect(told([{ reasoning_content: 'Hm', reasoning: 'Hm' }, { content: 'Yes' }]).message.reasoning).toBe('Hm')
  })

  test('that stands plain and as details comes out once, with its seal', () => {
    const { message } = told([
      { reasoning: 'I ', reasoning_details: [detail({ text: 'I ' })] },
      { reasoning: 'think', reasoning_details: [detail({ text: 'think' })] },
      { reasoning_details: [detail({ signature: 'c2ln' })] },
      { content: 'Yes' },
    ])

    expect(message.reasoning).toBe('I think')
    expect(message.thinkingBlocks).toEqual([{ type: 'thinking', thinking: 'I think', signature: 'c2ln' }])
  })

  test('that is told again as a whole for the sake of its seal comes out once', () => {
    const { message } = told([
      { reasoning_content: 'I ' },
      { reasoning_content: 'think' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'I think', signature: 'c2ln' }] },
      { content: 'Yes' },
    ])

    expect(message.reasoning).toBe('I think')
    expect(message.thinkingBlocks).toEqual([{ type: 'thinking', thinking: 'I think', signature: 'c2ln' }])
  })

  test('that was sealed piece by piece keeps each piece beside its seal', () => {
    const reply = wholeOf({
      content: 'Yes',
      reasoning_content: 'AB',
      reasoning_details: [
        detail({ text: 'A', signature: 'sa' }),
        { type: 'reasoning.encrypted', data: 'xyz', format: 'anthropic-claude-v1' },
        detail({ text: 'B', signature: 'sb' }),
      ],
    })

    if ('failure' in reply) return expect.fail(reply.failure.message)
    expect(messageOf(String(reply.body)).thinkingBlocks).toEqual([
      { type: 'thinking', thinking: 'A', signature: 'sa' },
      { type: 'redacted_thinking', data: 'xyz' },
      { type: 'thinking', thinking: 'B', signature: 'sb' },
    ])
  })

  test('that only details tell is not lost', () => {
    expect(told([{ reasoning_details: [detail({ text: 'Hm' })] }, { content: 'Yes' }]).message.reasoning).toBe('Hm')
  })
})

describe('calls of a host', () => {
  test('come out whole and in order, however their deltas are mixed', () => {
    const { message } = told(
      [
        callDelta(0, 'a', '{"x"'),
        callDelta(1, 'b', '{"y":'),
        callDelta(0, undefined, ':1}'),
        callDelta(1, undefined, '2}'),
      ],
      'tool_calls',
    )

    expect(message.calls).toEqual([
      { id: 'c0', name: 'a', arguments: '{"x":1}' },
      { id: 'c1', name: 'b', arguments: '{"y":2}' },
    ])
    expect(message.finish).toBe('tool_calls')
  })

  test('are not lost where the finish says stop', () => {
    expect(told([callDelta(0, 'a', '')], 'stop').message).toMatchObject({
      finish: 'tool_calls',
      calls: [{ arguments: '{}' }],
    })
  })

  test.each(['stop', 'tool_calls'])('with broken arguments at finish %s are no answer, streamed or whole', (finish) => {
    const read = told([callDelta(0, 'a', '{"x":')], finish)
    const call = { id: 'c', type: 'function', function: { name: 'a', arguments: '{"x":' } }

    expect(read).toMatchObject({ finished: false, tail: '', failure: { kind: 'malformed', mayHaveCost: true } })
    expect(wholeOf({ content: null, tool_calls: [call] }, finish)).toMatchObject({ failure: { kind: 'malformed' } })
  })

  test.each(['length', 'content_filter'])('that were cut by %s are told as such', (finish) => {
    expect(told([callDelta(0, 'a', '{"x":')], finish).message).toMatchObject({
      finish,
      calls: [{ arguments: '{"x":' }],
    })
  })

  test('without a name are no answer', () => {
    expect(told([{ tool_calls: [{ index: 0, id: 'c', function: { arguments: '{}' } }] }])).toMatchObject({
      finished: false,
      failure: { kind: 'malformed', message: expect.stringContaining('without naming') as string },
    })
  })
})

describe('usage of a host', () => {
  const zero = { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 }

  test('that counts nothing for an answer of something is not believed', () => {
    expect(told([{ content: 'Yes' }], 'stop', { usage: zero }).seen.usage).toBeUndefined()
    expect(wholeOf({ content: 'Yes' }, 'stop', { usage: zero })).not.toHaveProperty('seen.usage')
  })

  test('that counts nothing for an empty answer is', () => {
    expect(told([{ content: '' }], 'stop', { usage: zero }).seen.usage).toEqual({ prompt: 9, completion: 0 })
    expect(wholeOf({ content: '' }, 'stop', { usage: zero })).toHaveProperty('seen.usage', { prompt: 9, completion: 0 })
  })

  test('that was seen before a cut is kept', () => {
    const chunk = {
      choices: [{ index: 0, delta: { content: 'Ye' } }],
      usage: { prompt_tokens: 9, completion_tokens: 1 },
    }
    const read = streamed(streaming(), [Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)])

    expect(read.failure?.kind).toBe('cut')
    expect(read.seen.usage).toEqual({ prompt: 9, completion: 1 })
  })
})

describe('an answer of a host', () => {
  test('that refuses is told as a refusal', () => {
    expect(told([{ refusal: 'I ' }, { refusal: 'cannot.' }]).message.refusal).toBe('I cannot.')
    const reply = wholeOf({ content: null, refusal: 'I cannot.' })
    if ('failure' in reply) return expect.fail(reply.failure.message)
    expect(messageOf(String(reply.body)).refusal).toBe('I cannot.')
  })

  test('is the same streamed and whole', () => {
    const call = { id: 'c0', type: 'function', function: { name: 'a', arguments: '{"x":1}' } }
    const whole = wholeOf({ content: 'Yes', reasoning_content: 'Hm', tool_calls: [call] }, 'tool_calls')
    const { message } = told(
      [
        { reasoning_content: 'Hm' },
        { content: 'Y' },
        { content: 'es' },
        callDelta(0, 'a', '{"x"'),
        callDelta(0, undefined, ':1}'),
      ],
      'tool_calls',
    )

    if ('failure' in whole) return expect.fail(whole.failure.message)
    expect(message).toEqual(messageOf(String(whole.body)))
  })

  test.each(['error-chunk.sse', 'error-event.sse', 'error-first.sse'])('that ends in an error (%s) is none', (file) => {
    expect(streamed(streaming(), [Buffer.from(fixture(file))])).toMatchObject({
      finished: false,
      tail: '',
      failure: { kind: expect.any(String) as string },
    })
  })

  test('that comes whole to a streaming request is told as a stream', () => {
    const read = streamed(streaming(), [Buffer.from(fixture('text.json'))])

    expect(read.finished).toBe(true)
    expect(accumulated(read.bytes + read.tail).content.length).toBeGreaterThan(0)
  })
})

describe('what a host says beside its answer', () => {
  test('is cited: sources of a search, the last list, once', () => {
    const search_results = [{ title: 'Oslo', url: 'https://example.org/oslo' }]
    const more = { citations: ['https://example.org/oslo'], search_results }
    const { message } = told([{ content: 'Rain' }], 'stop', more)
    const reply = wholeOf({ content: 'Rain' }, 'stop', more)

    expect(message.annotations).toMatchObject([{ url_citation: { url: 'https://example.org/oslo', title: 'Oslo' } }])
    if ('failure' in reply) return expect.fail(reply.failure.message)
    expect(messageOf(String(reply.body)).annotations).toEqual(message.annotations)
    expect(told([{ content: 'Rain' }], 'stop', { citations: ['https://x.org'] }).message.annotations).toHaveLength(1)
  })

  test('is not cited where the answer has annotations of its own', () => {
    const annotation = { type: 'url_citation', url_citation: { url: 'https://a.org', title: 'A' } }

    expect(
      told([{ content: 'Rain', annotations: [annotation] }], 'stop', { citations: ['https://x.org'] }).message
        .annotations,
    ).toMatchObject([{ url_citation: { url: 'https://a.org' } }])
  })

  test('is shown: pictures', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
    const reply = wholeOf({ content: 'See', images: [image] })

    if ('failure' in reply) return expect.fail(reply.failure.message)
    expect(String(reply.body)).toContain('data:image/png;base64,iVBORw0KGgo=')
  })

  test('is kept: the seal of a call', () => {
    const detail = { type: 'reasoning.text', text: '', signature: 'c2ln', format: 'google-gemini-v1', id: 'c0' }
    const stream = told([{ reasoning_details: [detail] }, callDelta(0, 'a', '{}')], 'tool_calls')

    expect(stream.message.calls).toHaveLength(1)
    expect(stream.bytes).toContain('"id":"c0"')
    expect(stream.bytes).toContain('"signature":"c2ln"')
  })
})

describe('a host that answers in parts', () => {
  const both = { client: 'openai', upstream: 'openai' } as const
  const options = exchangeOptions({ flags: { reasoningResponse: 'content_parts' }, publicModel: 'small' })

  test('is told as text and reasoning, streamed and whole', async () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
      { type: 'text', text: 'Yes' },
    ]
    const bound = await exchangeBetween(both, callOf({ ...hello, safe_prompt: true }), options)
    const reply = bound.whole(
      Buffer.from(JSON.stringify({ choices: [{ index: 0, message: { content }, finish_reason: 'stop' }] })),
    )
    const read = streamed(await exchangeBetween(both, callOf({ ...hello, stream: true }), options), [
      wire([{ content }]),
    ])

    expect(JSON.parse(bound.body)).toMatchObject({ safe_prompt: true })
    if ('failure' in reply) return expect.fail(reply.failure.message)
    expect(messageOf(String(reply.body))).toMatchObject({ reasoning: 'Hm', content: 'Yes', model: 'small' })
    expect(accumulated(read.bytes + read.tail)).toMatchObject({ reasoning: 'Hm', content: 'Yes', model: 'small' })
  })

  test('passes as it is where several choices were asked for', async () => {
    const body = { choices: [0, 1].map((index) => ({ index, message: { content: 'x' }, finish_reason: 'stop' })) }
    const bound = await exchangeBetween(both, callOf({ ...hello, n: 2 }), options)
    const reply = bound.whole(Buffer.from(JSON.stringify(body)))

    if ('failure' in reply) return expect.fail(reply.failure.message)
    expect(listOf((JSON.parse(Buffer.from(reply.body).toString()) as JsonObject).choices)).toHaveLength(2)
  })
})
