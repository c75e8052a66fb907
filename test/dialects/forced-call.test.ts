import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { ollama } from '../../lib/dialects/ollama/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { accumulated, callOf, exchangeOptions, hello, messageOf, streamed } from '../support/translated.ts'

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/ollama/${name}`, import.meta.url), 'utf8')

const place = { type: 'object', properties: { city: { $ref: '#/$defs/city' } }, $defs: { city: { type: 'string' } } }
const tool = (name: string, parameters?: JsonObject): JsonObject => ({
  type: 'function',
  function: { name, description: `Tells the ${name}.`, ...(parameters && { parameters }) },
})
const weather = tool('weather', place)
const time = tool('time')
const named: JsonObject = { tools: [weather, time], tool_choice: { type: 'function', function: { name: 'weather' } } }
const any: JsonObject = { tools: [time, weather], tool_choice: 'required' }

const bind = (body: JsonObject) =>
  translator(openai, ollama)(callOf({ ...hello, ...body }), exchangeOptions({ upstreamModel: 'qwen3:8b' }))
const streaming = (body: JsonObject) => bind({ ...body, stream: true, stream_options: { include_usage: true } })
const sent = (body: JsonObject): JsonObject => JSON.parse(bind(body).body) as JsonObject
const read = (body: JsonObject, text: string) => {
  const reply = streamed(streaming(body), [Buffer.from(text)])
  return { ...reply, message: accumulated(reply.bytes + reply.tail) }
}

const line = (content: string): string =>
  `${JSON.stringify({ message: { role: 'assistant', content }, done: false })}\n`
const end = (reason = 'stop'): string =>
  `${JSON.stringify({ message: {}, done: true, done_reason: reason, prompt_eval_count: 4, eval_count: 2 })}\n`

const told = '{"city": "Tromsø } \\"", "at": {"day": 1} }'

describe('a call that must be made of a model without a choice of tools', () => {
  test('is asked for as the answer, in the shape of the arguments of the tool that is named', () => {
    const { body: text, dropped } = bind(named)
    const body = JSON.parse(text) as JsonObject

    expect(body.format).toEqual(place)
    expect(body).not.toHaveProperty('tools')
    expect(dropped).toEqual([])
    const [system, user] = listOf(body.messages).map(objectOf)
    expect(system).toMatchObject({
      role: 'system',
      content: expect.stringMatching(/"weather" now.*Tells the weather/s) as string,
    })
    expect(user).toMatchObject({ role: 'user', content: 'Hello' })
  })

  test('is said behind the instructions that there are', () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hello' },
    ]

    const given = listOf(sent({ ...named, messages }).messages).map(objectOf)
    expect(given).toHaveLength(2)
    expect(given[0]?.content).toMatch(/^Be kind\.\n\nCall the function/)
  })

  test('of any tool is the same where there is one, and else one of several shapes that name theirs', () => {
    expect(sent({ ...any, tools: [weather] }).format).toEqual(place)
    expect(sent(any).format).toEqual({
      anyOf: ['time', 'weather'].map((name, at) => ({
        type: 'object',
        properties: { name: { type: 'string', const: name }, arguments: { $ref: `#/$defs/tool${at}` } },
        required: ['name', 'arguments'],
        additionalProperties: false,
      })),
      $defs: {
        tool0: { type: 'object', properties: {} },
        tool1: { ...place, properties: { city: { $ref: '#/$defs/tool1/$defs/city' } } },
      },
    })
  })

  test('is refused where the tool that is named is not there', () => {
    expect(() => bind({ ...named, tools: [time] })).toThrow(/tool_choice/)
  })

  test.each([
    ['one', named, 'forced.ndjson'],
    ['any', any, 'forced-any.ndjson'],
  ])('comes back as a call of %s, piece after piece, and as the reason of the end', (_, body, name) => {
    const { message, steps, seen } = read(body, fixture(name))

    expect(message.calls).toEqual([{ id: 'call_r1', name: 'weather', arguments: expect.any(String) as string }])
    expect(message.calls[0]?.arguments.trim()).toBe(told)
    expect(message).toMatchObject({ content: '', finish: 'tool_calls' })
    expect(seen.usage).toEqual({ prompt: 40, completion: 18 })
    const pieces = fixture(name).split(/(?<=\n)/)
    const inPieces = streamed(
      streaming(body),
      pieces.map((piece) => Buffer.from(piece)),
    )
    expect(inPieces.steps.filter(({ content }) => content).length).toBeGreaterThan(2)
    expect(steps).toHaveLength(1)
  })

  test.each([
    [named, 'forced.ndjson'],
    [any, 'forced-any.ndjson'],
  ])('is the same however its bytes are cut, and whole (%#)', (body, name) => {
    const bytes = Buffer.from(fixture(name))
    const first = streamed(streaming(body), [bytes])
    for (let at = 1; at < bytes.length; at++) {
      const cut = streamed(streaming(body), [bytes.subarray(0, at), bytes.subarray(at)])
      if (cut.bytes + cut.tail !== first.bytes + first.tail) expect.fail(`differs when cut at ${at}`)
      const early = streamed(streaming(body), [bytes.subarray(0, at - 1)])
      if (early.finished || early.tail !== '' || early.failure?.kind !== 'cut') expect.fail(`clean when cut at ${at}`)
    }
    const lines = fixture(name)
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one) as JsonObject)
    const messages = lines.map((one) => objectOf(one.message))
    const whole = (field: string) => messages.map((one) => stringOf(one[field]) ?? '').join('')
    const message = { role: 'assistant', thinking: whole('thinking'), content: whole('content') }
    const reply = bind(body).whole(Buffer.from(JSON.stringify({ ...lines.at(-1), message })))

    if ('failure' in reply) return expect.fail(reply.failure.message)
    expect(messageOf(String(reply.body))).toEqual(accumulated(first.bytes + first.tail))
  })

  test.each([
    [named, '{"city": "Tro', '{"city": "Tro'],
    [named, '{"city": "Tro"}', '{"city": "Tro"}'],
    [any, '{"name": "weather", "arguments": {"a": {}', '{"a": {}'],
    [any, '{"name": "weather", "arguments": {"a": {}}', '{"a": {}}'],
  ])('that the cap has cut is told as far as it goes, as cut (%#)', (body, text, args) => {
    const { message, finished } = read(body, line(text) + end('length'))

    expect([finished, message.finish, message.calls[0]?.arguments]).toEqual([true, 'length', args])
  })

  test.each([
    [named, '{"city": "Tro'],
    [any, '{"name": "weather", "arguments": {"a": {}}'],
    [any, '{"name": "wea'],
  ])('that breaks off without a reason is a failure, never half a call (%#)', (body, text) => {
    const message = { role: 'assistant', content: text }
    const whole = bind(body).whole(
      Buffer.from(JSON.stringify({ message, done: true, done_reason: 'stop', prompt_eval_count: 4, eval_count: 2 })),
    )

    expect(read(body, line(text) + end())).toMatchObject({ finished: false, tail: '', failure: { kind: 'cut' } })
    expect(whole).toMatchObject({ failure: { kind: 'cut' }, seen: { usage: { prompt: 4, completion: 2 } } })
  })

  test.each([
    [named, 'I would rather not.'],
    [any, 'I would rather not.'],
    [any, '{"name": "unknown", "arguments": {}}'],
  ])('that was not made is the text that it is (%#)', (body, text) => {
    expect(read(body, line(text) + end()).message).toMatchObject({ content: text, calls: [], finish: 'stop' })
  })
})
