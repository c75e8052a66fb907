import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import type { Exchange } from '../../lib/dialects/dialect.ts'
import { gemini } from '../../lib/dialects/gemini/index.ts'
import { anthropicTongue, openaiTongue } from '../support/upstream-tongues.ts'
import { exchangeContract } from '../contracts/exchange.ts'
import { streamed } from '../support/translated.ts'
import { bridged, type Event, eventsIn, overChat, sentBy } from './responses-support.ts'

const id = '0123456789abcdef0123456789abcdef'
const sse = (...values: JsonObject[]) =>
  Buffer.from(values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join(''))

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_tokens_details: { cached_tokens: 4 } }
const call = (index: number, more: JsonObject) => ({
  choices: [{ index: 0, delta: { tool_calls: [{ index, ...more }] } }],
})
const chatStream = sse(
  { id: 'c', model: 'm', choices: [{ index: 0, delta: { role: 'assistant', reasoning_content: 'Hm ☂' } }] },
  { choices: [{ index: 0, delta: { content: 'I look' } }] },
  call(0, { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city"' } }),
  call(0, { function: { arguments: ':"Oslo"}' } }),
  call(1, { id: 'call_b', type: 'function', function: { name: 'time', arguments: '' } }),
  { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
  { choices: [], usage },
)

exchangeContract('responses over chat', () => overChat({ stream: true }), {
  stream: Buffer.concat([chatStream, Buffer.from('data: [DONE]\n\n')]),
  completeAfter: 6,
  usage: { prompt: 10, completion: 5, cached: 4 },
  end: /"type":"response\.completed".*\n\n$/,
})

const heard = (exchange: Exchange, wire: Buffer): Event[] => {
  const { bytes, tail, failure } = streamed(exchange, [wire])
  expect(failure).toBeUndefined()
  return eventsIn(bytes + tail)
}

describe('the events of a bridged stream', () => {
  const events = heard(overChat({ stream: true }), chatStream)

  test('tell the whole life of every item', () => {
    const told = events.map(({ type }) => type.replace('response.', '')).join(' ')
    const [thoughts, text, call] = [
      'reasoning_summary_part.added reasoning_summary_text.delta reasoning_summary_text.done reasoning_summary_part.done',
      'content_part.added output_text.delta output_text.done content_part.done',
      'function_call_arguments.delta function_call_arguments.done',
    ].map((inside) => `output_item.added ${inside} output_item.done`)

    expect(told.replace('arguments.delta function_call_arguments.delta', 'arguments.delta')).toBe(
      `created in_progress ${thoughts} ${text} ${call} ${call} completed`,
    )
  })

  test('are numbered from 0 without a gap', () => {
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => at))
  })

  test('name the item and the place that they belong to', () => {
    const output = listOf(objectOf(events.at(-1)?.response).output).map(objectOf)
    for (const event of events.slice(2, -1)) {
      const item = output[Number(event.output_index)]
      expect(item?.id).toBe(event.item_id ?? objectOf(event.item).id)
    }
    expect(output.map((item) => item.id)).toEqual([`rs_${id}_0`, `msg_${id}_1`, `fc_${id}_2`, `fc_${id}_3`])
    expect(events.filter(({ type }) => type.includes('reasoning_')).every((event) => event.summary_index === 0)).toBe(
      true,
    )
    expect(events.filter(({ type }) => type === 'response.output_text.delta')[0]?.logprobs).toEqual([])
  })

  test('end in the same response that a whole reply is', () => {
    const message = {
      role: 'assistant',
      content: 'I look',
      reasoning_content: 'Hm ☂',
      tool_calls: [
        { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
        { id: 'call_b', type: 'function', function: { name: 'time', arguments: '' } },
      ],
    }
    const body = { id: 'c', model: 'm', choices: [{ index: 0, message, finish_reason: 'tool_calls' }], usage }
    const reply = overChat().whole(Buffer.from(JSON.stringify(body)))

    expect('body' in reply && JSON.parse(String(reply.body))).toEqual(events.at(-1)?.response)
  })

  test('hold every field that typed clients insist on', () => {
    const response = objectOf(events.at(-1)?.response)
    expect(response).toMatchObject({
      id: `resp_${id}`,
      object: 'response',
      created_at: 1_700_000_000,
      status: 'completed',
      model: 'public',
      error: null,
      incomplete_details: null,
      parallel_tool_calls: true,
      previous_response_id: null,
      store: true,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [],
      truncation: 'disabled',
      metadata: {},
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 15,
        cost: (10 * 3 + 5 * 15) / 1e6,
      },
    })
  })
})

describe('the end of a bridged stream', () => {
  test('is incomplete where the answer was cut short', () => {
    const wire = sse(
      { id: 'c', choices: [{ index: 0, delta: { content: 'Half' } }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'length' }] },
    )
    const last = heard(overChat({ stream: true }), wire).at(-1)

    expect(last).toMatchObject({
      type: 'response.incomplete',
      response: {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output: [{ status: 'incomplete' }],
      },
    })
  })

  test('is an error event and a failed response where the provider broke off', () => {
    const reader = overChat({ stream: true }).stream()
    const { bytes } = reader.push(sse({ id: 'c', choices: [{ index: 0, delta: { content: 'Half' } }] }))
    const before = eventsIn(Buffer.concat(bytes).toString()).length
    const error = new GatewayError('upstream_cut', { message: 'It broke off.' })

    const [first, last] = eventsIn(Buffer.from(reader.fail(error)).toString())
    expect(reader.end().failure?.kind).toBe('cut')
    expect(first).toMatchObject({
      type: 'error',
      sequence_number: before,
      message: 'It broke off.',
      error: { message: 'It broke off.' },
    })
    expect(last).toMatchObject({
      type: 'response.failed',
      sequence_number: before + 1,
      response: { id: `resp_${id}`, status: 'failed', error: { code: 'server_error', message: 'It broke off.' } },
    })
  })
})

const script = (name: string) => ({ name, options: {}, number: (_: string, or: number) => or })
const entryOf = (body: JsonObject) => ({
  at: 0,
  path: '',
  headers: {},
  body,
  promptTokens: 9,
  completionTokens: 0,
  left: false,
  ended: false,
  billable: true,
})

describe('thoughts of another tongue', () => {
  const tools = [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }]
  const first = bridged({ tools, reasoning: { effort: 'low' } })
  const answer = anthropicTongue.answer(script('agent'), entryOf(sentBy(first))).whole
  const reply = first.whole(Buffer.from(JSON.stringify(answer)))
  const output = 'body' in reply ? listOf(objectOf(JSON.parse(String(reply.body))).output).map(objectOf) : []

  test('travel sealed, and come back to it byte by byte', () => {
    const input = [
      { role: 'user', content: 'Hello' },
      ...output,
      { type: 'function_call_output', call_id: output.at(-1)?.call_id ?? '', output: 'done' },
    ]
    const sent = sentBy(bridged({ tools, input, reasoning: { effort: 'low' } }))

    expect(output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call'])
    expect(output[0]?.encrypted_content).toMatch(/^purser\./)
    const turn = objectOf(listOf(sent.messages)[1])
    expect(listOf(turn.content)[0]).toEqual(listOf(answer.content)[0])
    expect(sent.thinking).toMatchObject({ type: 'enabled' })
  })

  test('are left out where their seal was lost, and where another tongue sealed them', () => {
    const thoughts = [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
      { type: 'reasoning', summary: [], encrypted_content: 'gAAAA==' },
    ]
    const input = [
      { role: 'user', content: 'Hello' },
      ...thoughts,
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'Go' },
    ]

    expect(JSON.stringify(sentBy(bridged({ input })).messages)).not.toMatch(/thinking|gAAAA|Hm/)
  })
})

test('words of a chat host are one message', () => {
  const exchange = overChat()
  const answer = openaiTongue.answer(script('ok'), entryOf(sentBy(exchange))).whole
  const reply = exchange.whole(Buffer.from(JSON.stringify(answer)))

  expect('body' in reply && JSON.parse(String(reply.body))).toMatchObject({
    output: [{ type: 'message', content: [{ type: 'output_text', text: 'w0 w1 w2 w3 w4 w5 w6 w7' }] }],
  })
})

test('sources vouch for the words that their provider names, wherever these stand in the answer', () => {
  const segment = (startIndex: number, endIndex: number, at: number) => ({
    segment: { startIndex, endIndex },
    groundingChunkIndices: [at],
  })
  const groundingMetadata = {
    groundingChunks: [{ web: { uri: 'https://a.test', title: 'A' } }, { web: { uri: 'https://b.test', title: 'B' } }],
    groundingSupports: [segment(0, 2, 0), segment(7, 12, 1)],
  }
  const parts = [{ text: 'Hm. ' }, { text: 'So.', thought: true }, { text: 'In Oslo.' }]
  const whole = bridged({}, { upstream: gemini }).whole(
    Buffer.from(JSON.stringify({ candidates: [{ content: { parts }, finishReason: 'STOP', groundingMetadata }] })),
  )
  const { output } = JSON.parse('body' in whole ? String(whole.body) : '{}') as { output: JsonObject[] }
  const [part] = listOf(output.at(-1)?.content).map(objectOf)
  const cited = listOf(part?.annotations).map(objectOf)

  expect(part?.text).toBe('In Oslo.')
  // The first is of words in an earlier item, which is over: it names all of this one.
  expect(
    cited.map(({ url, start_index: from, end_index: to }) => [url, 'In Oslo.'.slice(Number(from), Number(to))]),
  ).toEqual([
    ['https://a.test', 'In Oslo.'],
    ['https://b.test', 'Oslo.'],
  ])
})
