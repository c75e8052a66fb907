import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { passThrough } from '../../lib/dialects/openai/passthrough.ts'
import { dataOf, exchangeContract, readAll } from '../contracts/exchange.ts'
import { call, fixture, options, streamCall } from './openai-support.ts'

const contract = (
  name: string,
  file: string,
  completeAfter: number,
  usage: Parameters<typeof exchangeContract>[2]['usage'],
) => exchangeContract(name, () => passThrough(streamCall(), options()), { stream: fixture(file), completeAfter, usage })

contract('text', 'text.sse', 4, { prompt: 16, completion: 9, cached: 4 })
contract('tool calls', 'tools.sse', 5, { prompt: 80, completion: 31 })
contract('reasoning left out of the completion count', 'reasoning-excluded.sse', 4, {
  prompt: 12,
  completion: 291,
  cached: 11,
  reasoning: 290,
})
contract('a first chunk without choices', 'azure.sse', 4, { prompt: 15, completion: 78, reasoning: 64 })
contract('usage on the finish chunk', 'groq.sse', 4, { prompt: 17, completion: 7 })

exchangeContract(
  'a renamed and priced stream',
  () => passThrough(streamCall(), options({ publicModel: 'small', dollars: () => 0.25 })),
  { stream: fixture('text.sse'), completeAfter: 4, usage: { prompt: 16, completion: 9, cached: 4 } },
)

/** The host gives its calls no index; SDKs need one. */
const indexedMistral = fixture('mistral.sse').replace('"arguments":"{}"}}', '"arguments":"{}"},"index":0}')

const bytes = (text: string) => new TextEncoder().encode(text)
const read = (file: string, more: Parameters<typeof options>[0] = {}, request = streamCall()) =>
  readAll(passThrough(request, options(more)), [bytes(fixture(file))])

describe('a streamed reply', () => {
  test('passes byte for byte where nothing has to change', () => {
    const { bytes: passed, tail } = read('text.sse')

    expect(passed + tail).toBe(fixture('text.sse'))
  })

  test('is renamed in every chunk, and in nothing else', () => {
    const { bytes: passed, tail } = read('text.sse', { publicModel: 'small' })

    expect(passed + tail).toBe(fixture('text.sse').replaceAll('gpt-4.1-nano-2025-04-14', 'small'))
  })

  test('carries the cost in its usage event', () => {
    const { tail } = read('text.sse', { dollars: (usage) => usage.prompt / 100 })

    expect(JSON.parse(dataOf(tail)[0] ?? '')).toMatchObject({ usage: { prompt_tokens: 16, cost: 0.16 } })
  })

  test('loses the usage event that the client did not ask for, and still counts it', () => {
    const { bytes: passed, tail, reader } = read('text.sse', {}, call({ stream: true }))

    expect(passed).not.toContain('"prompt_tokens"')
    expect(tail).toBe('data: [DONE]\n\n')
    expect(reader.seen.usage).toEqual({ prompt: 16, completion: 9, cached: 4 })
  })

  test('gets the usage event that the client asked for where the host keeps usage elsewhere', () => {
    const { tail, reader } = read('groq-private-usage.sse', { dollars: () => 0.5 })

    expect(JSON.parse(dataOf(tail)[0] ?? '')).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 17, completion_tokens: 7, total_tokens: 24, cost: 0.5 },
    })
    expect(reader.seen.usage).toEqual({ prompt: 17, completion: 7 })
  })

  test('without [DONE] is complete once a finish reason was seen, and gets one', () => {
    const { bytes: passed, tail, finished } = read('mistral.sse')

    expect(passed).toBe(indexedMistral)
    expect(tail).toBe('data: [DONE]\n\n')
    expect(finished).toBe(true)
  })

  test('counts by its last usage, where earlier ones were estimates', () => {
    const chunk = (content: string, usage: JsonObject, finish: string | null = null) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }], usage })}\n\n`
    const first = { prompt_tokens: 4, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 2 } }
    const reader = passThrough(streamCall(), options()).stream()

    reader.push(bytes(chunk('Hi', first) + chunk('!', { prompt_tokens: 3, completion_tokens: 11 }, 'stop')))

    expect(reader.seen.usage).toEqual({ prompt: 3, completion: 11, cached: 2 })
  })

  test('may repeat its usage on every chunk', () => {
    const { reader, bytes: passed } = read('perplexity.sse', { dollars: (usage) => usage.completion })

    expect(reader.seen.usage).toEqual({ prompt: 10, completion: 2, webSearches: 3 })
    expect(dataOf(passed).map((data) => (JSON.parse(data) as { usage: { cost: number } }).usage.cost)).toEqual([
      1, 2, 2,
    ])
  })

  test('may hold empty finish reasons, null deltas and null choices', () => {
    const { finished, reader } = read('empty-fields.sse')

    expect(finished).toBe(true)
    expect(reader.seen).toMatchObject({ finish: 'stop', contentBytes: 2, contentEvents: 2 })
  })

  test('counts the bytes of text, reasoning, parts and calls', () => {
    expect(read('text.sse').reader.seen.contentBytes).toBe(Buffer.byteLength('Grüße 👋🏽 "quoted"\n'))
    expect(read('reasoning-excluded.sse').reader.seen.contentBytes).toBe('First, think.Hello'.length)
    expect(read('mistral.sse').reader.seen.contentBytes).toBe('Two2add{}'.length)
    expect(read('tools.sse').reader.seen.contentBytes).toBe(Buffer.byteLength('weather{"city":"Zürich"}now{}'))
  })

  test('is cut where one of two choices has not finished', () => {
    const [first = '', second = '', third = ''] = fixture('two-choices.sse').split(/(?<=\n\n)/)
    const half = passThrough(streamCall({ n: 2 }), options())

    expect(readAll(half, [bytes(first + second + third)])).toMatchObject({ finished: false, failure: { kind: 'cut' } })
    expect(readAll(half, [bytes(`${first}${second}${third}data: [DONE]\n\n`)]).failure).toMatchObject({ kind: 'cut' })
    expect(readAll(half, [bytes(fixture('two-choices.sse'))]).finished).toBe(true)
  })

  test('is cut where one of two choices never began, unless the host says that it is done', () => {
    const one = [fixture('mistral.sse'), `${fixture('mistral.sse')}data: [DONE]\n\n`].map((text) =>
      readAll(passThrough(streamCall({ n: 2 }), options()), [bytes(text)]),
    )

    expect(one.map(({ finished }) => finished)).toEqual([false, true])
  })

  test('keeps the order of what follows its finish', () => {
    const text = fixture('text.sse').replace('data: [DONE]', ': bye\n\ndata: [DONE]')

    expect(readAll(passThrough(streamCall(), options()), [bytes(text)]).tail).toMatch(
      /^data: \{.*\n\n: bye\n\ndata: \[DONE\]/,
    )
  })

  test('whose last blank line is missing does not grow together with what is added', () => {
    const {
      bytes: passed,
      tail,
      finished,
    } = readAll(passThrough(streamCall(), options()), [bytes(fixture('mistral.sse').trimEnd())])

    expect(finished).toBe(true)
    expect(dataOf(passed + tail)).toEqual([...dataOf(indexedMistral), '[DONE]'])
  })

  test('is renamed wherever a chunk names its model, twice if it must be', () => {
    const twice = fixture('text.sse').replaceAll('"choices"', '"model":"again","choices"')
    const { bytes: passed } = readAll(passThrough(streamCall(), options({ publicModel: 'small' })), [bytes(twice)])

    expect(passed).not.toMatch(/again|gpt-4.1/)
  })

  test('with [DONE] but no finish reason is cut', () => {
    const [role = '', text = ''] = fixture('text.sse').split(/(?<=\n\n)/)
    const { failure, tail } = readAll(passThrough(streamCall(), options()), [bytes(`${role}${text}data: [DONE]\n\n`)])

    expect(failure).toMatchObject({ kind: 'cut', mayHaveCost: true })
    expect(tail).toBe('')
  })

  test('that becomes an error event fails with the status of the error, and had its content passed', () => {
    const { failure, bytes: passed, finished } = read('error-event.sse')

    expect(failure).toMatchObject({ kind: 'server', status: 400, code: 'tool_use_failed', mayHaveCost: true })
    expect(passed).toContain('Half')
    expect(passed).not.toContain('Failed to call')
    expect(finished).toBe(false)
  })

  test('that becomes an error chunk fails, and keeps the usage it named', () => {
    const { failure, reader, bytes: passed } = read('error-chunk.sse')

    expect(failure).toMatchObject({ kind: 'server', status: 502, message: 'Provider disconnected', mayHaveCost: true })
    expect(reader.seen.usage).toEqual({ prompt: 5, completion: 2 })
    expect(passed.startsWith(': OPENROUTER PROCESSING\n\n')).toBe(true)
  })

  test('that begins with an error fails without content and without cost', () => {
    const { failure, content, bytes: passed } = read('error-first.sse')

    expect(failure).toMatchObject({ kind: 'overloaded', status: 503, mayHaveCost: false })
    expect(content).toBe(false)
    expect(passed).toBe('')
  })

  test('ends for good: what follows [DONE] is not read', () => {
    const reader = passThrough(streamCall(), options()).stream()
    reader.push(bytes(fixture('text.sse')))

    expect(reader.push(bytes('data: [DONE]\n\n'))).toEqual({ bytes: [], content: false, tail: [], finished: false })
    expect(reader.end()).toEqual({ bytes: [], content: false, tail: [], finished: false })
  })

  test.each([': ping\n\n', '\n', ': a\nid: 7\n\n', 'retry: 10\r\n\r\n', ': data: \n\n'])(
    'keeps %j, which is no event',
    (quiet) => {
      const text = fixture('text.sse').replaceAll('\n\n', `\n\n${quiet}`)
      const passed = readAll(passThrough(streamCall(), options()), [bytes(quiet + text)])

      expect(quiet + text).toBe(passed.bytes + passed.tail + quiet)
    },
  )

  test.each([
    'data: \n\n',
    'data:\n\n',
    'data\r\n\r\n',
    ': a\ndata:   \n\n',
    'event: ping\n\n',
    'event: x\ndata: \n\n',
  ])('loses %j, an event without data, on which an SDK fails', (empty) => {
    const text = empty + fixture('text.sse').replaceAll('\n\n', `\n\n${empty}`)
    const passed = readAll(passThrough(streamCall(), options()), [bytes(text)])

    expect(passed.bytes + passed.tail).toBe(fixture('text.sse'))
  })

  test('loses an empty event behind a byte order mark, or cut at the end of the stream', () => {
    const text = `\uFEFFdata: \n\n${fixture('mistral.sse')}data: `
    const passed = readAll(passThrough(streamCall(), options()), [bytes(text)])

    expect(passed.bytes).not.toMatch(/data: ?\n/)
    expect(passed.finished).toBe(true)
  })

  test('passes neighbouring events of one read as one piece', () => {
    const reader = passThrough(streamCall(), options()).stream()

    expect(reader.push(bytes(fixture('text.sse'))).bytes).toHaveLength(1)
  })
})

const streamed = (text: string, request = streamCall()) =>
  readAll(passThrough(request, options({ dollars: () => 2 })), [bytes(text.slice(0, 7)), bytes(text.slice(7))])

describe('a stream request that is answered by plain JSON', () => {
  test('fails where it is an error', () => {
    expect(streamed('{"code":"429","error":"Slow down"}').failure).toMatchObject({
      kind: 'rate_limit',
      status: 429,
      message: 'Slow down',
    })
    expect(streamed('[{"error":{"code":503,"message":"busy"}}]').failure).toMatchObject({ kind: 'overloaded' })
  })

  test('becomes chunks where it is a whole answer', () => {
    const { bytes: passed, tail, finished, reader } = streamed(fixture('tools.json'))
    const [content, finish] = dataOf(passed).map((data) => JSON.parse(data) as Record<string, unknown>)

    expect(content).toMatchObject({ object: 'chat.completion.chunk', id: 'chatcmpl-T2' })
    expect(content).toMatchObject({
      choices: [
        { index: 0, finish_reason: null, delta: { role: 'assistant', tool_calls: [{ index: 0 }, { index: 1 }] } },
      ],
    })
    expect(finish).toMatchObject({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] })
    expect(JSON.parse(dataOf(tail)[0] ?? '')).toMatchObject({ choices: [], usage: { completion_tokens: 31, cost: 2 } })
    expect(dataOf(tail)[1]).toBe('[DONE]')
    expect([finished, reader.seen.usage]).toEqual([true, { prompt: 80, completion: 31 }])
  })

  test('numbers its calls as they stand, whatever the host says', () => {
    const text = fixture('tools.json').replace('"id": "call', '"index": 1, "id": "call')
    const [content] = dataOf(streamed(text).bytes).map((data) => JSON.parse(data) as Record<string, unknown>)

    expect(text).not.toBe(fixture('tools.json'))
    expect(content).toMatchObject({ choices: [{ delta: { tool_calls: [{ index: 0 }, { index: 1 }] } }] })
  })

  test('gets no usage event that was not asked for', () => {
    expect(dataOf(streamed(fixture('text.json'), call({ stream: true })).tail)).toEqual(['[DONE]'])
  })

  test('fails where it is cut, or a page of HTML, not where a byte order mark precedes it', () => {
    expect(streamed(fixture('text.json').slice(0, -9)).failure).toMatchObject({ kind: 'malformed', mayHaveCost: true })
    expect(streamed('<html><title>Sign in</title></html>').failure).toMatchObject({
      kind: 'malformed',
      mayHaveCost: false,
    })
    expect(streamed(`\uFEFF\n ${fixture('text.json')}`).finished).toBe(true)
    expect(streamed('').failure).toMatchObject({ kind: 'cut' })
  })
})

const whole = (text: string, more: Parameters<typeof options>[0] = {}) =>
  passThrough(call(), options(more)).whole(bytes(text))

describe('a whole reply', () => {
  test('passes as the very bytes where nothing has to change', () => {
    const body = bytes(fixture('text.json'))

    expect(passThrough(call(), options()).whole(body)).toEqual({
      body,
      seen: {
        usage: { prompt: 16, completion: 9, cached: 4 },
        finish: 'stop',
        model: 'gpt-4.1-nano-2025-04-14',
        id: 'chatcmpl-T2',
        contentBytes: Buffer.byteLength('Grüße 👋🏽'),
        contentEvents: 1,
      },
    })
  })

  test('gets the public model name and the cost, and no other change', () => {
    const reply = whole(fixture('text.json'), { publicModel: 'small', dollars: () => 0.125 })
    const expected = fixture('text.json')
      .replace('gpt-4.1-nano-2025-04-14', 'small')
      .replace(/("reasoning_tokens": 0,\s*"audio_tokens": 0\s*\})/, '$1,"cost":0.125')

    expect('body' in reply && reply.body).toBe(expected)
  })

  test('of which the filter took all is an answer without content, and is counted', () => {
    const filtered = { index: 0, finish_reason: 'content_filter', content_filter_results: { hate: { filtered: true } } }
    const usage = { prompt_tokens: 15, completion_tokens: 19 }
    const reply = whole(JSON.stringify({ choices: [filtered], usage }))

    expect('body' in reply && JSON.parse(String(reply.body))).toEqual({
      choices: [{ ...filtered, message: { role: 'assistant', content: null, refusal: null } }],
      usage,
    })
    expect('seen' in reply && reply.seen).toMatchObject({ finish: 'content_filter', usage: { completion: 19 } })
  })

  test('without usage, or with zeros for an answer of something, has no usage', () => {
    for (const name of ['no-usage.json', 'zero-usage.json']) {
      const reply = whole(fixture(name), { dollars: () => 1 })

      expect('seen' in reply && reply.seen.usage).toBeUndefined()
      expect('body' in reply && reply.body).toEqual(bytes(fixture(name)))
    }
  })

  test.each([
    [
      'an error object',
      '{"error":{"message":"no","type":"server_error","code":null}}',
      { kind: 'server', status: 500 },
    ],
    [
      'an error of another shape',
      '{"object":"error","message":"bad","code":400}',
      { kind: 'bad_request', status: 400 },
    ],
    ['no choices', '{"id":"x","choices":[]}', { kind: 'malformed', mayHaveCost: false }],
    [
      'no choices but usage',
      '{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":0}}',
      { kind: 'malformed', mayHaveCost: true },
    ],
    [
      'a reason that is no end',
      '{"choices":[{"message":{"content":"Ha"},"finish_reason":"error"}]}',
      { kind: 'server' },
    ],
    ['half a JSON', '{"choices":[{"mess', { kind: 'malformed', mayHaveCost: true }],
    ['null', 'null', { kind: 'malformed' }],
  ])('with status 200 and %s is a failure', (_, text, failure) => {
    expect(whole(text)).toMatchObject({ failure })
  })
})
