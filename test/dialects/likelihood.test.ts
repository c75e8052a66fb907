import { describe, expect, test } from 'vitest'
import { type JsonObject, stringOf } from '../../lib/core/json.ts'
import { cohere } from '../../lib/dialects/cohere/index.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { gemini } from '../../lib/dialects/gemini/index.ts'
import { ollama } from '../../lib/dialects/ollama/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { responsesClient } from '../../lib/dialects/responses/client.ts'
import { responsesUpstream } from '../../lib/dialects/responses/upstream.ts'
import type { ClientTongue, UpstreamTongue } from '../../lib/dialects/tongue.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf, exchangeOptions, streamed } from '../support/translated.ts'

const chat: JsonObject = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], logprobs: true }
const response: JsonObject = {
  model: 'm',
  input: 'Hi',
  include: ['message.output_text.logprobs'],
  top_logprobs: 1,
}
const bound = (client: ClientTongue, upstream: UpstreamTongue, body: JsonObject, how: Partial<ExchangeOptions> = {}) =>
  translator(client, upstream)(callOf(body), exchangeOptions({ upstreamModel: 'm', ...how }))
const sent = (...of: Parameters<typeof bound>): JsonObject => JSON.parse(bound(...of).body) as JsonObject

/** Two tokens as every host tells them, whole and streamed, with how likely they were. */
const bytes = [72, 105]
type Host = { tongue: UpstreamTongue; whole: JsonObject; stream: string; top: boolean; framing?: 'ndjson' }
const sse = (events: JsonObject[]): string =>
  events.map((event) => `event: ${stringOf(event.type) ?? ''}\ndata: ${JSON.stringify(event)}\n\n`).join('')
const other = { token: 'Ho', logprob: -2 }
const entry = { token: 'Hi', logprob: -0.25, bytes, top_logprobs: [{ ...other, bytes: [72, 111] }] }
const last = { token: '!', logprob: -0.5, bytes: [33], top_logprobs: [] }

const part = { type: 'output_text', text: 'Hi!', annotations: [], logprobs: [entry, last] }
const responded = {
  id: 'resp_1',
  status: 'completed',
  output: [{ id: 'msg_1', type: 'message', content: [part] }],
  usage: { input_tokens: 1, output_tokens: 2 },
}
const delta = (text: string, logprobs: JsonObject[]): JsonObject => ({
  type: 'response.output_text.delta',
  output_index: 0,
  content_index: 0,
  delta: text,
  logprobs,
})
const candidate = (text: string, chosen: JsonObject, tops: JsonObject[]): JsonObject => ({
  index: 0,
  content: { role: 'model', parts: [{ text }] },
  logprobsResult: { chosenCandidates: [chosen], topCandidates: [{ candidates: tops }] },
})
const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 2 }
const line = (content: string, logprobs: JsonObject[], more: JsonObject = {}): JsonObject => ({
  model: 'm',
  created_at: 't',
  message: { role: 'assistant', content },
  logprobs,
  done: false,
  ...more,
})
const over = { done: true, done_reason: 'stop', prompt_eval_count: 1, eval_count: 2 }

const hosts: Record<string, Host> = {
  chat: {
    tongue: openaiUpstream,
    top: true,
    whole: {
      choices: [{ index: 0, message: { content: 'Hi!' }, logprobs: { content: [entry, last] }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    },
    stream: `${[entry, last]
      .map((one) => ({ choices: [{ index: 0, delta: { content: one.token }, logprobs: { content: [one] } }] }))
      .concat([{ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] } as never])
      .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
      .join('')}data: [DONE]\n\n`,
  },
  responses: {
    tongue: responsesUpstream,
    top: true,
    whole: responded,
    stream: sse([
      { type: 'response.created', response: { id: 'resp_1' } },
      { type: 'response.output_item.added', output_index: 0, item: { id: 'msg_1', type: 'message', content: [] } },
      delta('Hi', [entry]),
      delta('!', [last]),
      { type: 'response.output_item.done', output_index: 0, item: responded.output[0] ?? {} },
      { type: 'response.completed', response: responded },
    ]),
  },
  gemini: {
    tongue: gemini,
    top: true,
    whole: {
      candidates: [
        {
          index: 0,
          content: { parts: [{ text: 'Hi!' }] },
          finishReason: 'STOP',
          logprobsResult: {
            chosenCandidates: [
              { token: 'Hi', logProbability: -0.25 },
              { token: '!', logProbability: -0.5 },
            ],
            topCandidates: [{ candidates: [{ token: 'Ho', logProbability: -2 }] }],
          },
        },
      ],
      usageMetadata,
    },
    stream: sse([
      { candidates: [candidate('Hi', { token: 'Hi', logProbability: -0.25 }, [{ token: 'Ho', logProbability: -2 }])] },
      {
        candidates: [{ ...candidate('!', { token: '!', logProbability: -0.5 }, []), finishReason: 'STOP' }],
        usageMetadata,
      },
    ]),
  },
  cohere: {
    tongue: cohere,
    top: false,
    whole: {
      id: 'c1',
      message: { content: [{ type: 'text', text: 'Hi!' }] },
      logprobs: [
        { text: 'Hi', token_ids: [1], logprobs: [-0.25] },
        { text: '!', token_ids: [2, 3], logprobs: [-0.25, -0.25] },
      ],
      finish_reason: 'COMPLETE',
      usage: { tokens: { input_tokens: 1, output_tokens: 2 } },
    },
    stream: sse([
      { type: 'message-start', id: 'c1' },
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
      {
        type: 'content-delta',
        index: 0,
        delta: { message: { content: { text: 'Hi' } } },
        logprobs: { text: 'Hi', token_ids: [1], logprobs: [-0.25] },
      },
      {
        type: 'content-delta',
        index: 0,
        delta: { message: { content: { text: '!' } } },
        logprobs: { text: '!', token_ids: [2, 3], logprobs: [-0.25, -0.25] },
      },
      {
        type: 'message-end',
        delta: { finish_reason: 'COMPLETE', usage: { tokens: { input_tokens: 1, output_tokens: 2 } } },
      },
    ]),
  },
  ollama: {
    tongue: ollama,
    top: true,
    framing: 'ndjson',
    whole: line('Hi!', [entry, last], over),
    stream: [line('Hi', [entry]), line('!', [last]), line('', [], over)]
      .map((one) => `${JSON.stringify(one)}\n`)
      .join(''),
  },
}

const facts = (entries: readonly JsonObject[]) => entries.map(({ token, logprob }) => ({ token, logprob }))
const expected = [
  { token: 'Hi', logprob: -0.25 },
  { token: '!', logprob: -0.5 },
]
type Choice = { index: number; delta: { content?: string }; logprobs?: { content: JsonObject[] | null } | null }
const events = (text: string): JsonObject[] =>
  [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? '') as JsonObject)

describe.each(Object.entries(hosts))('how likely tokens were, as %s tells it', (_, { tongue, whole, stream, top }) => {
  test('is in the choice of a chat', () => {
    const told = bound(openai, tongue, chat).whole(Buffer.from(JSON.stringify(whole)))
    const { choices } = JSON.parse('body' in told ? String(told.body) : '{}') as { choices: Choice[] }
    const content = choices[0]?.logprobs?.content ?? []

    expect(facts(content)).toEqual(expected)
    expect(content[0]?.top_logprobs).toMatchObject(top ? [other] : [])
    expect(choices[0]?.logprobs).toMatchObject({ refusal: null })
  })

  test('stands beside the text of a streamed chat', () => {
    const {
      bytes: out,
      tail,
      failure,
    } = streamed(bound(openai, tongue, { ...chat, stream: true }), [Buffer.from(stream)])
    const choices = events(out + tail).flatMap((chunk) => chunk.choices as unknown as Choice[])
    const texts = choices.filter(({ delta: said }) => said.content)

    expect(failure).toBeUndefined()
    expect(texts.map(({ delta: said, logprobs }) => [said.content, facts(logprobs?.content ?? [])])).toEqual([
      ['Hi', [expected[0]]],
      ['!', [expected[1]]],
    ])
  })

  test('is in the part and the deltas of a response', () => {
    const told = bound(responsesClient, tongue, response, { dropParams: true }).whole(
      Buffer.from(JSON.stringify(whole)),
    )
    const { output } = JSON.parse('body' in told ? String(told.body) : '{}') as {
      output: { content: { logprobs: JsonObject[] }[] }[]
    }
    const { bytes: out, tail } = streamed(
      bound(responsesClient, tongue, { ...response, stream: true }, { dropParams: true }),
      [Buffer.from(stream)],
    )
    const all = events(out + tail)
    const deltas = all.filter(({ type }) => type === 'response.output_text.delta')
    const done = all.find(({ type }) => type === 'response.output_text.done')

    expect(facts(output[0]?.content[0]?.logprobs ?? [])).toEqual(expected)
    expect(output[0]?.content[0]?.logprobs[0]).toMatchObject({ bytes })
    expect(deltas.map(({ logprobs }) => facts(logprobs as JsonObject[]))).toEqual([[expected[0]], [expected[1]]])
    expect(facts(done?.logprobs as JsonObject[])).toEqual(expected)
  })
})

describe('the wish to know how likely tokens were', () => {
  test.each<[string, ClientTongue, UpstreamTongue, JsonObject, JsonObject]>([
    [
      'chat to responses',
      openai,
      responsesUpstream,
      { ...chat, top_logprobs: 2 },
      { include: ['message.output_text.logprobs'], top_logprobs: 2 },
    ],
    [
      'chat to gemini',
      openai,
      gemini,
      { ...chat, top_logprobs: 2 },
      { generationConfig: { responseLogprobs: true, logprobs: 2 } },
    ],
    ['chat to cohere', openai, cohere, chat, { logprobs: true }],
    ['chat to ollama', openai, ollama, { ...chat, top_logprobs: 2 }, { logprobs: true, top_logprobs: 2 }],
    ['responses to chat', responsesClient, openaiUpstream, response, { logprobs: true, top_logprobs: 1 }],
    [
      'responses to gemini',
      responsesClient,
      gemini,
      response,
      { generationConfig: { responseLogprobs: true, logprobs: 1 } },
    ],
  ])('goes along: %s', (_, client, upstream, body, wanted) => {
    expect(sent(client, upstream, body)).toMatchObject(wanted)
  })

  test('goes along beside the seal of the reasoning', () => {
    expect(sent(openai, responsesUpstream, chat, { upstreamModel: 'gpt-5.4' }).include).toEqual([
      'reasoning.encrypted_content',
      'message.output_text.logprobs',
    ])
  })
})
