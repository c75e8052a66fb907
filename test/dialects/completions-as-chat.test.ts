import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { asChat, toldAsCompletions } from '../../lib/dialects/completions/as-chat.ts'
import { completionsCall } from '../../lib/dialects/completions/index.ts'
import { anthropic } from '../../lib/dialects/anthropic/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { exchangeContract } from '../contracts/exchange.ts'
import { exchangeOptions, framed } from '../support/translated.ts'

const call = (more: JsonObject = {}) => completionsCall(JSON.stringify({ model: 'm', prompt: 'Once', ...more }))
const overChat = translator(openai, openaiUpstream)
const overMessages = translator(openai, anthropic)
const bound = (more: JsonObject = {}, translate = overChat) =>
  toldAsCompletions(translate(asChat(call(more)), exchangeOptions({ flags: { streamUsage: true } })))

const likely = {
  content: [{ token: ' upon', logprob: -0.5, bytes: null, top_logprobs: [{ token: ' a', logprob: -2 }] }],
}
const reply = {
  id: 'chatcmpl-1',
  model: 'up',
  choices: [
    { index: 0, message: { content: ' upon' }, logprobs: likely, finish_reason: 'stop' },
    { index: 1, message: { content: ' a time' }, finish_reason: 'length' },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 4 },
}

describe('a completion for a model that only chats', () => {
  test('is a chat of one message, with all that both know', () => {
    const params = {
      max_tokens: 9,
      temperature: 0.5,
      n: 2,
      stop: ['.'],
      logprobs: 2,
      user: 'u',
      best_of: 2,
      suffix: '',
    }

    expect(JSON.parse(bound(params).body)).toMatchObject({
      messages: [{ role: 'user', content: 'Once' }],
      max_tokens: 9,
      temperature: 0.5,
      n: 2,
      stop: ['.'],
      logprobs: true,
      top_logprobs: 2,
      user: 'u',
    })
    expect(JSON.parse(bound(params).body)).not.toHaveProperty('best_of')
    expect(JSON.parse(bound({ logprobs: 0 }).body)).toMatchObject({ logprobs: true })
    expect(JSON.parse(bound({ prompt: ['Once'] }).body)).toMatchObject({ messages: [{ content: 'Once' }] })
  })

  test.each([
    [{ prompt: ['a', 'b'] }, 'prompt'],
    [{ prompt: [1, 2] }, 'prompt'],
    [{ echo: true }, 'echo'],
    [{ suffix: 'end' }, 'suffix'],
    [{ best_of: 3, n: 2 }, 'best_of'],
  ])('is refused by name where no chat can do it: %j', (more, param) => {
    expect(() => bound(more)).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', detail: expect.objectContaining({ param }) as unknown }),
    )
  })

  test('is told whole, every choice and how likely it was', () => {
    const whole = bound({ n: 2, logprobs: 1 }).whole(Buffer.from(JSON.stringify(reply)))

    expect('body' in whole && JSON.parse(whole.body as string)).toEqual({
      id: 'r1'.replace(/^/, 'cmpl-'),
      object: 'text_completion',
      created: 1_700_000_000,
      model: 'up',
      choices: [
        {
          text: ' upon',
          index: 0,
          logprobs: {
            tokens: [' upon'],
            token_logprobs: [-0.5],
            top_logprobs: [{ ' a': -2 }],
            text_offset: [0],
          },
          finish_reason: 'stop',
        },
        { text: ' a time', index: 1, logprobs: null, finish_reason: 'length' },
      ],
      usage: expect.objectContaining({ prompt_tokens: 3, completion_tokens: 4 }) as unknown,
    })
  })
})

const lines = `
{"type":"message_start","message":{"id":"msg_1","model":"claude","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}
{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}
{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}
{"type":"content_block_stop","index":0}
{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}
{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" upon"}}
{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" a time ⏳"}}
{"type":"content_block_stop","index":1}
{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}
{"type":"message_stop"}`

exchangeContract(
  'a completion told from a message',
  () => bound({ stream: true, max_tokens: 20, stream_options: { include_usage: true } }, overMessages),
  { stream: framed(lines), completeAfter: 9, usage: { prompt: 5, completion: 9, cached: 0, cacheWrite: 0 } },
)

test('a streamed completion holds texts and their ends, and nothing of a chat', () => {
  const reader = bound({ stream: true, max_tokens: 20 }, overMessages).stream()
  const { bytes, tail } = reader.push(framed(lines))
  const chunks = Buffer.concat([...bytes, ...tail])
    .toString()
    .split('\n\n')
    .filter((block) => block.startsWith('data: {'))
    .map((block) => JSON.parse(block.slice(6)) as { object: string; choices: JsonObject[] })

  expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(['text_completion']))
  expect(chunks.flatMap(({ choices }) => choices)).toEqual([
    { text: ' upon', index: 0, logprobs: null, finish_reason: null },
    { text: ' a time ⏳', index: 0, logprobs: null, finish_reason: null },
    { text: '', index: 0, logprobs: null, finish_reason: 'stop' },
  ])
})
