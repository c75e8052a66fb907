import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { objectOf } from '../../lib/core/json.ts'
import { exchangeContract } from '../contracts/exchange.ts'
import { converseOf } from '../support/converse.ts'
import { event, events, exception } from '../support/event-stream.ts'
import { accumulated, messageOf as wholeMessage, type Streamed, streamed } from '../support/translated.ts'

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/converse/${name}.chunks.txt`, import.meta.url), 'utf8')

const asking = (options = {}) => converseOf({ stream: true, stream_options: { include_usage: true } }, options)
const read = (...pieces: Uint8Array[]): Streamed => streamed(asking(), pieces)
const messageOf = (pieces: readonly Uint8Array[]) => {
  const { bytes, tail, failure } = read(...pieces)
  expect(failure).toBeUndefined()
  return accumulated(bytes + tail)
}

/** The same events as server-sent events: what is behind the framing is judged like any other dialect. */
const asSse = (lines: string): string =>
  lines
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => Object.entries(JSON.parse(line) as object))
    .map(([name, payload]) => `event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`)
    .join('')

exchangeContract('converse', () => asking({ framing: 'sse' }), {
  stream: asSse(fixture('thinking-and-tools')),
  completeAfter: 16,
  usage: { prompt: 60, completion: 40, cached: 30, cacheWrite: 20, cacheWrite1h: 15 },
})

exchangeContract('converse, counts before the reason to stop', () => asking({ framing: 'sse' }), {
  stream: asSse(fixture('search')),
  completeAfter: 16,
  usage: { prompt: 5, completion: 6, cached: 0, cacheWrite: 0 },
})

describe('a stream', () => {
  it('gives text, reasoning with its seals byte by byte, and calls with stable indexes', () => {
    const message = messageOf(events(fixture('thinking-and-tools')))

    expect(message).toMatchObject({ content: 'I look both up 🌦.', reasoning: 'Two places, two calls. ü' })
    expect(message.calls).toEqual([
      { id: 'tooluse_oslo', name: 'weather', arguments: '{"city":"Oslo"}' },
      { id: 'tooluse_now', name: 'now', arguments: '{}' },
    ])
    expect(message.thinkingBlocks).toEqual([
      { type: 'thinking', thinking: 'Two places, two calls. ü', signature: 'c2lnbmVk' },
      { type: 'redacted_thinking', data: 'AAECAwQ=' },
    ])
    expect(message.usage).toMatchObject({
      prompt_tokens: 60,
      completion_tokens: 40,
      prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 20 },
    })
  })

  it('makes one call of a call that is begun twice', () => {
    const twice = fixture('thinking-and-tools')
      .split('\n')
      .flatMap((line) => (line.includes('"toolUseId"') ? [line, line] : [line]))

    expect(messageOf(events(twice.join('\n')))).toEqual(messageOf(events(fixture('thinking-and-tools'))))
  })

  it('gives citations with their address, pictures whole, and keeps tools of the provider from the calls', () => {
    const { bytes, tail, seen } = read(...events(fixture('search')))
    const message = accumulated(bytes + tail)

    expect(message).toMatchObject({ content: 'It snows.', calls: [], finish: 'stop' })
    expect(message.annotations).toMatchObject([
      { url_citation: { url: 'https://weather.example/oslo', title: 'Weather', start_index: 0, end_index: 9 } },
    ])
    expect(bytes).toContain('data:image/png;base64,aGFsbG8=')
    expect(message.fields.blocks).toMatchObject([
      { type: 'server_tool_use', name: 'nova_grounding', input: '{"q":"snow"}' },
      { type: 'nova_grounding_result', content: [{ text: 'found' }] },
    ])
    expect(seen.contentBytes).toBeGreaterThan('It snows.{"q":"snow"}'.length)
  })

  it.each([undefined, 'tool_use'])('has calls of the client whose type is %s, streamed or not', (type) => {
    const called = { toolUseId: 'tooluse_1', name: 'look', ...(type && { type }) }
    const usage = { inputTokens: 1, outputTokens: 1 }
    const content = [{ toolUse: { ...called, input: { city: 'Oslo' } } }]
    const whole = converseOf().whole(
      Buffer.from(JSON.stringify({ output: { message: { content } }, stopReason: 'tool_use', usage })),
    )
    const message = messageOf([
      event('contentBlockStart', { contentBlockIndex: 0, start: { toolUse: called } }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{"city":"Oslo"}' } } }),
      event('messageStop', { stopReason: 'tool_use' }),
      event('metadata', { usage }),
    ])

    const calls = [{ id: 'tooluse_1', name: 'look', arguments: '{"city":"Oslo"}' }]
    expect(message).toMatchObject({ calls, finish: 'tool_calls' })
    if ('failure' in whole) throw new Error(whole.failure.message)
    expect(wholeMessage(String(whole.body))).toMatchObject({ calls, finish: 'tool_calls' })
  })

  it('is complete without its counts once the reason to stop was said', () => {
    const { failure, finished, seen } = read(
      event('messageStart', { role: 'assistant' }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Yes' } }),
      event('messageStop', { stopReason: 'end_turn' }),
    )

    expect({ failure, finished, usage: seen.usage }).toEqual({ failure: undefined, finished: true, usage: undefined })
  })

  it.each([
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['guardrail_intervened', 'content_filter'],
    ['content_filtered', 'content_filter'],
    ['stop_sequence', 'stop'],
    ['invented_tomorrow', 'stop'],
  ])('that stops for %s finishes with %s, and says its own word', (stopReason, reason) => {
    const message = messageOf([
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Yes' } }),
      event('metadata', { usage: { inputTokens: 1, outputTokens: 1 } }),
      event('messageStop', { stopReason }),
    ])

    expect(message.finish).toBe(reason)
    expect(message.fields.native_finish_reason).toBe(stopReason)
  })

  it.each(['malformed_model_output', 'malformed_tool_use'])('that stops for %s is a failure', (stopReason) => {
    const { failure, tail } = read(
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Yes' } }),
      event('messageStop', { stopReason }),
      event('metadata', { usage: { inputTokens: 1, outputTokens: 1 } }),
    )

    expect(failure).toMatchObject({ kind: 'malformed', code: stopReason, mayHaveCost: true })
    expect(tail).toBe('')
  })

  const half = [
    event('contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 'a', name: 'b' } } }),
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{"c":' } } }),
    event('metadata', { usage: { inputTokens: 1, outputTokens: 1 } }),
  ]

  it('with half a call is a failure, unless the cap cut it', () => {
    expect(read(...half, event('messageStop', { stopReason: 'tool_use' })).failure?.kind).toBe('malformed')
    expect(messageOf([...half, event('messageStop', { stopReason: 'max_tokens' })])).toMatchObject({ finish: 'length' })
  })

  it('with arguments of a call that never began is a failure', () => {
    expect(read(half[1] ?? Buffer.alloc(0)).failure?.kind).toBe('malformed')
  })

  it.each([
    ['throttlingException', 'rate_limit', 429],
    ['serviceUnavailableException', 'overloaded', 503],
    ['internalServerException', 'server', 500],
    ['modelStreamErrorException', 'server', 424],
    ['modelTimeoutException', 'timeout', 408],
    ['validationException', 'bad_request', 400],
    ['inventedTomorrowException', 'server', 500],
  ])('with an %s in it fails as %s', (type, kind, status) => {
    const failure = { kind, status, message: 'Too bad.' }
    const text = event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Yes' } })

    expect(read(exception(type, { message: 'Too bad.' })).failure).toMatchObject({ ...failure, mayHaveCost: false })
    expect(read(text, exception(type, { message: 'Too bad.' })).failure).toMatchObject({
      ...failure,
      mayHaveCost: true,
    })
  })

  it('tells context length and the original status apart', () => {
    const long = exception('validationException', { message: 'Input is too long for requested model.' })
    const original = exception('modelStreamErrorException', { message: 'Busy', originalStatusCode: 429 })

    expect(read(long).failure?.kind).toBe('context_window')
    expect(read(original).failure?.kind).toBe('rate_limit')
  })

  it('that is damaged is a failure, and nothing of the rest is read', () => {
    const good = event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Yes' } })
    const bad = Buffer.from(good)
    bad[bad.length - 8] = (bad[bad.length - 8] ?? 0) ^ 1

    const { failure, bytes } = read(good, bad, good)

    expect(failure).toMatchObject({ kind: 'malformed', mayHaveCost: true })
    expect(bytes.match(/Yes/g)).toHaveLength(1)
  })
})

describe('a whole reply', () => {
  const whole = (body: object) => converseOf().whole(Buffer.from(JSON.stringify(body)))

  it('without an output is a failure, and so is an error with status 200', () => {
    expect(whole({ usage: {} })).toMatchObject({ failure: { kind: 'malformed', mayHaveCost: true } })
    expect(whole({ message: 'Broken' })).toMatchObject({ failure: { kind: 'server', message: 'Broken' } })
  })

  it('keeps the numbers of arguments as they were written', () => {
    const body =
      '{"output":{"message":{"content":[{"toolUse":{"toolUseId":"a","name":"b","input":{"n":12345678901234567890}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":1}}'

    const reply = converseOf().whole(Buffer.from(body))

    expect('body' in reply && String(reply.body)).toContain('{\\"n\\":12345678901234567890}')
  })

  it('says whose seal it is: of Anthropic’s models, or of this API alone', () => {
    const content = [
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 'c2ln' } } },
      { reasoningContent: { redactedContent: 'AAE=' } },
      { text: 'Yes' },
    ]
    const reply = { output: { message: { content } }, stopReason: 'end_turn' }
    const formats = (model: string) => {
      const { body } = converseOf({}, { upstreamModel: model }).whole(Buffer.from(JSON.stringify(reply))) as {
        body: string
      }
      const { choices } = JSON.parse(body) as { choices: { message: { reasoning_details: object[] } }[] }
      return choices[0]?.message.reasoning_details.map((detail) => objectOf(detail).format)
    }

    expect(formats('anthropic.claude-sonnet-4-20250514-v1:0')).toEqual(['anthropic-claude-v1', 'bedrock-converse-v1'])
    expect(formats('amazon.nova-2-lite-v1:0')).toEqual(['bedrock-converse-v1', 'bedrock-converse-v1'])
  })
})

describe('a refusal', () => {
  const refused = (status: number, type: string, body: string) =>
    converseOf().failure(status, { 'x-amzn-errortype': type, 'x-amzn-requestid': 'r-1' }, Buffer.from(body))

  it.each([
    [403, 'AccessDeniedException:http://internal.amazon.com/coral/', 'permission'],
    [403, 'UnrecognizedClientException', 'auth'],
    [403, 'ExpiredTokenException', 'auth'],
    [403, 'InvalidSignatureException', 'auth'],
    [404, 'ResourceNotFoundException', 'not_found'],
    [408, 'ModelTimeoutException', 'timeout'],
    [424, 'ModelErrorException', 'server'],
    [429, 'ThrottlingException', 'rate_limit'],
    [429, 'ModelNotReadyException', 'overloaded'],
    [400, 'ServiceQuotaExceededException', 'quota'],
    [503, 'ServiceUnavailableException', 'overloaded'],
    [400, 'ValidationException', 'bad_request'],
  ])('with status %i and %s is %s', (status, type, kind) => {
    expect(refused(status, type, '{"message":"No."}')).toMatchObject({
      kind,
      status,
      message: 'No.',
      upstreamRequestId: 'r-1',
      mayHaveCost: false,
    })
  })

  it('is understood by its words, by the type in its body, and without either', () => {
    const tooMany = '{"message":"Too many tokens, please wait before trying again."}'

    expect(refused(429, 'ThrottlingException', tooMany).kind).toBe('rate_limit')
    expect(refused(400, 'ValidationException', '{"message":"Input is too long for requested model."}').kind).toBe(
      'context_window',
    )
    expect(refused(400, 'ValidationException', '{"message":"The provided model identifier is invalid."}').kind).toBe(
      'not_found',
    )
    const coral = '{"__type":"com.amazon.coral.service#UnrecognizedClientException","Message":"Bad token"}'
    expect(converseOf().failure(403, {}, Buffer.from(coral))).toMatchObject({ kind: 'auth', message: 'Bad token' })
    expect(refused(502, '', '<html><title>Bad gateway</title>')).toMatchObject({
      kind: 'server',
      message: 'Bad gateway',
    })
    expect(refused(500, '', '').kind).toBe('server')
  })

  it('is told by the name of its exception where it comes without words', () => {
    const edge = '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}'
    const named = 'The provider answered with UnknownOperationException.'

    expect(converseOf().failure(404, {}, Buffer.from(edge))).toMatchObject({ kind: 'not_found', message: named })
    expect(converseOf().whole(Buffer.from(edge))).toMatchObject({ failure: { message: named } })
    expect(refused(403, 'AccessDeniedException', '')).toMatchObject({
      kind: 'permission',
      message: 'The provider answered with AccessDeniedException.',
    })
  })
})
