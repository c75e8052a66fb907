import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isObject, type Json, type JsonObject, listOf, objectOf, tryParse } from '../../lib/core/json.ts'
import { chatExchange, type Event, eventsIn, framed, passing } from '../dialects/responses-support.ts'
import { accumulated, type Message, messageOf, streamed } from '../support/translated.ts'

/**
 * Replays recorded replies of live hosts of the responses API: to a chat client, and to a client of the API itself. Runs where
 * PURSER_RECORDINGS names the folder that holds them. What is expected is read from the recording by the plain loops below.
 */
const folder = process.env.PURSER_RECORDINGS
const read = (path: string): string => readFileSync(join(folder ?? '', path), 'utf8')
const all = folder === undefined ? [] : readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
const wholes = all.filter((path) => path.endsWith('.json') && objectOf(tryParse(read(path))).object === 'response')
const streams = all.filter((path) => path.endsWith('.chunks.txt') && read(path).includes('"response.created"'))

/** Some recordings hold several replies one after the other: the first is what one request would have got. */
function linesOf(path: string): string[] {
  const lines = read(path)
    .split('\n')
    .filter((line) => line.trim() !== '')
  const end = lines.findIndex((line) => /"type":"response\.(?:completed|incomplete|failed)"/.test(line))
  return lines.slice(0, end + 1)
}
const eventsOf = (path: string): JsonObject[] => linesOf(path).map((line) => JSON.parse(line) as JsonObject)

/** One of them ends in an event that is no JSON. */
const broken = streams.filter((path) => linesOf(path).some((line) => tryParse(line) === undefined))
const readable = streams.filter((path) => !broken.includes(path))
const answers = readable.filter((path) => !eventsOf(path).some((event) => event.type === 'error'))
const failing = readable.filter((path) => !answers.includes(path))

type Expected = { content: string; reasoning: string; calls: Message['calls']; usage: JsonObject }

/** Custom calls that an answer follows were run by the host. */
function expectedOf(items: readonly JsonObject[], usage: Json | undefined): Expected {
  const expected: Expected = { content: '', reasoning: '', calls: [], usage: objectOf(usage) }
  const spoken = items.findLastIndex((item) => item.type === 'message')
  for (const [at, item] of items.entries()) {
    if (item.type === 'message')
      expected.content += listOf(item.content)
        .map((part) => objectOf(part).text as string)
        .join('')
    if (item.type === 'reasoning')
      expected.reasoning += [...listOf(item.summary), ...listOf(item.content)]
        .map((part) => objectOf(part).text as string)
        .join('')
    const own = item.type === 'function_call' || (item.type === 'custom_tool_call' && at > spoken)
    if (own)
      expected.calls.push({
        id: item.call_id as string,
        name: item.name as string,
        arguments: (item.arguments ?? item.input) as string,
      })
  }
  return expected
}

const finished = (path: string): JsonObject[] =>
  eventsOf(path)
    .filter((event) => event.type === 'response.output_item.done')
    .sort((a, b) => Number(a.output_index) - Number(b.output_index))
    .map((event) => objectOf(event.item))

/** The text, as far as what was streamed of it is its beginning (of one it is not: that was edited by hand). */
const spokenIn = (path: string): string =>
  eventsOf(path)
    .filter((event) => event.type === 'response.output_text.done')
    .map(({ output_index: at, text }) => {
      const deltas = eventsOf(path).filter((e) => e.type === 'response.output_text.delta' && e.output_index === at)
      const said = deltas.map(({ delta }) => delta as string).join('')
      return (text as string).startsWith(said) ? (text as string) : said
    })
    .join('')

const ended = (path: string): JsonObject => objectOf(eventsOf(path).findLast((event) => event.response)?.response)

function matches(message: Message, expected: Expected): void {
  expect(message.content).toBe(expected.content)
  expect(message.reasoning).toBe(expected.reasoning)
  expect(message.calls).toEqual(expected.calls)
  expect(message.finish).toBe(expected.calls.length > 0 ? 'tool_calls' : 'stop')
  const { input_tokens: prompt, output_tokens: completion } = expected.usage
  if (prompt === 0 && completion === 0) return expect(message.usage).toBeUndefined()
  expect(message.usage).toMatchObject({ prompt_tokens: prompt, completion_tokens: completion })
  expect(objectOf(message.usage?.prompt_tokens_details).cached_tokens).toBe(
    objectOf(expected.usage.input_tokens_details).cached_tokens,
  )
  expect(objectOf(message.usage?.completion_tokens_details).reasoning_tokens ?? 0).toBe(
    objectOf(expected.usage.output_tokens_details).reasoning_tokens,
  )
}

/** As `accumulated`, for calls of free-text tools too. */
const withCustom = (stream: string): string => stream.replaceAll('"custom":{"input":', '"function":{"arguments":')

describe.runIf(folder !== undefined)('recorded responses', () => {
  test('are found', () => {
    expect([wholes.length, answers.length, failing.length].every((count) => count > 0)).toBe(true)
  })

  test.each(wholes)('%s is read whole', (path) => {
    const reply = chatExchange().whole(Buffer.from(read(path)))

    if ('failure' in reply) return expect.fail(reply.failure.message)
    const body = String(reply.body).replace(
      /"type":"custom","custom":\{"name":("[^"]*"),"input":/g,
      '"type":"function","function":{"name":$1,"arguments":',
    )
    const response = JSON.parse(read(path)) as JsonObject
    matches(messageOf(body), expectedOf(listOf(response.output).map(objectOf), response.usage))
  })

  test.each(answers)('%s is read as a stream', (path) => {
    const { bytes, tail, failure } = streamed(streaming(), [framed(linesOf(path).join('\n'))])

    expect(failure).toBeUndefined()
    const chunks = withCustom(bytes + tail).replace(
      /"type":"custom","custom":\{"name":("[^"]*"),"input":""\}/g,
      '"type":"function","function":{"name":$1,"arguments":""}',
    )
    const expected = expectedOf(finished(path), ended(path).usage)
    matches(accumulated(chunks), { ...expected, content: spokenIn(path) || expected.content })
  })

  test.each(answers)('%s is the same however its bytes are cut', (path) => {
    const wire = framed(linesOf(path).join('\n'))
    const uncut = streamed(streaming(), [wire])
    const step = Math.ceil((wire.length * wire.length) / 4e6)
    for (let at = 1; at < wire.length; at += step) {
      const cut = streamed(streaming(), [wire.subarray(0, at), wire.subarray(at)])
      if (cut.bytes + cut.tail !== uncut.bytes + uncut.tail) expect.fail(`differs when cut at ${at}`)
    }
  })

  test.each(answers)('%s is no answer when it ends early', (path) => {
    const lines = eventsOf(path).map((event) => JSON.stringify(event))
    const step = Math.ceil(lines.length / 60)
    for (let kept = 0; kept < lines.length; kept += step) {
      for (const exchange of [streaming(), passing({ stream: true })]) {
        const { failure, tail } = streamed(exchange, [framed(lines.slice(0, kept).join('\n'))])
        expect(failure?.kind).toBe('cut')
        expect(tail).toBe('')
      }
    }
  })

  test.each(failing)('%s fails with the words of its host', (path) => {
    const { failure, tail } = streamed(streaming(), [framed(linesOf(path).join('\n'))])

    expect(failure).toMatchObject({ kind: 'quota', code: 'insufficient_quota', mayHaveCost: false })
    expect(failure?.message).toContain('exceeded your current quota')
    expect(tail).toBe('')
  })

  test.each(broken)('%s fails where it cannot be read', (path) => {
    const wire = Buffer.from(
      linesOf(path)
        .map((line) => `data: ${line}\n\n`)
        .join(''),
    )

    for (const exchange of [streaming(), passing({ stream: true })]) {
      const { failure, tail } = streamed(exchange, [wire])
      expect(failure?.kind).toMatch(/^(?:cut|malformed)$/)
      expect(tail).toBe('')
    }
  })

  test.each(answers)('%s passes to a client of its own tongue', (path) => {
    const { bytes, tail, failure } = streamed(passing({ stream: true }), [framed(linesOf(path).join('\n'))])

    expect(failure).toBeUndefined()
    const heard = eventsIn(bytes + tail)
    const said = eventsOf(path)
    expect(heard.map(({ type }) => type)).toEqual(said.map(({ type }) => type))
    expect(heard.map(plain)).toEqual(said.map((event) => plain(event as Event)))
    const numbers = heard.map(({ sequence_number: number }) => number)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    const last = objectOf(heard.at(-1)?.response)
    expect(last).toMatchObject({ id: 'resp_0123456789abcdef0123456789abcdef', model: 'public', store: true })
  })

  test.each(wholes)('%s passes whole', (path) => {
    const reply = passing().whole(Buffer.from(read(path)))

    if ('failure' in reply) return expect.fail(reply.failure.message)
    const heard = JSON.parse(String(reply.body)) as JsonObject
    const said = JSON.parse(read(path)) as JsonObject
    expect(ownAside(heard)).toEqual(ownAside(said))
    expect(heard.id).toBe('resp_0123456789abcdef0123456789abcdef')
  })
})

const streaming = () => chatExchange({ stream: true, stream_options: { include_usage: true } })

/** An event without what the gateway may change in it. */
function plain({ sequence_number: _number, ...event }: Event): JsonObject {
  return isObject(event.response) ? { ...event, response: ownAside(event.response) } : event
}

function ownAside(response: JsonObject): JsonObject {
  const { id: _i, model: _m, store: _s, previous_response_id: _p, usage, ...rest } = response
  const { cost: _c, ...counts } = objectOf(usage)
  return { ...rest, usage: isObject(usage) ? counts : (usage ?? null) }
}
