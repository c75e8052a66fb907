import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Json, type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { converseOf } from '../support/converse.ts'
import { events } from '../support/event-stream.ts'
import { accumulated, type Message, messageOf, streamed } from '../support/translated.ts'

// Replays recorded replies of the live API, where the folder that holds them is named. What is expected is read from the
// recording by the plain loops below, which share nothing with the translator.
const folder = process.env.PURSER_RECORDINGS
const files = folder ? readdirSync(join(folder, 'amazon-bedrock')) : []
const read = (name: string): string => readFileSync(join(folder ?? '', 'amazon-bedrock', name), 'utf8')
const wholes = files.filter((name) => name.endsWith('.json'))
const streams = files.filter((name) => name.endsWith('.chunks.txt'))

const streaming = () => converseOf({ stream: true, stream_options: { include_usage: true } })
/** Recordings that asked for JSON by a tool of this name: the same request here. */
const asJson = {
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } },
}
const older = { upstreamModel: 'anthropic.claude-3-5-sonnet-20240620-v1:0' }

describe.runIf(folder)('recorded replies of Converse', () => {
  it('are there', () => {
    expect(wholes.length).toBeGreaterThan(9)
    expect(streams.length).toBeGreaterThan(11)
  })

  it.each(wholes)('%s is read whole', (name) => {
    const reply = converseOf().whole(Buffer.from(read(name)))

    if ('failure' in reply) throw new Error(reply.failure.message)
    matches(messageOf(String(reply.body)), expectedOf(JSON.parse(read(name)) as JsonObject))
  })

  it.each(streams)('%s is read as a stream', (name) => {
    const { bytes, tail, failure } = streamed(streaming(), events(read(name)))

    expect(failure).toBeUndefined()
    matches(accumulated(bytes + tail), expectedOf(assembled(read(name))))
  })

  it.each(streams)('%s is the same however its bytes are cut', (name) => {
    const wire = Buffer.concat(events(read(name)))
    const uncut = streamed(streaming(), [wire])
    for (let at = 1; at < wire.length; at++) {
      const cut = streamed(streaming(), [wire.subarray(0, at), wire.subarray(at)])
      if (cut.bytes + cut.tail !== uncut.bytes + uncut.tail) throw new Error(`differs when cut at ${at}`)
    }
    const single = streamed(
      streaming(),
      [...wire].map((byte) => Uint8Array.of(byte)),
    )
    expect(single.bytes + single.tail).toBe(uncut.bytes + uncut.tail)
  })

  it.each(streams)('%s is no answer when it ends at any byte before its stop reason', (name) => {
    const messages = events(read(name))
    const stop = read(name)
      .split('\n')
      .findIndex((line) => line.includes('"messageStop"'))
    const wire = Buffer.concat(messages)
    const enough = Buffer.concat(messages.slice(0, stop + 1)).length
    for (let at = 0; at < enough; at++) {
      const { failure, tail } = streamed(streaming(), [wire.subarray(0, at)])
      if (failure?.kind !== 'cut' || tail !== '') throw new Error(`ends clean when cut at ${at}`)
    }
  })

  const jsons = [...wholes, ...streams].filter((name) => /-json-(?:only|tool)[-.]/.test(name))

  it.each(jsons)('%s is the answer as text where JSON was asked for by a tool', (name) => {
    const recorded = name.endsWith('.json') ? (JSON.parse(read(name)) as JsonObject) : assembled(read(name))
    const inputs = contentOf(recorded).flatMap(({ toolUse }) => {
      const call = objectOf(toolUse)
      return call.name === 'json' ? [call.input ?? null] : []
    })

    const message = name.endsWith('.json')
      ? wholeOf(converseOf(asJson, older).whole(Buffer.from(read(name))))
      : jsonStream(name)

    if (inputs.length === 0) expect(message.calls.length).toBeGreaterThan(0)
    else {
      expect(JSON.parse(message.content)).toEqual(inputs[0])
      expect(message).toMatchObject({ calls: [], finish: 'stop' })
    }
  })
})

function jsonStream(name: string): Message {
  const { bytes, tail, failure } = streamed(converseOf({ ...asJson, stream: true }, older), events(read(name)))
  expect(failure).toBeUndefined()
  return accumulated(bytes + tail)
}

function wholeOf(reply: ReturnType<ReturnType<typeof converseOf>['whole']>): Message {
  if ('failure' in reply) throw new Error(reply.failure.message)
  return messageOf(String(reply.body))
}

type Expected = {
  content: string
  reasoning: string
  signatures: string[]
  calls: { id: string; name: string; input: Json }[]
  stop: string
  usage?: { prompt: number; completion: number }
}

const finishes: Record<string, string> = { end_turn: 'stop', tool_use: 'tool_calls' }
const contentOf = (reply: JsonObject): JsonObject[] =>
  listOf(objectOf(objectOf(reply.output).message).content).map(objectOf)

function matches(message: Message, expected: Expected): void {
  expect(message.content).toBe(expected.content)
  expect(message.reasoning).toBe(expected.reasoning)
  expect(message.thinkingBlocks.map((block) => block.signature)).toEqual(expected.signatures)
  expect(message.calls.map(({ id, name, arguments: args }) => ({ id, name, input: JSON.parse(args) as Json }))).toEqual(
    expected.calls,
  )
  expect(message.finish).toBe(finishes[expected.stop])
  if (!expected.usage) return
  expect(message.usage).toMatchObject({
    prompt_tokens: expected.usage.prompt,
    completion_tokens: expected.usage.completion,
    total_tokens: expected.usage.prompt + expected.usage.completion,
  })
}

function expectedOf(reply: JsonObject): Expected {
  const expected: Expected = { content: '', reasoning: '', signatures: [], calls: [], stop: reply.stopReason as string }
  for (const { text, toolUse, reasoningContent } of contentOf(reply)) {
    if (typeof text === 'string') expected.content += text
    const thought = objectOf(objectOf(reasoningContent).reasoningText)
    if (typeof thought.text === 'string') expected.reasoning += thought.text
    if (typeof thought.signature === 'string') expected.signatures.push(thought.signature)
    const { toolUseId, name, input } = objectOf(toolUse)
    if (toolUse) expected.calls.push({ id: toolUseId as string, name: name as string, input: input ?? null })
  }
  const usage = objectOf(reply.usage)
  if (reply.usage) expected.usage = { prompt: Number(usage.inputTokens), completion: Number(usage.outputTokens) }
  return expected
}

/** The reply that a stream tells, put together. */
function assembled(lines: string): JsonObject {
  const content: JsonObject[] = []
  const reply: JsonObject = { output: { message: { content } } }
  const json: string[] = []
  for (const line of lines.split('\n').filter(Boolean)) {
    const { contentBlockStart: start, contentBlockDelta, messageStop, metadata } = JSON.parse(line) as JsonObject
    const { contentBlockIndex: index, delta } = objectOf(contentBlockDelta)
    const at = Number(index ?? objectOf(start).contentBlockIndex ?? 0)
    const { text, reasoningContent, toolUse } = objectOf(delta)
    if (start) content[at] = { ...objectOf(objectOf(start).start) }
    const block = (content[at] ??= {})
    if (typeof text === 'string') block.text = `${(block.text as string | undefined) ?? ''}${text}`
    const thought = objectOf(objectOf(block.reasoningContent).reasoningText)
    const { text: more, signature } = objectOf(reasoningContent)
    if (reasoningContent)
      block.reasoningContent = {
        reasoningText: {
          ...thought,
          ...(typeof more === 'string' && { text: `${(thought.text as string | undefined) ?? ''}${more}` }),
          ...(signature !== undefined && { signature }),
        },
      }
    if (toolUse) json[at] = `${json[at] ?? ''}${objectOf(toolUse).input as string}`
    if (messageStop) reply.stopReason = objectOf(messageStop).stopReason ?? null
    if (metadata) reply.usage = objectOf(metadata).usage ?? null
  }
  for (const [at, block] of content.entries())
    if (block?.toolUse) block.toolUse = { ...objectOf(block.toolUse), input: JSON.parse(json[at] || '{}') as Json }
  return reply
}
