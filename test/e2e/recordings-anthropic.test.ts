import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { isObject, type Json, type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { accumulated, exchangeOf, framed, type Message, messageOf, streamed } from '../support/translated.ts'

// Replays recorded replies of the live API, where the folder that holds them is named. What is expected is read from the
// recording by the plain loops below, which share nothing with the translator.
const folder = process.env.PURSER_RECORDINGS
const files = folder ? readdirSync(join(folder, 'anthropic')) : []
const read = (name: string): string => readFileSync(join(folder ?? '', 'anthropic', name), 'utf8')

type Expected = {
  content: string
  reasoning: string
  calls: { id: string; name: string; input: Json }[]
  native: string
  refusal: string
  signatures: string[]
  hosted: string[]
  usage: { prompt: number; completion: number; cached: number; written: number; reasoning?: number; searches: number }
}

const finishes: Record<string, string> = {
  end_turn: 'stop',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
  max_tokens: 'length',
}

describe.runIf(folder)('recorded messages', () => {
  it('are there', () => expect(files.length).toBeGreaterThan(0))

  it.each(files.filter((name) => name.endsWith('.json')))('%s is read whole', (name) => {
    const reply = exchangeOf().whole(Buffer.from(read(name)))

    if ('failure' in reply) throw new Error(reply.failure.message)
    matches(messageOf(String(reply.body)), expectedOf(JSON.parse(read(name)) as JsonObject))
  })

  it.each(files.filter((name) => name.endsWith('.json')))('%s is the same streamed', (name) => {
    const message = JSON.parse(read(name)) as JsonObject
    const whole = exchangeOf().whole(Buffer.from(JSON.stringify(message)))

    const stream = streamed(streaming(), [
      framed(
        eventsOf(message)
          .map((event) => JSON.stringify(event))
          .join('\n'),
      ),
    ])

    if ('failure' in whole) throw new Error(whole.failure.message)
    expect(accumulated(stream.bytes + stream.tail)).toEqual(messageOf(String(whole.body)))
    expect(stream.seen.usage).toEqual(whole.seen.usage)
  })

  const streams = files.filter((name) => name.endsWith('.chunks.txt') && !name.startsWith('spliced'))

  it.each(streams)('%s is read as a stream', (name) => {
    const { bytes, tail, failure } = streamed(streaming(), [framed(read(name))])

    expect(failure).toBeUndefined()
    matches(accumulated(bytes + tail), expectedOf(assembled(read(name))))
  })

  it.each(streams)('%s is the same however its bytes are cut', (name) => {
    const wire = framed(read(name))
    const uncut = streamed(streaming(), [wire])
    // Every position of a small recording; evenly spread ones where that would read gigabytes.
    const step = Math.ceil((wire.length * wire.length) / 1.2e7)
    for (let at = 1; at < wire.length; at += step) {
      const cut = streamed(streaming(), [wire.subarray(0, at), wire.subarray(at)])
      if (cut.bytes + cut.tail !== uncut.bytes + uncut.tail) throw new Error(`differs when cut at ${at}`)
    }
    const single = streamed(
      streaming(),
      [...wire].map((byte) => Uint8Array.of(byte)),
    )
    expect(single.bytes + single.tail).toBe(uncut.bytes + uncut.tail)
  })

  it.each(streams)('%s is no answer when it ends early', (name) => {
    const events = messageEvents(read(name)).map((event) => JSON.stringify(event))
    const step = Math.ceil(events.length / 150)
    const stopped = events.findIndex((event) => /"stop_reason":"\w/.test(event))
    expect(stopped).toBeGreaterThan(0)
    for (let kept = 0; kept <= stopped; kept += step) {
      const { failure, tail } = streamed(streaming(), [framed(events.slice(0, kept).join('\n'))])
      expect(failure?.kind).toBe('cut')
      expect(tail).toBe('')
    }
  })

  it.each(files.filter((name) => name.startsWith('spliced')))('%s fails, because two answers are in it', (name) => {
    const { failure, tail } = streamed(streaming(), [framed(read(name))])

    expect(failure?.kind).toBe('malformed')
    expect(tail).toBe('')
  })
})

const streaming = () => exchangeOf({ stream: true, stream_options: { include_usage: true } })

function matches(message: Message, expected: Expected): void {
  expect(message.content).toBe(expected.content)
  expect(message.reasoning).toBe(expected.reasoning)
  expect(message.refusal).toBe(expected.refusal)
  expect(message.calls.map(({ id, name, arguments: args }) => ({ id, name, input: JSON.parse(args) as Json }))).toEqual(
    expected.calls,
  )
  expect(message.finish).toBe(finishes[expected.native])
  expect(message.fields.native_finish_reason).toBe(expected.native)
  expect(message.thinkingBlocks.map((block) => block.signature)).toEqual(expected.signatures)
  expect(listOf(message.fields.blocks ?? []).map((block) => objectOf(block).type)).toEqual(expected.hosted)
  const usage = message.usage ?? {}
  const { usage: counts } = expected
  expect(usage.prompt_tokens).toBe(counts.prompt)
  expect(usage.completion_tokens).toBe(counts.completion)
  expect(usage.total_tokens).toBe(counts.prompt + counts.completion)
  expect(usage.prompt_tokens_details).toMatchObject({
    cached_tokens: counts.cached,
    cache_write_tokens: counts.written,
  })
  expect(objectOf(usage.completion_tokens_details).reasoning_tokens).toBe(counts.reasoning)
  expect(objectOf(usage.server_tool_use).web_search_requests ?? 0).toBe(counts.searches)
  expect(usage.cost).toBeCloseTo((counts.prompt * 3 + counts.completion * 15) / 1e6, 12)
}

function expectedOf(message: JsonObject): Expected {
  const expected: Expected = {
    content: '',
    reasoning: '',
    calls: [],
    native: message.stop_reason as string,
    refusal: (objectOf(message.stop_details).explanation as string | undefined) ?? '',
    signatures: [],
    hosted: [],
    usage: usageOf(objectOf(message.usage)),
  }
  for (const block of listOf(message.content).filter(isObject)) {
    if (block.type === 'text') expected.content += block.text as string
    else if (block.type === 'thinking') {
      expected.reasoning += block.thinking as string
      if (block.signature) expected.signatures.push(block.signature as string)
    } else if (block.type === 'tool_use') {
      expected.calls.push({ id: block.id as string, name: block.name as string, input: block.input ?? null })
    } else expected.hosted.push(block.type as string)
  }
  return expected
}

const n = (value: Json | undefined) => (typeof value === 'number' ? value : 0)

function usageOf(usage: JsonObject): Expected['usage'] {
  const cached = n(usage.cache_read_input_tokens)
  const written = n(usage.cache_creation_input_tokens)
  const counts: Expected['usage'] = {
    prompt: n(usage.input_tokens) + cached + written,
    completion: n(usage.output_tokens),
    cached,
    written,
    searches: n(objectOf(usage.server_tool_use).web_search_requests),
  }
  const compaction = listOf(usage.iterations)
    .map(objectOf)
    .find((one) => one.type === 'compaction')
  if (compaction) {
    counts.prompt += n(compaction.input_tokens)
    counts.completion += n(compaction.output_tokens)
  }
  const { thinking_tokens: thinking } = objectOf(usage.output_tokens_details)
  if (typeof thinking === 'number') counts.reasoning = thinking
  return counts
}

/** Some recordings hold several replies one after the other: the first is what one request would have got. */
function messageEvents(lines: string): JsonObject[] {
  const events = lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as JsonObject)
  return events.slice(0, events.findIndex((event) => event.type === 'message_stop') + 1)
}

/** The message that a stream tells, put together. */
function assembled(lines: string): JsonObject {
  const message: JsonObject = { content: [] }
  const content: JsonObject[] = []
  const json: string[] = []
  for (const event of messageEvents(lines)) {
    const at = Number(event.index ?? 0)
    const delta = objectOf(event.delta)
    const block = content[at] ?? {}
    if (event.type === 'message_start') message.usage = { ...objectOf(objectOf(event.message).usage) }
    if (event.type === 'content_block_start') content[at] = { ...objectOf(event.content_block) }
    if (delta.type === 'text_delta') block.text = `${block.text as string}${delta.text as string}`
    if (delta.type === 'thinking_delta') block.thinking = `${block.thinking as string}${delta.thinking as string}`
    if (delta.type === 'signature_delta') block.signature = delta.signature ?? ''
    if (delta.type === 'input_json_delta') json[at] = `${json[at] ?? ''}${delta.partial_json as string}`
    if (event.type === 'content_block_stop' && json[at]) block.input = JSON.parse(json[at]) as Json
    if (event.type === 'message_delta') {
      Object.assign(message, delta)
      for (const [name, value] of Object.entries(objectOf(event.usage))) {
        if (value !== null) message.usage = { ...objectOf(message.usage), [name]: value }
      }
    }
  }
  return { ...message, content }
}

/** A whole message told as a stream, in pieces of a few characters. */
function eventsOf(message: JsonObject): JsonObject[] {
  const { content, stop_reason, stop_details, usage, ...start } = message
  const blocks = listOf(content).flatMap((value, index): JsonObject[] => {
    const { text, thinking, signature, input, ...block } = objectOf(value)
    const begin = {
      ...block,
      ...(input === undefined ? {} : { input: {} }),
      ...(text === undefined ? {} : { text: '' }),
    }
    const pieces = (of: string, type: string, field: string) =>
      (of.match(/[^]{1,7}/g) ?? []).map((piece) => ({
        type: 'content_block_delta',
        index,
        delta: { type, [field]: piece },
      }))
    return [
      { type: 'content_block_start', index, content_block: begin },
      ...(typeof thinking === 'string' ? pieces(thinking, 'thinking_delta', 'thinking') : []),
      ...(typeof signature === 'string' ? pieces(signature, 'signature_delta', 'signature').slice(0, 1e6) : []),
      ...(typeof text === 'string' ? pieces(text, 'text_delta', 'text') : []),
      ...(input === undefined ? [] : pieces(JSON.stringify(input), 'input_json_delta', 'partial_json')),
      { type: 'content_block_stop', index },
    ]
  })
  const counted = objectOf(usage)
  return [
    { type: 'message_start', message: { ...start, content: [], usage: { ...counted, output_tokens: 1 } } },
    ...blocks,
    {
      type: 'message_delta',
      delta: { stop_reason: stop_reason ?? null, stop_details: stop_details ?? null },
      usage: counted,
    },
    { type: 'message_stop' },
  ]
}
