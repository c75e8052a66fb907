import { describe, expect, it } from 'vitest'

import { GatewayError } from '../../lib/core/errors.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { exchangeContract } from '../contracts/exchange.ts'
import { fixture } from '../support/anthropic.ts'
import { accumulated, exchangeOf, framed, streamed } from '../support/translated.ts'

const asking: JsonObject = { stream: true, stream_options: { include_usage: true } }
const exchange = (body: JsonObject = {}, options: Partial<ExchangeOptions> = {}) =>
  exchangeOf({ ...asking, ...body }, options)
const read = (name: string, body: JsonObject = {}, options: Partial<ExchangeOptions> = {}) => {
  const stream = streamed(exchange(body, options), [framed(fixture(name))])
  return { ...stream, message: accumulated(stream.bytes + stream.tail) }
}
const chunks = (stream: string) =>
  stream
    .split('\n\n')
    .filter((block) => block.startsWith('data: {'))
    .map((block) => JSON.parse(block.slice(6)) as { id: string; model: string; choices: { delta: JsonObject }[] })

const noise = ['event: ping\ndata: {"type": "ping"}\n\n']
exchangeContract('text of the messages API', () => exchange(), {
  stream: framed(fixture('text')),
  completeAfter: 8,
  usage: { prompt: 12, completion: 9, cached: 0, cacheWrite: 0 },
  noise,
})
exchangeContract('thinking and tools of the messages API', () => exchange(), {
  stream: framed(fixture('thinking-and-tools')),
  completeAfter: 22,
  usage: { prompt: 12, completion: 80, cached: 0, cacheWrite: 0, reasoning: 33 },
  noise,
})

describe('a translated stream', () => {
  it('begins with the role, once, and ends with finish, usage and [DONE] in the tail', () => {
    const { bytes, tail, steps } = read('text')
    const [first, ...others] = chunks(bytes)

    expect(first?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' })
    expect(others.map(({ choices }) => choices[0]?.delta)).toEqual([
      { content: 'Grüße, ' },
      { content: 'wörld 🦉' },
      { content: '!' },
    ])
    expect(tail).toMatch(
      /"finish_reason":"stop".*\n\n.*"choices":\[\],"usage":\{"prompt_tokens":12.*"cost":0\.00017.*\n\ndata: \[DONE\]\n\n$/,
    )
    expect(new Set(chunks(bytes + tail).map(({ id, model }) => `${id} ${model}`))).toEqual(
      new Set(['chatcmpl-r1 claude-sonnet-4-5-20250929']),
    )
    expect(steps.at(-1)?.finished).toBe(true)
  })

  it('shows the public name of the model, and usage only where it was asked for', () => {
    const stream = streamed(exchangeOf({ stream: true }, { publicModel: 'ours' }), [framed(fixture('text'))])

    expect(chunks(stream.bytes + stream.tail).every(({ model }) => model === 'ours')).toBe(true)
    expect(stream.tail).not.toContain('usage')
    expect(stream.seen).toEqual({
      usage: { prompt: 12, completion: 9, cached: 0, cacheWrite: 0 },
      finish: 'stop',
      id: 'msg_1',
      model: 'claude-sonnet-4-5-20250929',
      contentBytes: Buffer.byteLength('Grüße, wörld 🦉!'),
      contentEvents: 3,
    })
  })

  it('holds no content until there is some', () => {
    const lines = fixture('text').split('\n')
    const stream = streamed(
      exchange(),
      lines.map((line) => framed(line)),
    )

    expect(stream.steps.map(({ content }) => content)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('carries thinking as text, and each block whole once it is signed', () => {
    const { message, bytes } = read('thinking-and-tools')
    const sealed = chunks(bytes).flatMap(({ choices }) => (choices[0]?.delta.thinking_blocks as JsonObject[]) ?? [])
    const details = chunks(bytes).flatMap(({ choices }) => (choices[0]?.delta.reasoning_details as JsonObject[]) ?? [])

    expect(message.reasoning).toBe('Two cities, two calls.')
    expect(sealed).toEqual([
      { index: 0, type: 'thinking', thinking: 'Two cities, two calls.', signature: 'c2lnbmVk+/==' },
      { index: 1, type: 'redacted_thinking', data: 'b3BhcXVl' },
    ])
    expect(details.map(({ type, format }) => `${type as string} ${format as string}`)).toEqual([
      'reasoning.text anthropic-claude-v1',
      'reasoning.encrypted anthropic-claude-v1',
    ])
  })

  it('numbers parallel calls from 0, and gives a call without arguments "{}" once', () => {
    const { message, bytes } = read('thinking-and-tools')

    expect(message.calls).toEqual([
      { id: 'toolu_A', name: 'weather', arguments: '{"city":"Zürich"}' },
      { id: 'toolu_B', name: 'clock', arguments: '{}' },
    ])
    expect(message.finish).toBe('tool_calls')
    expect(bytes.match(/"arguments":"\{\}"/g)).toHaveLength(1)
    expect(message.usage?.completion_tokens_details).toEqual({ reasoning_tokens: 33 })
  })

  it('gives tools back the names the client knows them by', () => {
    const tools = [{ type: 'function', function: { name: 'map.weather' } }]
    const bound = exchange({ tools })
    const printed = (JSON.parse(bound.body) as { tools: { name: string }[] }).tools[0]?.name ?? ''
    const wire = fixture('thinking-and-tools').replace('"name":"weather"', `"name":"${printed}"`)

    const stream = streamed(bound, [framed(wire)])

    expect(printed).not.toBe('map.weather')
    expect(accumulated(stream.bytes).calls[0]?.name).toBe('map.weather')
  })

  it('counts usage as it is revised, nulls and all', () => {
    const { message, seen } = read('usage-revised')

    expect(seen.usage).toEqual({
      prompt: 7 + 1000 + 100,
      completion: 20,
      cached: 1000,
      cacheWrite: 100,
      cacheWrite1h: 60,
      webSearches: 2,
    })
    expect(message.usage).toMatchObject({
      prompt_tokens: 1107,
      completion_tokens: 20,
      total_tokens: 1127,
      prompt_tokens_details: { cached_tokens: 1000, cache_write_tokens: 100 },
    })
  })

  it('counts every pass of the model where its history was compacted, and no pass of another', () => {
    const { seen, message } = read('compaction')

    expect(seen.usage).toMatchObject({ prompt: 60_600, completion: 520 })
    expect(message.fields.blocks).toEqual([{ type: 'compaction', content: 'So far.', encrypted_content: 'RW9s' }])
  })

  it("keeps the provider's own tools apart from calls, and cites what has an address", () => {
    const { message } = read('search')

    expect(message.calls).toEqual([])
    expect(message.content).toBe('It is known that owls fly.')
    expect(message.annotations).toEqual([
      {
        type: 'url_citation',
        url_citation: { url: 'https://owls.test/', title: 'Owls', start_index: 17, end_index: 25 },
      },
    ])
    expect(message.fields).toMatchObject({
      native_finish_reason: 'end_turn',
      blocks: [
        { type: 'server_tool_use', input: { query: 'owls' } },
        { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1' },
      ],
      citations: [{ type: 'page_location' }],
    })
    expect(message.usage?.server_tool_use).toEqual({ web_search_requests: 1 })
  })

  it('unwraps the tool that stood for structured output', () => {
    const schema = { type: 'object', properties: { a: { type: 'number' } } }
    const format = { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }
    const { message } = read('json-tool', format, { upstreamModel: 'claude-3-haiku' })

    expect(message).toMatchObject({ content: '{"a":1}', calls: [], finish: 'stop' })
    expect(read('text', format, { upstreamModel: 'claude-3-haiku' }).message.content).toBe('Grüße, wörld 🦉!')
    expect(read('json-tool').message.calls).toMatchObject([{ name: 'json' }])
  })

  it.each([
    ['duplicate-start', { content: 'Once', finish: 'stop' }],
    ['unknown-kinds', { content: 'Hi', finish: 'stop' }],
    ['pause', { content: 'Working', finish: 'stop', fields: { native_finish_reason: 'pause_turn' } }],
    ['refusal', { content: '', refusal: 'Not this.', finish: 'content_filter' }],
    [
      'prefilled',
      { content: 'Before. Begun, done.', calls: [{ id: 'toolu_P', name: 'weather', arguments: '{"city":"Bern"}' }] },
    ],
  ])('takes %s', (name, expected) => {
    const { message, failure } = read(name)

    expect(failure).toBeUndefined()
    expect(message).toMatchObject(expected)
  })
})

describe('a stream that fails', () => {
  it('with its first event has the true status, and surely cost nothing', () => {
    expect(read('overloaded-first')).toMatchObject({
      bytes: '',
      failure: { kind: 'overloaded', status: 529, message: 'Overloaded', mayHaveCost: false },
    })
  })

  it('after content keeps what came, has no end, and may have cost', () => {
    const { bytes, tail, failure, seen } = read('error-inside')

    expect(accumulated(bytes)).toMatchObject({ content: 'Half an ans', finish: null })
    expect(tail).toBe('')
    expect(failure).toMatchObject({ kind: 'server', status: 500, mayHaveCost: true })
    expect(seen).toMatchObject({ contentBytes: 11, usage: { prompt: 12 } })
  })

  it('is one where a second message begins inside the first', () => {
    expect(read('spliced-start')).toMatchObject({ tail: '', failure: { kind: 'malformed' } })
  })

  it('is none where only the marker after the stop reason is missing', () => {
    const read = streamed(exchange(), [framed(fixture('text').replace('{"type":"message_stop"}\n', ''))])

    expect(read.failure).toBeUndefined()
    expect(read.tail).toContain('[DONE]')
  })

  it('is one where the event is missing that tells why it ended and what it counted', () => {
    const lines = fixture('text').split('\n')
    const without = lines.filter((line) => !line.includes('"message_delta"')).join('\n')

    expect(lines.filter((line) => line.includes('"message_delta"'))).toHaveLength(1)
    expect(streamed(exchange(), [framed(without)])).toMatchObject({ tail: '', failure: { kind: 'malformed' } })
  })

  it('is none where one call is begun twice: it is one call', () => {
    const twice = fixture('thinking-and-tools')
      .split('\n')
      .flatMap((line) => (/"content_block_start".*"tool_use"/.test(line) ? [line, line] : [line]))
    const { bytes, tail, failure } = streamed(exchange(), [framed(twice.join('\n'))])

    expect(failure).toBeUndefined()
    expect(accumulated(bytes + tail).calls).toEqual(read('thinking-and-tools').message.calls)
  })

  it('is one where it is empty', () => {
    expect(streamed(exchange(), []).failure?.kind).toBe('cut')
    expect(streamed(exchange(), [Buffer.from(' \n')]).failure?.kind).toBe('cut')
  })

  it('tells the client so in a way that is no end', () => {
    const bytes = exchange().stream().fail(new GatewayError('upstream_cut'))

    expect(JSON.parse(Buffer.from(bytes).toString().slice(6))).toMatchObject({
      error: { type: 'api_error', code: '502' },
    })
    expect(Buffer.from(bytes).toString()).not.toContain('[DONE]')
  })

  it('gives nothing more once it has failed', () => {
    const reader = exchange().stream()
    reader.push(framed(fixture('overloaded-first')))

    expect(reader.push(framed(fixture('text')))).toEqual({ bytes: [], content: false, tail: [], finished: false })
    expect(reader.end().failure).toBeUndefined()
  })
})

describe('a whole reply to a streaming request', () => {
  const message = {
    id: 'm',
    type: 'message',
    content: [{ type: 'text', text: 'Hi' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 2 },
  }

  it('becomes a stream, wherever it is cut', () => {
    const bytes = Buffer.from(`\n ${JSON.stringify(message)}`)
    for (let at = 0; at < bytes.length; at++) {
      const stream = streamed(exchange(), [bytes.subarray(0, at), bytes.subarray(at)])
      expect(accumulated(stream.bytes + stream.tail)).toMatchObject({ content: 'Hi', finish: 'stop' })
      expect(stream.tail).toContain('[DONE]')
    }
  })

  it('that is an error is that error', () => {
    const error = { type: 'error', error: { type: 'rate_limit_error', message: 'Slow down' } }

    expect(streamed(exchange(), [Buffer.from(JSON.stringify(error))]).failure).toMatchObject({
      kind: 'rate_limit',
      status: 429,
    })
  })

  it('that is broken off is cut', () => {
    expect(streamed(exchange(), [Buffer.from('{"id":"m","content":[')]).failure?.kind).toBe('cut')
  })
})
