import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isObject, type Json, type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { cohere } from '../../lib/dialects/cohere/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { translator } from '../../lib/dialects/translate.ts'
import {
  accumulated,
  callOf,
  exchangeOptions,
  hello,
  type Message,
  messageOf,
  streamed,
} from '../support/translated.ts'

// Replays recorded chat replies where PURSER_RECORDINGS names the folder that holds them; expected is what plain loops find.
const folder = join(process.env.PURSER_RECORDINGS ?? '', 'cohere')
const wanted = process.env.PURSER_RECORDINGS !== undefined
const files = wanted && existsSync(folder) ? readdirSync(folder).filter((name) => !name.includes('embed')) : []
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

type Told = { content: string; reasoning: string; plan: string; citations: Json[]; calls: JsonObject[]; native: Json }
type Said = Told & { usage: JsonObject }

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const nothing = (): Said => ({
  content: '',
  reasoning: '',
  plan: '',
  citations: [],
  calls: [],
  native: '',
  usage: {},
})

function saidWhole(body: JsonObject): Said {
  const said = nothing()
  const message = objectOf(body.message)
  for (const content of listOf(message.content).map(objectOf)) {
    said.content += textOf(content.text)
    said.reasoning += textOf(content.thinking)
  }
  said.plan = textOf(message.tool_plan)
  said.citations = listOf(message.citations)
  said.calls = listOf(message.tool_calls).map((call) => callSaid(objectOf(call)))
  return { ...said, native: body.finish_reason ?? '', usage: objectOf(body.usage) }
}

function callSaid({ id, function: called }: JsonObject): JsonObject {
  const { name, arguments: args } = objectOf(called)
  return { id: id ?? '', name: name ?? '', input: (JSON.parse(textOf(args) || '{}') as Json) ?? {} }
}

function saidStreamed(events: readonly JsonObject[]): Said {
  const said = nothing()
  const calls: { id: Json; name: Json; text: string }[] = []
  for (const { type, index, delta } of events) {
    const message = objectOf(objectOf(delta).message)
    const content = objectOf(message.content)
    const call = objectOf(message.tool_calls)
    const { name, arguments: args } = objectOf(call.function)
    said.content += textOf(content.text)
    said.reasoning += textOf(content.thinking)
    said.plan += textOf(message.tool_plan)
    if (type === 'tool-call-start') calls[Number(index)] = { id: call.id ?? '', name: name ?? '', text: '' }
    const known = calls[Number(index)]
    if (known) known.text += textOf(args)
    if (type === 'citation-start') said.citations.push(message.citations ?? null)
    if (type === 'message-end')
      Object.assign(said, { native: objectOf(delta).finish_reason, usage: objectOf(objectOf(delta).usage) })
  }
  said.calls = calls.map(({ id, name, text }) => callSaid({ id, function: { name, arguments: text } }))
  return said
}

function matches(message: Message, { usage, ...told }: Said): void {
  const blocks = listOf(message.fields.blocks ?? []).map(objectOf)
  const heard: Told = {
    content: message.content,
    reasoning: message.reasoning,
    plan: blocks.map((block) => textOf(block.text)).join(''),
    citations: listOf(message.fields.citations ?? []),
    calls: message.calls.map(({ id, name, arguments: args }) => ({ id, name, input: JSON.parse(args) as Json })),
    native: message.fields.native_finish_reason ?? '',
  }
  expect(heard).toEqual(told)
  const tokens = objectOf(usage.tokens)
  expect(message.usage).toMatchObject({
    prompt_tokens: tokens.input_tokens,
    completion_tokens: tokens.output_tokens,
    prompt_tokens_details: { cached_tokens: usage.cached_tokens ?? 0 },
  })
  const finishes: Record<string, string> = { COMPLETE: 'stop', MAX_TOKENS: 'length', TOOL_CALL: 'tool_calls' }
  expect(message.finish).toBe(finishes[textOf(told.native)])
}

const exchange = (stream: boolean) =>
  translator(openai, cohere)(
    callOf({ ...hello, ...(stream ? { stream, stream_options: { include_usage: true } } : {}) }),
    exchangeOptions({ upstreamModel: 'command-a-03-2025' }),
  )

const eventsOf = (name: string): JsonObject[] =>
  read(name)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as JsonObject)
    .filter(isObject)

const framed = (events: readonly JsonObject[]): Buffer =>
  Buffer.from(events.map((event) => `event: ${textOf(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join(''))

describe.runIf(wanted)('recorded replies of the chat API, version 2', () => {
  const streams = files.filter((name) => name.endsWith('.chunks.txt'))

  test('are found', () => expect(files.length).toBeGreaterThan(5))

  test.each(files.filter((name) => name.endsWith('.json')))('%s is read whole', (name) => {
    const reply = exchange(false).whole(Buffer.from(read(name)))

    if ('failure' in reply) return expect.fail(reply.failure.message)
    matches(messageOf(String(reply.body)), saidWhole(JSON.parse(read(name)) as JsonObject))
  })

  test.each(streams)('%s is read as a stream, however its bytes are cut', (name) => {
    const wire = framed(eventsOf(name))
    const whole = streamed(exchange(true), [wire])

    expect(whole.failure).toBeUndefined()
    matches(accumulated(whole.bytes + whole.tail), saidStreamed(eventsOf(name)))
    for (const size of [1, 13, 700]) {
      const pieces = Array.from({ length: Math.ceil(wire.length / size) }, (_, at) =>
        wire.subarray(at * size, (at + 1) * size),
      )
      const cut = streamed(exchange(true), pieces)
      expect(cut.bytes + cut.tail).toBe(whole.bytes + whole.tail)
    }
  })

  test.each(streams)('%s is no answer when it ends early', (name) => {
    const events = eventsOf(name)
    for (let kept = 0; kept < events.length; kept++) {
      const { failure, tail } = streamed(exchange(true), [framed(events.slice(0, kept))])
      expect(failure?.kind).toBe('cut')
      expect(tail).toBe('')
    }
  })
})
