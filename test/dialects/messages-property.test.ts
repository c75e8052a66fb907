import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatMessage, ChatPart } from '../../lib/core/chat.ts'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import { anthropic } from '../../lib/dialects/anthropic/index.ts'
import { signatureFormat } from '../../lib/dialects/anthropic/reply-blocks.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import type { ReplyMeta } from '../../lib/dialects/tongue.ts'
import { parseRequest } from '../../lib/dialects/anthropic/client-request.ts'
import { printRequest } from '../../lib/dialects/anthropic/request.ts'
import { asked, chatSent, messageOf, passExchange } from '../support/messages.ts'
import { exchangeOptions } from '../support/translated.ts'

const word = fc.stringMatching(/^[a-z]{1,8}$/)
const text = fc.record({ type: fc.constant('text'), text: word })
const signed = fc.record({
  type: fc.constant('thinking'),
  thinking: fc.string(),
  signature: fc.base64String({ minLength: 8 }),
})
const image = fc.constant({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } })

/** Turns as a client keeps them: the user asks, the assistant thinks, speaks and calls, the user answers every call. */
const exchangeOfTurns = fc
  .record({
    question: fc.array(fc.oneof(text, image), { minLength: 1, maxLength: 3 }),
    thinking: fc.array(signed, { maxLength: 1 }),
    words: fc.array(text, { maxLength: 2 }),
    calls: fc.array(
      fc.record({ name: word, input: fc.dictionary(word, fc.oneof(word, fc.integer()), { maxKeys: 2 }) }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    answers: fc.array(fc.oneof(word, fc.array(fc.oneof(text, image), { minLength: 1, maxLength: 2 })), {
      minLength: 3,
      maxLength: 3,
    }),
    failed: fc.boolean(),
    aside: fc.array(text, { maxLength: 1 }),
  })
  .map(({ question, thinking, words, calls, answers, failed, aside }) => (turn: number): JsonObject[] => [
    { role: 'user', content: question },
    {
      role: 'assistant',
      content: [
        ...thinking,
        ...words,
        ...calls.map(({ name, input }, nth) => ({ type: 'tool_use', id: `toolu_${turn}_${nth}`, name, input })),
      ],
    },
    {
      role: 'user',
      content: [
        ...calls.map((_, nth) => ({
          type: 'tool_result',
          tool_use_id: `toolu_${turn}_${nth}`,
          ...(failed && nth === 0 && { is_error: true }),
          content: answers[nth] ?? '',
        })),
        ...aside,
      ],
    },
  ])
const conversation = fc
  .array(exchangeOfTurns, { minLength: 1, maxLength: 3 })
  .map((turns) => turns.flatMap((make, at) => make(at)))

const plainText = (message: ChatMessage): string =>
  message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')

describe('any conversation of the messages API', () => {
  it('keeps roles, text, calls, ids, thinking and signatures through the hub and back', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const request = parseRequest({ ...asked, messages })
        const { body } = printRequest(request, { ...exchangeOptions(), native: {} })
        const again = parseRequest({ ...asked, messages: body.messages ?? [] })

        expect(again.messages.map(({ role }) => role)).toEqual(merged(request.messages).map(({ role }) => role))
        expect(again.messages.map(plainText).join()).toBe(merged(request.messages).map(plainText).join())
        const sealed = (all: readonly ChatMessage[]) =>
          all.flatMap((one) => (one.role === 'assistant' ? one.content.filter(({ type }) => type !== 'text') : []))
        expect(sealed(again.messages)).toEqual(sealed(request.messages))
      }),
      { numRuns: 150 },
    )
  })

  it('is one that a chat host takes: every call is answered right behind it, once, and nothing else is', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const sent = listOf(chatSent({ messages }).messages).map(objectOf)

        for (const [at, message] of sent.entries()) {
          const calls = listOf(message.tool_calls).map((call) => objectOf(call).id)
          const answers = sent.slice(at + 1, at + 1 + calls.length)
          expect(answers.map(({ role, tool_call_id: id }) => [role, id])).toEqual(calls.map((id) => ['tool', id]))
        }
        const called = sent.flatMap((message) => listOf(message.tool_calls).length).reduce((a, b) => a + b, 0)
        expect(sent.filter(({ role }) => role === 'tool')).toHaveLength(called)
      }),
      { numRuns: 150 },
    )
  })

  it('is passed on as it was written', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        expect(JSON.parse(passExchange({ messages }).body)).toMatchObject({ messages })
      }),
      { numRuns: 50 },
    )
  })
})

/** The parts of a whole answer, its blocks numbered as they come. */
const answer = fc
  .record({
    thinking: fc.option(fc.record({ text: fc.string({ minLength: 1 }), signature: fc.base64String({ minLength: 8 }) })),
    text: fc.string(),
    calls: fc.array(
      fc.record({ name: word, input: fc.dictionary(word, fc.oneof(word, fc.integer()), { maxKeys: 3 }) }),
      {
        maxLength: 3,
      },
    ),
    usage: fc.record({ prompt: fc.nat(1000), completion: fc.nat(1000), cached: fc.nat(100), cacheWrite: fc.nat(100) }),
  })
  .map(({ thinking, text, calls, usage }): ChatPart[] => [
    { type: 'start', id: 'x', model: 'm' },
    ...(thinking
      ? [
          { type: 'reasoning' as const, block: 0, text: thinking.text },
          { type: 'signature' as const, block: 0, signature: thinking.signature, format: signatureFormat },
        ]
      : []),
    { type: 'text', block: 1, text },
    ...calls.flatMap(({ name, input }, nth): ChatPart[] => [
      { type: 'call', block: 2 + nth, id: `call_${nth}`, name },
      { type: 'arguments', block: 2 + nth, text: JSON.stringify(input) },
    ]),
    { type: 'usage', usage: { ...usage, prompt: usage.prompt + usage.cached + usage.cacheWrite } },
    {
      type: 'finish',
      reason: calls.length > 0 ? 'tool_calls' : 'stop',
      native: calls.length > 0 ? 'tool_use' : 'end_turn',
    },
  ])

describe('any answer', () => {
  const meta: ReplyMeta = { id: 'x', created: 0, model: 'm', includeUsage: true, dollars: () => undefined }

  it('printed as a message and read again is the same to a chat client', () => {
    fc.assert(
      fc.property(answer, (parts) => {
        const message = JSON.parse(anthropicClient.printReply(parts, meta)) as JsonObject

        expect(JSON.parse(openai.printReply(anthropic.parseReply(message), meta))).toEqual(
          JSON.parse(openai.printReply(parts, meta)),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('is the same streamed and whole', () => {
    fc.assert(
      fc.property(answer, (parts) => {
        const printer = anthropicClient.streamPrinter(meta)
        const bytes = parts.flatMap((part) => {
          if (part.type !== 'finish') return printer.print(part).bytes
          const end = printer.finish(part)
          return [...end.bytes, ...end.tail]
        })
        const { usage, ...streamed } = messageOf(Buffer.concat(bytes).toString())
        const { usage: wholeUsage, ...whole } = JSON.parse(anthropicClient.printReply(parts, meta)) as JsonObject

        expect(streamed).toEqual(whole)
        expect(usage).toMatchObject(objectOf(wholeUsage))
      }),
      { numRuns: 300 },
    )
  })
})

/** Neighbours of one side are one turn on the wire, and results come before what else the user says. */
function merged(messages: readonly ChatMessage[]): ChatMessage[] {
  const turns: ChatMessage[] = []
  for (const message of messages) {
    const last = turns.at(-1)
    if (last && last.role === message.role && message.role !== 'tool')
      turns[turns.length - 1] = { ...last, content: [...last.content, ...message.content] } as ChatMessage
    else turns.push(message)
  }
  return turns
}
