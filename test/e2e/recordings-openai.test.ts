import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Stream } from 'openai/streaming'
import { describe, expect, test } from 'vitest'
import { isObject, type Json, type JsonObject, listOf, objectOf, tryParse } from '../../lib/core/json.ts'
import type { Usage } from '../../lib/core/usage.ts'
import { parseChatCall } from '../../lib/dialects/openai/call.ts'
import { passThrough } from '../../lib/dialects/openai/passthrough.ts'
import { readAll } from '../contracts/exchange.ts'

/**
 * Replays recorded replies of live hosts: what a client reads through us must be what the host said. Runs where
 * PURSER_RECORDINGS names the folder that holds them.
 */
const folder = process.env.PURSER_RECORDINGS
const recordings = folder === undefined || !existsSync(folder) ? [] : chatRecordings(folder)

function chatRecordings(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:chunks\.txt|json|sse)$/.test(path))
    .filter((path) => isChat(readFileSync(join(root, path), 'utf8')))
    .sort()
}

/** By its own words, whatever the folder: chunks or a completion of the chat API. Hosts may leave `object` out, and Azure's first chunk says nothing. */
function isChat(text: string): boolean {
  const line = text.startsWith('{\n')
    ? text
    : (text.split('\n').find((each) => each.includes('"delta"')) ?? '').replace(/^data: /, '')
  const json = objectOf(tryParse(line))
  const first = objectOf(listOf(json.choices)[0])
  return textOf(json.object).startsWith('chat.completion') || isObject(first.delta) || isObject(first.message)
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

type Answer = { text: string; reasoning: string; finish: string; calls: Record<string, { name: string; text: string }> }

/** Puts an answer together as clients do: deltas by index, the first name wins, arguments grow. */
function gather(bodies: readonly JsonObject[]): Answer {
  const answer: Answer = { text: '', reasoning: '', finish: '', calls: {} }
  for (const body of bodies) {
    for (const choice of listOf(body.choices).filter(isObject)) {
      const delta = objectOf(choice.delta ?? choice.message)
      answer.text +=
        typeof delta.content === 'string' ? delta.content : delta.content ? JSON.stringify(delta.content) : ''
      answer.reasoning += textOf(delta.reasoning_content ?? delta.reasoning)
      answer.finish = typeof choice.finish_reason === 'string' ? choice.finish_reason : answer.finish
      for (const [position, call] of listOf(delta.tool_calls).filter(isObject).entries()) {
        const its = objectOf(call.function)
        const known = (answer.calls[JSON.stringify(call.index ?? position)] ??= { name: '', text: '' })
        known.name ||= textOf(its.name)
        known.text += textOf(its.arguments)
      }
    }
  }
  return answer
}

const number = (value: Json | undefined): number => (typeof value === 'number' ? value : 0)

/** What the last usage of a recording says, by the rules of the reference and by hand. */
function usageSaid(bodies: readonly JsonObject[]): Usage | undefined {
  const raw = bodies.map((body) => body.usage).findLast(isObject)
  if (raw === undefined) return undefined
  const prompt = number(raw.prompt_tokens)
  const reasoning = number(objectOf(raw.completion_tokens_details).reasoning_tokens)
  const apart = number(raw.total_tokens) === prompt + number(raw.completion_tokens) + reasoning
  const completion = number(raw.completion_tokens) + (apart ? reasoning : 0)
  const cached = number(objectOf(raw.prompt_tokens_details).cached_tokens) || number(raw.cached_tokens)
  const usage: Usage = { prompt, completion }
  if (cached > 0) usage.cached = cached
  if (reasoning > 0) usage.reasoning = reasoning
  if (number(raw.num_search_queries) > 0) usage.webSearches = number(raw.num_search_queries)
  return usage
}

const exchange = (stream: boolean) =>
  passThrough(
    parseChatCall(
      JSON.stringify({
        model: 'public',
        stream,
        stream_options: { include_usage: true },
        messages: [{ role: 'user', content: 'x' }],
      }),
    ),
    {
      upstreamModel: 'm',
      publicModel: 'public',
      params: {},
      flags: { streamUsage: true },
      maxOutputTokens: 4096,
      dropParams: false,
      additionalDropParams: [],
      dollars: () => 0.5,
      requestId: 'r',
      now: 0,
    },
  )

/** Reasoning under the name that clients know, beside the host's own. */
function known(choice: Json): Json {
  const message = objectOf(objectOf(choice).message)
  if (typeof message.reasoning !== 'string') return choice
  return { ...objectOf(choice), message: { reasoning_content: message.reasoning, ...message } }
}

async function sdkChunks(bytes: string): Promise<JsonObject[]> {
  const chunks: JsonObject[] = []
  const stream = Stream.fromSSEResponse<JsonObject>(new Response(bytes), new AbortController())
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

const streamed = (path: string): string[] =>
  readFileSync(join(folder ?? '', path), 'utf8')
    .split('\n')
    .map((line) => line.replace(/^data: /, ''))
    .filter((line) => line.startsWith('{'))

describe.runIf(folder !== undefined)('recorded chat replies', () => {
  test('are found', () => {
    expect(recordings.length).toBeGreaterThan(40)
  })

  test.each(recordings.filter((path) => !path.endsWith('.json')))('%s', async (path) => {
    const lines = streamed(path)
    const said = lines.map((line) => JSON.parse(line) as JsonObject)
    const bytes = new TextEncoder().encode(lines.map((line) => `data: ${line}\n\n`).join('') + 'data: [DONE]\n\n')

    const read = readAll(
      exchange(true),
      Array.from({ length: Math.ceil(bytes.length / 701) }, (_, at) => bytes.subarray(at * 701, (at + 1) * 701)),
    )
    const heard = await sdkChunks(read.bytes + read.tail)

    expect(read).toMatchObject({ finished: true, failure: undefined })
    const { calls, ...answer } = gather(heard)
    const { calls: callsSaid, ...answerSaid } = gather(said)
    expect(answer).toEqual(answerSaid)
    // Hosts count their calls from 1, or not at all; SDKs want them from 0.
    expect(Object.keys(calls)).toEqual(Object.keys(Object.values(callsSaid)))
    expect(Object.values(calls)).toEqual(Object.values(callsSaid))
    expect(read.reader.seen.usage).toEqual(usageSaid(said))
    expect(new Set(heard.map((chunk) => chunk.model))).toEqual(new Set(['public']))
    if (usageSaid(said)) expect(heard.findLast((chunk) => isObject(chunk.usage))?.usage).toMatchObject({ cost: 0.5 })
  })

  test.each(recordings.filter((path) => path.endsWith('.json')))('%s', (path) => {
    const body = readFileSync(join(folder ?? '', path))
    const said = JSON.parse(body.toString('utf8')) as JsonObject

    const reply = exchange(false).whole(body)
    if ('failure' in reply) return expect.fail(reply.failure.message)
    const heard = JSON.parse(Buffer.from(reply.body).toString('utf8')) as JsonObject

    expect({ ...heard, model: said.model, usage: said.usage }).toEqual({
      ...said,
      choices: listOf(said.choices).map(known),
    })
    expect(gather([heard])).toEqual(gather([said]))
    expect(reply.seen.usage).toEqual(usageSaid([said]))
    expect(heard.model).toBe('public')
  })
})
