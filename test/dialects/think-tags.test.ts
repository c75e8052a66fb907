import { describe, expect, test } from 'vitest'
import type { ChatPart } from '../../lib/core/chat.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { readThinkTags } from '../../lib/dialects/openai/think-tags.ts'
import { accumulated, callOf, exchangeOptions, hello, messageOf, streamed } from '../support/translated.ts'

const finish: ChatPart = { type: 'finish', reason: 'stop', native: 'stop' }

function told(...pieces: string[]) {
  const filter = readThinkTags()
  const parts = [...pieces.map((text): ChatPart => ({ type: 'text', block: 0, text })), finish].flatMap(filter)
  const joined = (type: 'text' | 'reasoning') =>
    parts.flatMap((part) => (part.type === type ? [part.text] : [])).join('')
  return { reasoning: joined('reasoning'), text: joined('text'), parts }
}

describe('reasoning between think tags', () => {
  const answer = '<think>\nOne <b> two </th\n</think>\n\nThree </think> four'

  test('is told apart from the text, wherever the pieces are cut', () => {
    const expected = { reasoning: 'One <b> two </th\n', text: 'Three </think> four' }
    for (let at = 0; at <= answer.length; at++) {
      expect(told(answer.slice(0, at), answer.slice(at)), `cut at ${at}`).toMatchObject(expected)
    }
    expect(told(...answer.split(''))).toMatchObject(expected)
  })

  test('is a block in front of the others', () => {
    const blocks = told('<think>a</think>b').parts.flatMap((part) => ('block' in part ? [[part.type, part.block]] : []))

    expect(blocks).toEqual([
      ['reasoning', 0],
      ['text', 1],
    ])
  })

  test.each([
    ['no tags', 'Just text'],
    ['a tag later on', 'Text <think>x</think>'],
    ['half a tag', ' <thi'],
    ['white space', ' \n'],
  ])('is not seen where there is none: %s', (_, text) => {
    expect(told(...text.split(''))).toMatchObject({ reasoning: '', text })
  })

  test('that never ends is all reasoning', () => {
    expect(told('<think>a', 'b</thi')).toMatchObject({ reasoning: 'ab</thi', text: '' })
  })
})

describe('a host whose flag says so', () => {
  const options = exchangeOptions({ flags: { reasoningResponse: 'think_tags' }, upstreamModel: 'deepseek-r1' })
  const both = { client: 'openai', upstream: 'openai' } as const
  const body = { ...hello, top_k: 3, chat_template_kwargs: { a: 1 } }

  test('gets the request as it was written, and its reply is read', async () => {
    const bound = await exchange(both, callOf(body), options)
    const choice = { index: 0, message: { content: '<think>Hm</think>Yes' }, finish_reason: 'stop' }

    const reply = bound.whole(Buffer.from(JSON.stringify({ choices: [choice] })))

    expect(JSON.parse(bound.body)).toEqual({ ...body, model: 'deepseek-r1' })
    if ('failure' in reply) return expect.fail(reply.failure.message)
    expect(messageOf(String(reply.body))).toMatchObject({ reasoning: 'Hm', content: 'Yes' })
  })

  test('streams it as reasoning', async () => {
    const bound = await exchange(both, callOf({ ...body, stream: true }), options)
    const chunks = ['<thi', 'nk>Hm', '</think>', '\nYes']
      .map((content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }))
      .concat([{ choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' as never }] }])

    const read = streamed(bound, [Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''))])

    expect(accumulated(read.bytes + read.tail)).toMatchObject({ reasoning: 'Hm', content: 'Yes', finish: 'stop' })
  })

  test('says nothing to clients of other tongues, whose replies pass', async () => {
    const messages = { client: 'anthropic', upstream: 'anthropic' } as const
    const text = '{"type":"message","content":[{"type":"text","text":"<think>Hm</think>Yes"}],"stop_reason":"end_turn"}'
    const bound = await exchange(messages, callOf({ ...hello, max_tokens: 9 }), options)
    const reply = bound.whole(Buffer.from(text))

    expect('body' in reply && Buffer.from(reply.body).toString()).toBe(text)
  })
})
