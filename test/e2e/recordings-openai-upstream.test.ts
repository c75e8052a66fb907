import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isObject, type Json, type JsonObject, listOf, objectOf, tryParse } from '../../lib/core/json.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
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

/**
 * Replays recorded chat completions through the hub: what is told anew must be what the host said. Runs where
 * PURSER_RECORDINGS names the folder that holds them.
 */
const folder = process.env.PURSER_RECORDINGS
const recordings = folder === undefined || !existsSync(folder) ? [] : chatRecordings(folder)

function chatRecordings(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:chunks\.txt|json)$/.test(path))
    .filter((path) => isChat(readFileSync(join(root, path), 'utf8')))
    .sort()
}

function isChat(text: string): boolean {
  const line = text.startsWith('{\n') ? text : (text.split('\n').find((each) => each.includes('"delta"')) ?? '')
  const json = objectOf(tryParse(line))
  const first = objectOf(listOf(json.choices)[0])
  return textOf(json.object).startsWith('chat.completion') || isObject(first.delta) || isObject(first.message)
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

type Told = { content: string; reasoning: string; calls: { name: string; input: Json | undefined }[]; finish: string }

/** Puts an answer together by hand: text of the parts, reasoning under any of its names, calls by index or id. */
function gather(bodies: readonly JsonObject[]): Told {
  const told: Told = { content: '', reasoning: '', calls: [], finish: '' }
  const calls = new Map<string, { name: string; text: string }>()
  for (const body of bodies) {
    for (const choice of listOf(body.choices).filter(isObject)) {
      const delta = objectOf(choice.delta ?? choice.message)
      const parts = Array.isArray(delta.content) ? delta.content.map(objectOf) : []
      told.content += textOf(delta.content) + parts.map((part) => textOf(part.text)).join('')
      told.reasoning += textOf(delta.reasoning_content ?? delta.reasoning)
      for (const { thinking } of parts) {
        told.reasoning +=
          textOf(thinking) +
          listOf(thinking)
            .map((part) => textOf(objectOf(part).text))
            .join('')
      }
      for (const [position, call] of listOf(delta.tool_calls).filter(isObject).entries()) {
        const its = objectOf(call.function)
        const key = JSON.stringify(call.index ?? call.id ?? position)
        const known = calls.get(key) ?? { name: '', text: '' }
        calls.set(key, { name: known.name || textOf(its.name), text: known.text + textOf(its.arguments) })
      }
      if (textOf(choice.finish_reason) !== '') told.finish = textOf(choice.finish_reason)
    }
  }
  told.calls = [...calls.values()].map(({ name, text }) => ({ name, input: text === '' ? {} : tryParse(text) }))
  return told
}

const heard = ({ content, reasoning, calls, fields }: Message): Told => ({
  content,
  reasoning,
  calls: calls.map(({ name, arguments: args }) => ({ name, input: tryParse(args) })),
  finish: textOf(fields.native_finish_reason),
})

const number = (value: Json | undefined): number => (typeof value === 'number' ? value : 0)

/** Prompt, completion, cached and reasoning tokens as the last usage says, reasoning inside the completion. */
function usageSaid(bodies: readonly JsonObject[]): number[] | undefined {
  const raw = bodies.map((body) => body.usage).findLast(isObject)
  if (raw === undefined) return undefined
  const prompt = number(raw.prompt_tokens)
  const reasoning = number(objectOf(raw.completion_tokens_details).reasoning_tokens)
  const apart = reasoning > 0 && number(raw.total_tokens) === prompt + number(raw.completion_tokens) + reasoning
  const cached = number(objectOf(raw.prompt_tokens_details).cached_tokens) || number(raw.cached_tokens)
  return [prompt, number(raw.completion_tokens) + (apart ? reasoning : 0), cached, reasoning]
}

function usageHeard({ usage = {} }: Message): number[] {
  const input = objectOf(usage.prompt_tokens_details)
  const output = objectOf(usage.completion_tokens_details)
  return [usage.prompt_tokens, usage.completion_tokens, input.cached_tokens, output.reasoning_tokens].map(number)
}

const exchange = (stream: boolean) =>
  translator(openai, openaiUpstream)(
    callOf({ ...hello, ...(stream ? { stream, stream_options: { include_usage: true } } : {}) }),
    exchangeOptions(),
  )

const linesOf = (path: string): string[] =>
  readFileSync(join(folder ?? '', path), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))

const framed = (lines: readonly string[], end = 'data: [DONE]\n\n'): Buffer =>
  Buffer.from(lines.map((line) => `data: ${line}\n\n`).join('') + end)

describe.runIf(folder !== undefined)('recorded chat completions, told anew', () => {
  const streams = recordings.filter((path) => path.endsWith('.txt'))

  test('are found', () => {
    expect(recordings.length).toBeGreaterThan(40)
  })

  test.each(streams)('%s says the same', (path) => {
    const said = linesOf(path).map((line) => JSON.parse(line) as JsonObject)

    const read = streamed(exchange(true), [framed(linesOf(path))])

    expect(read.failure).toBeUndefined()
    const message = accumulated(read.bytes + read.tail)
    expect(heard(message)).toEqual(gather(said))
    if (usageSaid(said)) expect(usageHeard(message)).toEqual(usageSaid(said))
  })

  test.each(streams)('%s is the same however its bytes are cut', (path) => {
    const wire = framed(linesOf(path))
    const { bytes, tail } = streamed(exchange(true), [wire])

    for (const size of [1, 7, 701]) {
      const pieces = Array.from({ length: Math.ceil(wire.length / size) }, (_, at) =>
        wire.subarray(at * size, (at + 1) * size),
      )
      const cut = streamed(exchange(true), pieces)
      expect(cut.bytes + cut.tail === bytes + tail, `pieces of ${size}`).toBe(true)
    }
  })

  test.each(streams)('%s is no answer when it ends early', (path) => {
    const lines = linesOf(path)
    const finish = lines.findIndex((line) => /"finish_reason":\s*"\w/.test(line))
    for (let kept = 0; kept <= finish; kept += Math.ceil(lines.length / 60)) {
      const { failure, tail } = streamed(exchange(true), [framed(lines.slice(0, kept), '')])
      expect(failure?.kind).toBe('cut')
      expect(tail).toBe('')
    }
  })

  test.each(recordings.filter((path) => path.endsWith('.json')))('%s says the same', (path) => {
    const body = readFileSync(join(folder ?? '', path))
    const said = JSON.parse(body.toString()) as JsonObject

    const reply = exchange(false).whole(body)

    if ('failure' in reply) return expect.fail(reply.failure.message)
    const message = messageOf(String(reply.body))
    expect(heard(message)).toEqual(gather([said]))
    if (usageSaid([said])) expect(usageHeard(message)).toEqual(usageSaid([said]))
  })
})
