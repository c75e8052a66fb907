import { describe, expect, test } from 'vitest'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import type { JsonObject } from '../../lib/core/json.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { gemini } from '../../lib/dialects/gemini/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { responsesClient } from '../../lib/dialects/responses/client.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf, exchangeOptions, streamed } from '../support/translated.ts'

const asked: JsonObject = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], n: 2 }
const toGemini = (body: JsonObject) =>
  translator(openai, gemini)(callOf(body), exchangeOptions({ upstreamModel: 'gemini-2.5-flash' }))

const candidate = (index: number, parts: JsonObject[], more: JsonObject = {}): JsonObject => ({
  index,
  content: { role: 'model', parts },
  ...more,
})
const stop = { finishReason: 'STOP' }
const call = { functionCall: { name: 'f', args: { a: 1 } } }
const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 8 }
const sse = (events: JsonObject[]) => Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
const told = (text: string): JsonObject[] =>
  [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? '') as JsonObject)

/** What the official client makes of a stream. */
const joined = async (text: string) =>
  ChatCompletionStream.fromReadableStream(
    new Response(
      told(text)
        .map((chunk) => `${JSON.stringify(chunk)}\n`)
        .join(''),
    ).body as ReadableStream,
  ).finalChatCompletion()

const both = [
  { index: 0, message: { content: 'One.' }, finish_reason: 'stop' },
  {
    index: 1,
    message: { tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }] },
    finish_reason: 'tool_calls',
  },
]

describe('several answers of Gemini', () => {
  test('are asked for, and told as choices', () => {
    const reply = { candidates: [candidate(0, [{ text: 'One.' }], stop), candidate(1, [call], stop)], usageMetadata }
    const bound = toGemini(asked)
    const whole = bound.whole(Buffer.from(JSON.stringify(reply)))

    expect(JSON.parse(bound.body)).toMatchObject({ generationConfig: { candidateCount: 2 } })
    expect('body' in whole && JSON.parse(String(whole.body))).toMatchObject({ choices: both })
    expect(whole).toMatchObject({ seen: { usage: { prompt: 3, completion: 8 }, finish: 'stop' } })
  })

  test('are told the same when streamed, their pieces in any order', async () => {
    const { bytes, tail, failure, seen } = streamed(
      toGemini({ ...asked, stream: true, stream_options: { include_usage: true } }),
      [
        sse([
          { candidates: [candidate(0, [{ text: 'On' }]), candidate(1, [call])] },
          { candidates: [candidate(1, [], stop)] },
          { candidates: [candidate(0, [{ text: 'e.' }], stop)], usageMetadata },
        ]),
      ],
    )

    expect(failure).toBeUndefined()
    expect(seen.usage).toMatchObject({ prompt: 3, completion: 8 })
    expect((await joined(bytes + tail)).choices).toMatchObject(both)
  })

  test('are cut where one of them did not end', () => {
    const { failure } = streamed(toGemini({ ...asked, stream: true }), [
      sse([{ candidates: [candidate(0, [{ text: 'One.' }], stop), candidate(1, [{ text: 'Tw' }])], usageMetadata }]),
    ])

    expect(failure).toMatchObject({ kind: 'cut' })
  })

  test('are one where one was asked for', () => {
    const { bytes, tail } = streamed(toGemini({ ...asked, n: 1, stream: true }), [
      sse([{ candidates: [candidate(0, [{ text: 'One.' }], stop), candidate(1, [{ text: 'Tw' }])], usageMetadata }]),
    ])

    expect(bytes + tail).toContain('[DONE]')
    expect(bytes + tail).not.toContain('Tw')
  })
})

describe('several answers of a host whose replies are told anew', () => {
  const flags = { reasoningResponse: 'think_tags', streamUsage: true } as const
  const thinking = (body: JsonObject) =>
    exchange({ client: 'openai', upstream: 'openai' }, callOf(body), exchangeOptions({ upstreamModel: 'r1', flags }))
  const delta = (index: number, content: string, finish: string | null = null): JsonObject => ({
    id: 'c',
    model: 'r1',
    choices: [{ index, delta: { content }, finish_reason: finish }],
  })
  const chunks = [
    delta(0, '<think>A</th'),
    delta(1, '<think>B</think>Two.'),
    delta(0, 'ink>One.'),
    delta(1, '', 'stop'),
  ]

  test('each have their reasoning taken out of their text', async () => {
    const { bytes, tail, failure } = streamed(await thinking({ ...asked, stream: true }), [
      Buffer.concat([sse([...chunks, delta(0, '', 'stop')]), Buffer.from('data: [DONE]\n\n')]),
    ])
    const { choices } = await joined(bytes + tail)

    expect(failure).toBeUndefined()
    expect(choices).toMatchObject([
      { message: { content: 'One.', reasoning_content: 'A' }, finish_reason: 'stop' },
      { message: { content: 'Two.', reasoning_content: 'B' }, finish_reason: 'stop' },
    ])
  })

  test('are cut where a stream ends before each has ended, marked as complete or not', async () => {
    for (const end of ['', 'data: [DONE]\n\n']) {
      const { failure } = streamed(await thinking({ ...asked, stream: true }), [
        Buffer.concat([sse(chunks), Buffer.from(end)]),
      ])

      expect(failure).toMatchObject({ kind: 'cut' })
    }
  })

  test('are cut where one never came', async () => {
    const { failure } = streamed(await thinking({ ...asked, stream: true }), [sse([delta(0, 'One.', 'stop')])])

    expect(failure).toMatchObject({ kind: 'cut' })
  })

  test('are told whole', async () => {
    const message = (content: string): JsonObject => ({ role: 'assistant', content })
    const reply = {
      choices: [
        { index: 0, message: message('<think>A</think>One.'), finish_reason: 'stop' },
        { index: 1, message: message('<think>B</think>Two.'), finish_reason: 'length' },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 9 },
    }
    const whole = (await thinking(asked)).whole(Buffer.from(JSON.stringify(reply)))

    expect('body' in whole && JSON.parse(String(whole.body))).toMatchObject({
      choices: [
        { index: 0, message: { content: 'One.', reasoning_content: 'A' }, finish_reason: 'stop' },
        { index: 1, message: { content: 'Two.', reasoning_content: 'B' }, finish_reason: 'length' },
      ],
    })
  })
})

describe('a client whose replies are one answer', () => {
  const plain = { model: 'm', max_tokens: 9, messages: asked.messages ?? [], input: 'Hi' }
  const bound = (client: typeof anthropicClient, more: JsonObject, how: Partial<ExchangeOptions>) =>
    translator(client, openaiUpstream)(callOf({ ...plain, ...more }), exchangeOptions({ upstreamModel: 'm', ...how }))

  test.each([
    ['messages', anthropicClient],
    ['responses', responsesClient],
  ])('cannot make a provider write several that nobody holds money for: %s', (name, client) => {
    const { input: _, ...messages } = plain
    const { messages: __, max_tokens: ___, ...response } = plain
    const body = name === 'messages' ? messages : response
    const of = (more: JsonObject, how: Partial<ExchangeOptions>) =>
      translator(client, openaiUpstream)(callOf({ ...body, ...more }), exchangeOptions({ upstreamModel: 'm', ...how }))

    expect(() => of({ n: 2 }, {})).toThrow(/^n \(2\)/)
    expect(of({ n: 2 }, { dropParams: true }).dropped).toEqual(['n'])
    expect(JSON.parse(of({ n: 2 }, { dropParams: true }).body)).not.toHaveProperty('n')
    expect(JSON.parse(of({}, { params: { n: 3 } }).body)).not.toHaveProperty('n')
    expect(of({}, { params: { n: 3 } }).dropped).toEqual([])
  })

  test('is told of no sound it cannot hear', () => {
    const audio = { voice: 'alloy', format: 'wav' }

    expect(() => bound(anthropicClient, { input: null, audio }, {})).toThrow(/^audio/)
  })
})
