import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type JsonObject, objectOf, tryParse } from '../../lib/core/json.ts'
import { exchangeContract } from '../contracts/exchange.ts'
import { accumulated, messageOf, streamed } from '../support/translated.ts'
import { chatExchange, framed, passing } from './responses-support.ts'

const lines = readFileSync(new URL('../fixtures/responses/thoughts-and-calls.txt', import.meta.url), 'utf8')
const events = lines.split('\n').filter((line) => line !== '')
const whole = objectOf(objectOf(tryParse(events.at(-1) ?? '')).response)
const streaming = { stream: true, stream_options: { include_usage: true } }

// The contract reads a stream at every split of its bytes: a short one.
const short = [
  '{"type":"response.created","sequence_number":0,"response":{"id":"r"}}',
  ...[4, 7, 12, 19].map((at) => events[at] ?? ''),
  '{"type":"response.completed","sequence_number":21,"response":{"id":"r","usage":{"input_tokens":9,"output_tokens":4}}}',
]
const fixture = {
  stream: framed(short.join('\n')),
  completeAfter: short.length,
  usage: { prompt: 9, completion: 4 },
  noise: ['event: keepalive\ndata: {"type":"keepalive"}\n\n'],
}
exchangeContract('chat over responses', () => chatExchange(streaming), fixture)
exchangeContract('responses over responses', () => passing({ stream: true }), {
  ...fixture,
  noise: [],
  end: /"type":"response\.completed".*\n\n$/,
})

const wire = (...values: JsonObject[]) => framed(values.map((value) => JSON.stringify(value)).join('\n'))
const created = { type: 'response.created', response: { id: 'r', status: 'in_progress', output: [] } }
const completed = (more: JsonObject = {}) => ({
  type: 'response.completed',
  response: { id: 'r', status: 'completed', output: [], usage: { input_tokens: 1, output_tokens: 2 }, ...more },
})
const read = (...values: JsonObject[]) => streamed(chatExchange(streaming), [wire(created, ...values)])
const said = (...values: JsonObject[]) => {
  const { bytes, tail } = read(...values)
  return accumulated(bytes + tail)
}

describe('a response that a chat client reads', () => {
  test('has its text, thoughts and calls, whole and streamed alike', () => {
    const reply = chatExchange().whole(Buffer.from(JSON.stringify(whole)))
    if ('failure' in reply) return expect.fail(reply.failure.message)
    const stream = streamed(chatExchange(streaming), [framed(lines)])

    const message = messageOf(String(reply.body))
    expect(message).toMatchObject({
      content: "I'll look 🌍",
      reasoning: 'Hm, Zürich ☂.',
      calls: [
        { id: 'call_a', name: 'weather', arguments: '{"city":"Zürich"}' },
        { id: 'call_b', name: 'time', arguments: '{"zone":1}' },
      ],
      finish: 'tool_calls',
      usage: { prompt_tokens: 100, completion_tokens: 40, prompt_tokens_details: { cached_tokens: 60 } },
    })
    expect(accumulated(stream.bytes + stream.tail)).toEqual(message)
  })

  test('says what was asked of a moderation model, whole and streamed', () => {
    const moderation = { input: { type: 'moderation_result', flagged: true } }
    const reply = chatExchange().whole(Buffer.from(JSON.stringify(completed({ moderation }).response)))
    const { bytes, tail } = read(completed({ moderation }))

    for (const text of ['failure' in reply ? '' : String(reply.body), bytes + tail])
      expect(text).toContain(`"type":"moderation","input":${JSON.stringify(moderation.input)}}]`)
  })

  test.each([
    ['is a failure where the whole of a call is not what its pieces said', '{"n":1}', '{"n":12}', 'malformed'],
    ['holds where the whole of a call has other white space', '{"n":12}', '{ "n": 12 }', undefined],
  ])('%s', (_, piece, whole, kind) => {
    const item = { type: 'function_call', call_id: 'c', name: 'f' }
    const { failure, bytes, tail } = read(
      { type: 'response.output_item.added', output_index: 0, item: { ...item, arguments: '' } },
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: piece },
      { type: 'response.output_item.done', output_index: 0, item: { ...item, arguments: whole } },
      completed(),
    )

    expect(failure?.kind).toBe(kind)
    expect(accumulated(bytes + tail).finish).toBe(kind === undefined ? 'tool_calls' : null)
  })

  test('carries the seal of its thoughts, so that they can be sent back', () => {
    const reply = chatExchange().whole(Buffer.from(JSON.stringify(whole)))
    const details = JSON.stringify('body' in reply ? objectOf(tryParse(String(reply.body))).choices : undefined)

    expect(details).toContain('"signature":"gAAAAsealed+/=="')
    expect(details).toContain('"format":"openai-responses-v1"')
  })

  test('does not count what the provider ran itself as a call of the client', () => {
    const item = { id: 'ctc_1', type: 'custom_tool_call', call_id: 'xs_1', name: 'x_search', input: '{"q":1}' }
    const message = said(
      { type: 'response.output_item.added', output_index: 0, item: { ...item, input: '' } },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.output_text.delta', output_index: 1, content_index: 0, delta: 'Found.' },
      completed(),
    )

    expect(message).toMatchObject({ content: 'Found.', calls: [], finish: 'stop' })
    expect(message.fields.blocks).toEqual([expect.objectContaining({ name: 'x_search', input: '{"q":1}' })])
  })

  test('gives what its deltas left out, once the item is whole', () => {
    const item = { id: 'fc', type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":1}' }
    const { calls } = said(
      { type: 'response.output_item.added', output_index: 0, item: { ...item, arguments: '' } },
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a"' },
      { type: 'response.output_item.done', output_index: 0, item },
      completed(),
    )

    expect(calls).toEqual([{ id: 'c', name: 'f', arguments: '{"a":1}' }])
  })

  test('gives an answer that only its last event has', () => {
    const content = [{ type: 'output_text', text: 'All at once.' }]
    const message = said(completed({ output: [{ type: 'message', role: 'assistant', content }] }))

    expect(message).toMatchObject({ content: 'All at once.', finish: 'stop' })
  })

  describe('whose items end late', () => {
    const item = (output_index: number, type: string, more: JsonObject = {}) => ({
      type: 'response.output_item.added',
      output_index,
      item: { id: `i${output_index}`, type, ...more },
    })
    const ended = (one: ReturnType<typeof item>, more: JsonObject = {}) => ({
      ...one,
      type: 'response.output_item.done',
      item: { ...one.item, ...more },
    })
    const delta = (output_index: number, text: string) => ({
      type: 'response.output_text.delta',
      output_index,
      content_index: 0,
      delta: text,
    })
    /** What of the text the client has by then. */
    const heardAt = (...values: JsonObject[]) => {
      const reader = chatExchange(streaming).stream()
      return Buffer.concat(reader.push(wire(created, ...values)).bytes).toString()
    }

    test('is told as it comes: past thoughts that are shown as they are', () => {
      const thoughts = item(0, 'reasoning', { summary: [] })
      const thought = { type: 'response.reasoning_text.delta', output_index: 0, content_index: 0, delta: 'Hm.' }
      const events = [thoughts, thought, item(1, 'message'), delta(1, 'Yes'), delta(1, '!')]
      const content = [{ type: 'reasoning_text', text: 'Hm.' }]

      expect(heardAt(...events)).toContain('"content":"!"')
      expect(said(...events, ended(thoughts, { content }), completed())).toMatchObject({
        content: 'Yes!',
        reasoning: 'Hm.',
      })
    })

    test('is told as it comes: past what ran beside it', () => {
      const tools = item(0, 'mcp_list_tools', { tools: [] })
      const events = [tools, item(1, 'mcp_list_tools'), item(2, 'message'), delta(2, 'Yes')]
      const heard = heardAt(...events, ended(tools), delta(2, '!'))

      expect(heard).toContain('"content":"!"')
      expect(heard).not.toContain('mcp_list_tools')
      expect(read(...events, ended(tools), delta(2, '!'), completed()).bytes).toContain('mcp_list_tools')
    })

    test('waits for thoughts whose seal is still to come', () => {
      const thought = { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'Hm.' }

      expect(heardAt(item(0, 'reasoning'), thought, item(1, 'message'), delta(1, 'Yes'))).not.toContain('Yes')
    })

    test('has the rest of an item that never ended from the whole', () => {
      const content = [{ type: 'output_text', text: 'Yes, all.' }]

      expect(
        said(item(0, 'message'), delta(0, 'Yes'), completed({ output: [{ type: 'message', content }] })),
      ).toMatchObject({ content: 'Yes, all.' })
    })
  })

  test('expands the wrapper that models make up around parallel calls, where its calls are the client’s', () => {
    const uses = [
      { recipient_name: 'functions.weather', parameters: { city: 'Oslo' } },
      { recipient_name: 'functions.time', parameters: {} },
    ]
    const output = [
      { type: 'function_call', call_id: 'c', name: 'parallel', arguments: JSON.stringify({ tool_uses: uses }) },
    ]
    const tools = ['weather', 'time'].map((name) => ({ type: 'function', function: { name } }))
    const reply = (body: JsonObject) => {
      const read = chatExchange(body).whole(Buffer.from(JSON.stringify({ status: 'completed', output })))
      return 'body' in read ? messageOf(String(read.body)) : undefined
    }

    expect(reply({ tools })?.calls).toMatchObject([
      { name: 'weather', arguments: '{"city":"Oslo"}' },
      { name: 'time', arguments: '{}' },
    ])
    expect(reply({ tools: tools.slice(0, 1) })?.calls).toMatchObject([{ id: 'c', name: 'parallel' }])
  })

  test.each([
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'length'],
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'content_filter'],
  ])('ends as %j says', (how, finish) => {
    const content = [{ type: 'output_text', text: 'Half' }]
    const body = { output: [{ type: 'message', role: 'assistant', content }], ...how }
    const reply = chatExchange().whole(Buffer.from(JSON.stringify(body)))
    const stream = said({ ...completed({ ...body }), type: 'response.incomplete' })

    expect('body' in reply && messageOf(String(reply.body)).finish).toBe(finish)
    expect(stream).toMatchObject({ content: 'Half', finish })
  })
})

describe('a response that is none', () => {
  test.each<[string, JsonObject, object]>([
    [
      'a nested error event',
      { type: 'error', error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'No money.' } },
      { kind: 'quota', message: 'No money.' },
    ],
    [
      'a flat error event',
      { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down.', param: null },
      { kind: 'rate_limit', message: 'Slow down.' },
    ],
    [
      'a failed response',
      { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'Broken.' } } },
      { kind: 'server', message: 'Broken.' },
    ],
    [
      'a failed response whose picture cannot be read',
      { type: 'response.failed', response: { error: { code: 'invalid_image_url', message: 'No picture.' } } },
      { kind: 'bad_request', status: 400, code: 'invalid_image_url' },
    ],
    [
      'a failed response whose prompt is not allowed',
      {
        type: 'response.failed',
        response: { error: { code: 'invalid_prompt', message: 'Flagged as potentially violating our usage policy.' } },
      },
      { kind: 'content_policy', status: 400 },
    ],
    [
      'a failed response that a policy forbids',
      { type: 'response.failed', response: { error: { code: 'bio_policy', message: 'Not this.' } } },
      { kind: 'content_policy', status: 400, code: 'bio_policy' },
    ],
  ])('fails with the words of %s', (_, event, failure) => {
    expect(read(event)).toMatchObject({ failure: { ...failure, mayHaveCost: false }, tail: '' })
    const late = read({ type: 'response.output_text.delta', output_index: 0, delta: 'Half' }, event)
    expect(late).toMatchObject({ failure: { ...failure, mayHaveCost: true }, tail: '' })
  })

  test('fails where a call has no name', () => {
    const { failure } = read(
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{}' },
      completed(),
    )

    expect(failure?.kind).toBe('malformed')
  })

  test.each([
    [
      { object: 'response', status: 'failed', output: [], error: { code: 'server_error', message: 'Broken.' } },
      'server',
    ],
    [{ id: 'r', status: 'queued', output: [] }, 'server'],
    [{ choices: [] }, 'malformed'],
  ])('fails where a whole reply is %j', (body, kind) => {
    for (const exchange of [chatExchange(), passing()]) {
      expect(exchange.whole(Buffer.from(JSON.stringify(body)))).toMatchObject({ failure: { kind } })
    }
  })
})
