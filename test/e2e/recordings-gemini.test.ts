import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { exchangeOf, framed, streaming } from '../support/gemini.ts'
import { accumulated, type Message, messageOf, streamed } from '../support/translated.ts'

// Replays recorded replies of the live API, where the folder that holds them is named. What is expected is read from the
// recording by the plain loops below, which share nothing with the translator.
const folder = process.env.PURSER_RECORDINGS
const files = folder ? readdirSync(join(folder, 'google')) : []
const read = (name: string): string => readFileSync(join(folder ?? '', 'google', name), 'utf8')
const replies = files.filter((name) => name.endsWith('.json') && !/-\d{3}-/.test(name))
const errors = files.filter((name) => /-\d{3}-.*\.json$/.test(name))
const streams = files.filter((name) => name.endsWith('.chunks.txt'))

type Expected = {
  content: string
  reasoning: string
  calls: { name: string; args: Json }[]
  native: string
  signatures: string[]
  usage: { prompt: number; completion: number; cached: number; reasoning: number }
  model: string
}

describe.runIf(folder)('recorded Gemini replies', () => {
  it('are there', () => expect(Math.min(replies.length, errors.length, streams.length)).toBeGreaterThan(0))

  it.each(replies)('%s is read whole', (name) => {
    const reply = exchangeOf().whole(Buffer.from(read(name)))

    if ('failure' in reply) throw new Error(reply.failure.message)
    matches(messageOf(String(reply.body)), expectedOf([JSON.parse(read(name)) as JsonObject]))
  })

  it.each(replies)('%s is the same streamed', (name) => {
    const whole = exchangeOf().whole(Buffer.from(read(name)))

    const stream = streamed(streaming(), [framed(JSON.stringify(JSON.parse(read(name))))])

    if ('failure' in whole) throw new Error(whole.failure.message)
    expect(accumulated(stream.bytes + stream.tail)).toEqual(messageOf(String(whole.body)))
    expect(stream.seen.usage).toEqual(whole.seen.usage)
  })

  it.each(errors)('%s keeps its status and says how long to wait', (name) => {
    const status = Number(/-(\d{3})-/.exec(name)?.[1])
    const failure = exchangeOf().failure(status, {}, Buffer.from(read(name)))

    const { error } = JSON.parse(read(name)) as { error: { message: string; status: string; details: JsonObject[] } }
    const delay = error.details.map((detail) => stringOf(detail.retryDelay)).find(Boolean)
    expect(failure).toMatchObject({ status, message: error.message, code: error.status, mayHaveCost: false })
    expect(failure.retryAfterMs).toBe(Math.round(Number(delay?.replace('s', '')) * 1000))
  })

  it.each(streams)('%s is read as a stream', (name) => {
    const { bytes, tail, failure } = streamed(streaming(), [framed(read(name))])

    expect(failure).toBeUndefined()
    matches(accumulated(bytes + tail), expectedOf(chunksOf(name)))
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
    const lines = read(name).trim().split('\n')
    const stopped = lines.findIndex((line) => line.includes('"finishReason"'))
    expect(stopped).toBeGreaterThan(0)
    for (let kept = 0; kept <= stopped; kept++) {
      const { failure, tail } = streamed(streaming(), [framed(lines.slice(0, kept).join('\n'))])
      expect(failure?.kind).toBe('cut')
      expect(tail).toBe('')
    }
  })

  it.each([...replies, ...streams])('the signatures of %s go back on the parts they came with', (name) => {
    const chunks = name.endsWith('.json') ? [JSON.parse(read(name)) as JsonObject] : chunksOf(name)
    const reply = messageOfAny(name)
    const turn: JsonObject = { role: 'assistant', content: reply.content, reasoning_details: reply.details }
    if (reply.calls.length > 0) {
      turn.tool_calls = reply.calls.map(({ id, name: called, arguments: args }) => ({
        id,
        type: 'function',
        function: { name: called, arguments: args },
      }))
    }
    const messages = [{ role: 'user', content: 'Hello' }, turn, { role: 'user', content: 'Go on.' }]
    const body = JSON.parse(exchangeOf({ messages }, { upstreamModel: 'gemini-3-pro-preview' }).body) as JsonObject

    const sentParts = listOf(objectOf(listOf(body.contents)[1]).parts).map(objectOf)
    const places = partsOf(chunks).flatMap((part) => (typeof part.thoughtSignature === 'string' ? [placeOf(part)] : []))
    const sentPlaces = sentParts.flatMap((part) => (typeof part.thoughtSignature === 'string' ? [placeOf(part)] : []))
    expect(sentPlaces).toEqual(places)
  })
})

/** Where a signature stands: on which call, or on text. */
const placeOf = (part: JsonObject): Json => [
  part.thoughtSignature ?? null,
  isObject(part.functionCall) ? (part.functionCall.name ?? null) : 'text',
]

function messageOfAny(name: string): Message & { details: JsonObject[] } {
  const reply = exchangeOf().whole(Buffer.from(read(name)))
  if (!('failure' in reply) && name.endsWith('.json')) {
    const { choices } = JSON.parse(String(reply.body)) as {
      choices: { message: { reasoning_details?: JsonObject[] } }[]
    }
    return { ...messageOf(String(reply.body)), details: choices[0]?.message.reasoning_details ?? [] }
  }
  const { bytes, tail } = streamed(streaming(), [framed(read(name))])
  const details = (bytes + tail)
    .split('\n\n')
    .map((block) => block.replace(/^data: /, ''))
    .filter((data) => data.startsWith('{'))
    .flatMap((data) => (JSON.parse(data) as { choices: { delta: { reasoning_details?: JsonObject[] } }[] }).choices)
    .flatMap(({ delta }) => delta.reasoning_details ?? [])
  return { ...accumulated(bytes + tail), details }
}

const chunksOf = (name: string): JsonObject[] =>
  read(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject)

function partsOf(chunks: readonly JsonObject[]): JsonObject[] {
  const candidates = chunks.flatMap((chunk) => listOf(chunk.candidates).map(objectOf))
  return candidates.flatMap(({ content }) => listOf(objectOf(content).parts).map(objectOf))
}

function matches(message: Message, expected: Expected): void {
  expect(message.content).toBe(expected.content)
  expect(message.reasoning).toBe(expected.reasoning)
  expect(message.calls.map(({ name, arguments: args }) => ({ name, args: JSON.parse(args) as Json }))).toEqual(
    expected.calls,
  )
  expect(new Set(message.calls.map(({ id }) => id)).size).toBe(message.calls.length)
  expect(message.finish).toBe(expected.calls.length > 0 ? 'tool_calls' : 'stop')
  expect(message.fields.native_finish_reason).toBe(expected.native)
  expect(message.thinkingBlocks.map(({ signature }) => signature)).toEqual(expected.signatures)
  expect(message.model).toBe(expected.model)
  expect(message.usage).toMatchObject({
    prompt_tokens: expected.usage.prompt,
    completion_tokens: expected.usage.completion,
    total_tokens: expected.usage.prompt + expected.usage.completion,
  })
  expect(objectOf(message.usage?.completion_tokens_details).reasoning_tokens).toBe(expected.usage.reasoning)
}

function expectedOf(chunks: readonly JsonObject[]): Expected {
  const parts = partsOf(chunks)
  const said = (thought: boolean) =>
    parts
      .filter((part) => (part.thought === true) === thought)
      .map((part) => stringOf(part.text) ?? '')
      .join('')
  const last = objectOf(chunks.at(-1))
  const counted = objectOf(last.usageMetadata)
  const count = (name: string): number => numberOf(counted[name]) ?? 0
  return {
    content: said(false),
    reasoning: said(true),
    calls: callsOf(parts),
    native: stringOf(objectOf(listOf(last.candidates)[0]).finishReason) ?? '',
    signatures: parts.flatMap((part) => (typeof part.thoughtSignature === 'string' ? [part.thoughtSignature] : [])),
    usage: {
      prompt: count('promptTokenCount'),
      completion: count('candidatesTokenCount') + count('thoughtsTokenCount'),
      cached: count('cachedContentTokenCount'),
      reasoning: count('thoughtsTokenCount'),
    },
    model: stringOf(last.modelVersion) ?? '',
  }
}

/** Arguments in pieces are texts, numbers and the like at paths of names and indexes. */
function callsOf(parts: readonly JsonObject[]): Expected['calls'] {
  const calls: { name: string; args: JsonObject }[] = []
  for (const { functionCall } of parts) {
    const { name, args, partialArgs } = objectOf(functionCall)
    if (typeof name === 'string') calls.push({ name, args: { ...objectOf(args) } })
    const call = calls.at(-1)
    for (const piece of listOf(partialArgs).map(objectOf)) {
      const path = (stringOf(piece.jsonPath) ?? '').slice(2).replaceAll('[', '.').replaceAll(']', '').split('.')
      let at = call?.args as unknown as Record<string, unknown>
      for (const [n, step] of path.slice(0, -1).entries()) {
        at = (at[step] ??= /^\d+$/.test(path[n + 1] ?? '') ? [] : {}) as Record<string, unknown>
      }
      const leaf = path.at(-1) ?? ''
      const value = piece.stringValue ?? piece.numberValue ?? piece.boolValue ?? null
      at[leaf] = typeof value === 'string' ? `${stringOf(at[leaf]) ?? ''}${value}` : value
    }
  }
  return calls
}
