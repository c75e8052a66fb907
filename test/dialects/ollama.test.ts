import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { ollama } from '../../lib/dialects/ollama/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { accumulated, callOf, exchangeOptions, hello, messageOf, streamed } from '../support/translated.ts'

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/ollama/${name}`, import.meta.url), 'utf8')

const bind = (body: JsonObject = {}, options: Partial<ExchangeOptions> = {}) =>
  translator(openai, ollama)(callOf({ ...hello, ...body }), exchangeOptions({ upstreamModel: 'qwen3:8b', ...options }))
const streaming = () => bind({ stream: true, stream_options: { include_usage: true } })
const sent = (body: JsonObject, options: Partial<ExchangeOptions> = {}) => {
  const { body: text, dropped } = bind(body, options)
  return { body: JSON.parse(text) as JsonObject, dropped }
}

const user = (content: JsonObject['']): JsonObject => ({ role: 'user', content })
const call = (id: string, name: string, args = '{"a":1}'): JsonObject => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})
const result = (id: string, content: string): JsonObject => ({ role: 'tool', tool_call_id: id, content })
const tool = (name: string): JsonObject => ({ type: 'function', function: { name, parameters: { type: 'object' } } })

describe('a request to Ollama', () => {
  test('has bounds and sampling among the options, and says whether it streams', () => {
    const body = { max_tokens: 50, temperature: 0.5, top_p: 0.9, top_k: 40, stop: ['x'], seed: 7, num_ctx: 8192 }

    expect(sent(body).body).toEqual({
      model: 'qwen3:8b',
      messages: [user('Hello')],
      options: { num_ctx: 8192, seed: 7, num_predict: 50, temperature: 0.5, top_p: 0.9, top_k: 40, stop: ['x'] },
      stream: false,
    })
  })

  test('has what the operator set, under what the client sent', () => {
    const params = { num_ctx: 4096, keep_alive: '10m', think: true, options: { num_gpu: 1 }, temperature: 0.1 }

    expect(sent({ num_ctx: 8192, reasoning_effort: 'none' }, { params }).body).toMatchObject({
      keep_alive: '10m',
      think: false,
      options: { num_ctx: 8192, num_gpu: 1, temperature: 0.1 },
    })
    expect(sent({}, { params }).body).toMatchObject({ think: true, options: { num_ctx: 4096 } })
  })

  test('has results in the order of their calls, by name, and arguments as objects', () => {
    const messages = [
      user('Go'),
      {
        role: 'assistant',
        content: '',
        reasoning_content: 'Hm',
        tool_calls: [call('a', 'look'), call('b', 'now', '')],
      },
      result('b', '12:00'),
      result('a', 'rain'),
      user('So?'),
    ]

    expect(sent({ messages }).body.messages).toEqual([
      user('Go'),
      {
        role: 'assistant',
        content: '',
        thinking: 'Hm',
        tool_calls: [{ function: { name: 'look', arguments: { a: 1 } } }, { function: { name: 'now', arguments: {} } }],
      },
      { role: 'tool', content: 'rain', tool_name: 'look' },
      { role: 'tool', content: '12:00', tool_name: 'now' },
      user('So?'),
    ])
  })

  test('has images as bytes beside the text, and is refused for one elsewhere', () => {
    const image = (url: string) => ({ type: 'image_url', image_url: { url } })
    const text = { type: 'text', text: 'See' }

    expect(sent({ messages: [user([text, image('data:image/png;base64,iVBORw0KGgo=')])] }).body.messages).toEqual([
      { role: 'user', content: 'See', images: ['iVBORw0KGgo='] },
    ])
    expect(() => sent({ messages: [user([image('https://x/y.png')])] })).toThrow(/data URL/)
  })

  test.each([
    [{ type: 'json_object' }, 'json'],
    [{ type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } }, { type: 'object' }],
  ])('asks for the format %o', (format, expected) => {
    expect(sent({ response_format: format }).body.format).toEqual(expected)
  })

  test.each([
    ['qwen3:8b', 'low', true],
    ['qwen3:8b', 'none', false],
    ['gpt-oss:20b', 'minimal', 'low'],
    ['gpt-oss:20b', 'medium', 'medium'],
    ['gpt-oss:20b', 'max', 'high'],
  ])('asks %s to think at level %s', (upstreamModel, effort, think) => {
    expect(sent({ reasoning_effort: effort }, { upstreamModel }).body.think).toBe(think)
  })

  test('offers no tools where none may be called', () => {
    expect(sent({ tools: [tool('a')], tool_choice: 'none' }).body).not.toHaveProperty('tools')
  })

  test.each([
    ['n', 2],
    ['made_up', 1],
  ])('is refused for %s by name', (name, value) => {
    expect(() => sent({ [name]: value })).toThrow(name)
    expect(sent({ [name]: value }, { dropParams: true }).dropped).toEqual([name])
  })

  test('has as many results as calls, in their order, whatever the conversation', () => {
    const id = fc.constantFrom('1', '2', '3')
    const message = fc.oneof(
      fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: fc.constantFrom('', 'a') }),
      fc.record({ role: fc.constant('tool'), tool_call_id: id, content: fc.constant('x') }),
      fc
        .uniqueArray(id, { minLength: 1 })
        .map((ids) => ({ role: 'assistant', content: null, tool_calls: ids.map((one) => call(one, `f${one}`)) })),
    )
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
        let open: unknown[] = []
        for (const one of listOf(sent({ messages }).body.messages).map(objectOf)) {
          if (one.role === 'tool') expect(one.tool_name).toBe(open.shift())
          else expect(open).toEqual([])
          if (one.role === 'assistant') open = listOf(one.tool_calls).map((of) => objectOf(objectOf(of).function).name)
        }
        expect(open).toEqual([])
      }),
    )
  })
})

describe('an answer of Ollama', () => {
  const read = (text: string) => {
    const reply = streamed(streaming(), [Buffer.from(text)])
    return { ...reply, message: accumulated(reply.bytes + reply.tail) }
  }

  test('is told with its thinking, its usage and its end', () => {
    const { message, seen } = read(fixture('text.ndjson'))

    expect(message).toMatchObject({ reasoning: 'Hm…', content: 'Ørsted 🌍.', finish: 'stop', model: 'qwen3:8b' })
    expect(seen.usage).toEqual({ prompt: 26, completion: 12 })
  })

  test('is told with its calls, each under an id of its own that is the same every time', () => {
    const { message } = read(fixture('tools.ndjson'))

    expect(message.calls.map(({ name, arguments: args }) => [name, args])).toEqual([
      ['look', '{"at":"Oslo"}'],
      ['now', '{}'],
      ['look', '{"at":"Bergen"}'],
    ])
    expect(message.calls[2]?.id).toBe('call_own')
    expect(new Set(message.calls.map(({ id }) => id)).size).toBe(3)
    expect(message.finish).toBe('tool_calls')
    expect(read(fixture('tools.ndjson')).message).toEqual(message)
  })

  test.each(['text.ndjson', 'tools.ndjson'])('is the same however its bytes are cut (%s)', (name) => {
    const bytes = Buffer.from(fixture(name))
    const whole = streamed(streaming(), [bytes])
    for (let at = 1; at < bytes.length; at++) {
      const cut = streamed(streaming(), [bytes.subarray(0, at), bytes.subarray(at)])
      if (cut.bytes + cut.tail !== whole.bytes + whole.tail) expect.fail(`differs when cut at ${at}`)
    }
    const single = streamed(
      streaming(),
      Array.from(bytes, (byte) => Uint8Array.of(byte)),
    )
    expect(single.bytes + single.tail).toBe(whole.bytes + whole.tail)
  })

  test.each(['text.ndjson', 'tools.ndjson'])('is none where its bytes end early (%s)', (name) => {
    const bytes = Buffer.from(fixture(name).trimEnd())
    for (let at = 0; at < bytes.length; at++) {
      const { failure, tail, finished } = streamed(streaming(), [bytes.subarray(0, at)])
      if (finished || tail !== '' || failure?.kind !== 'cut') expect.fail(`cut at ${at}`)
    }
    expect(streamed(streaming(), [bytes]).finished).toBe(true)
  })

  test('is the same whole', () => {
    const lines = fixture('text.ndjson').trim().split('\n')
    const message = { role: 'assistant', thinking: 'Hm…', content: 'Ørsted 🌍.' }
    const reply = bind().whole(
      Buffer.from(JSON.stringify({ ...(JSON.parse(lines.at(-1) ?? '') as JsonObject), message })),
    )

    if ('failure' in reply) return expect.fail(reply.failure.message)
    expect(messageOf(String(reply.body))).toEqual(read(fixture('text.ndjson')).message)
  })

  const line = (value: JsonObject) => `${JSON.stringify(value)}\n`
  const said = line({ model: 'm', message: { role: 'assistant', content: 'Hi' }, done: false })
  test('whose prompt stood in the cache, uncounted, tells what was written', () => {
    const counted = line({ message: {}, done: true, done_reason: 'stop', eval_count: 4 })
    expect(read(said + counted).seen.usage).toEqual({ prompt: 0, completion: 4 })
  })

  test('that counts nothing, or nothing for something, has no usage', () => {
    expect(read(said + line({ message: {}, done: true, done_reason: 'stop' })).seen.usage).toBeUndefined()
    const zero = { message: {}, done: true, done_reason: 'stop', prompt_eval_count: 4, eval_count: 0 }
    expect(read(said + line(zero)).seen.usage).toBeUndefined()
  })

  test('that was cut by the cap says so', () => {
    expect(read(said + line({ message: {}, done: true, done_reason: 'length' })).message.finish).toBe('length')
  })

  test.each([
    [line({ error: 'model runner has stopped' }), 'server', false],
    [said + line({ error: 'model runner has stopped' }), 'server', true],
    [line({ message: { content: '' }, done: true, done_reason: 'load' }), 'overloaded', false],
    [
      `${said}{"mess\n${said}${line({ message: {}, done: true, prompt_eval_count: 4, eval_count: 9 })}`,
      'malformed',
      true,
    ],
    [line({ message: { tool_calls: [{ function: { arguments: {} } }] }, done: false }), 'malformed', true],
  ])('is none where the server failed, %#', (text, kind, mayHaveCost) => {
    expect(read(text)).toMatchObject({ finished: false, tail: '', failure: { kind, mayHaveCost } })
  })

  test('is an error where it says so', () => {
    const body = (text: string) => Buffer.from(text)

    expect(bind().whole(body('{"error":"out of memory"}'))).toMatchObject({ failure: { message: 'out of memory' } })
    expect(bind().whole(body('{"done":true}'))).toMatchObject({ failure: { kind: 'malformed' } })
    expect(bind().failure(404, {}, body('{"error":"model \\"x\\" not found, try pulling it first"}'))).toMatchObject({
      kind: 'not_found',
    })
  })
})
