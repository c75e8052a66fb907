import { describe, expect, it } from 'vitest'

import type { JsonObject } from '../../lib/core/json.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import { exchangeContract } from '../contracts/exchange.ts'
import { exchangeOf, fixture, framed, streaming } from '../support/gemini.ts'
import { accumulated, messageOf, streamed } from '../support/translated.ts'

const read = (name: string) => {
  const stream = streamed(streaming(), [framed(fixture(name))])
  return { ...stream, message: accumulated(stream.bytes + stream.tail) }
}

/** The chunks of a stream as the one reply that would have held all of them. */
function wholeOf(name: string): Uint8Array {
  const chunks = fixture(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { candidates: { content?: { parts: JsonObject[] } }[] })
  const parts = chunks.flatMap(({ candidates }) => candidates.flatMap(({ content }) => content?.parts ?? []))
  const last = chunks.at(-1)
  const candidate = { ...last?.candidates[0], content: { role: 'model', parts } }
  return Buffer.from(JSON.stringify({ ...last, candidates: [candidate] }))
}

exchangeContract('text of generateContent', () => streaming(), {
  stream: framed(fixture('text'), '\n'),
  completeAfter: 4,
  usage: { prompt: 12, completion: 38, cached: 8, reasoning: 31 },
})
exchangeContract('tools of generateContent', () => streaming(), {
  stream: framed(fixture('tools'), '\n'),
  completeAfter: 4,
  usage: { prompt: 30, completion: 25, cached: 0, reasoning: 5 },
})
exchangeContract('arguments in pieces of generateContent', () => streaming(), {
  stream: framed(fixture('streamed-arguments'), '\n'),
  completeAfter: 7,
  usage: { prompt: 40, completion: 34, cached: 0, reasoning: 9 },
})

describe('a stream of Gemini', () => {
  it.each(['text', 'tools', 'grounded', 'image', 'safety'])('%s equals its reply', (name) => {
    const whole = exchangeOf().whole(wholeOf(name))

    if ('failure' in whole) throw new Error(whole.failure.message)
    const { message, seen } = read(name)
    expect(message).toEqual(messageOf(String(whole.body)))
    expect(seen.usage).toEqual(whole.seen.usage)
  })

  it('counts what its last chunk counts, and what only earlier ones did', () => {
    const chunk = (usageMetadata: JsonObject, finishReason?: string) =>
      JSON.stringify({
        candidates: [{ content: { parts: [{ text: 'Hi' }] }, ...(finishReason && { finishReason }) }],
        usageMetadata,
      })
    const { seen } = streamed(streaming(), [
      framed(
        [
          chunk({ promptTokenCount: 10, cachedContentTokenCount: 4 }),
          chunk({ promptTokenCount: 9, candidatesTokenCount: 2 }, 'STOP'),
        ].join('\n'),
      ),
    ])

    expect(seen.usage).toMatchObject({ prompt: 9, cached: 4, completion: 2 })
  })

  it('counts no thoughts twice that the last chunk counts as its prompt', () => {
    const chunk = (parts: JsonObject[], usageMetadata: JsonObject, finishReason?: string) =>
      JSON.stringify({ candidates: [{ content: { parts }, ...(finishReason && { finishReason }) }], usageMetadata })
    const { seen } = streamed(streaming(), [
      framed(
        [
          chunk([{ executableCode: { language: 'PYTHON', code: 'print(6 * 7)' } }], {
            promptTokenCount: 46,
            candidatesTokenCount: 51,
            thoughtsTokenCount: 167,
            totalTokenCount: 264,
          }),
          chunk([{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '42' } }], {
            promptTokenCount: 46,
            totalTokenCount: 46,
          }),
          chunk([{ text: '42.' }], { promptTokenCount: 46, candidatesTokenCount: 3, totalTokenCount: 49 }),
          chunk(
            [{ text: '' }],
            { promptTokenCount: 213, candidatesTokenCount: 57, toolUsePromptTokenCount: 426, totalTokenCount: 696 },
            'STOP',
          ),
        ].join('\n'),
      ),
    ])

    expect(seen.usage).toMatchObject({ prompt: 639, completion: 57, reasoning: 0 })
  })

  it('gives thoughts as reasoning and the signature as it came', () => {
    const { message, bytes } = read('text')

    expect(message).toMatchObject({ content: 'Grüße, wörld 🦉', reasoning: 'I should greet.', finish: 'stop' })
    expect(message.thinkingBlocks).toEqual([{ type: 'thinking', thinking: '', signature: 'c2lnbmF0dXJl+/==' }])
    expect(bytes).toContain('"format":"google-gemini-v1"')
  })

  it('numbers parallel calls and names the call that is signed', () => {
    const { message, bytes } = read('tools')

    expect(message.finish).toBe('tool_calls')
    expect(message.calls).toEqual([
      { id: 'call_Abc-1_x_0', name: 'look', arguments: '{"city":"Oslo","depth":1}' },
      { id: 'call_Abc-1_x_1', name: 'look', arguments: '{}' },
      { id: 'call_Abc-1_x_2', name: 'look', arguments: '{}' },
    ])
    expect(bytes).toMatch(/"signature":"Zmlyc3Q=","format":"google-gemini-v1","id":"call_Abc-1_x_0"/)
  })

  it('puts arguments together that come in pieces', () => {
    expect(read('streamed-arguments').message.calls.map((call) => [call.name, JSON.parse(call.arguments)])).toEqual([
      ['plan', { days: [{ 'a.b': 'Oslo' }, { open: false, price: 0.5 }], note: null }],
      ['rest', {}],
    ])
  })

  it('cites by places in the text, counted as JavaScript counts them, and bills the search', () => {
    const { message, seen } = read('grounded')

    const text = 'Die größte Stadt ist Oslo.'
    expect(message.content).toBe(text)
    expect(message.annotations).toEqual([
      {
        type: 'url_citation',
        url_citation: {
          url: 'https://b.example/2',
          title: 'B',
          start_index: text.indexOf('Stadt'),
          end_index: text.length,
        },
      },
    ])
    expect(seen.usage).toMatchObject({ prompt: 110, completion: 9, webSearches: 1 })
  })

  it('never hands the client code that the provider ran', () => {
    const { message } = read('grounded')

    expect(message.calls).toEqual([])
    expect(message.finish).toBe('stop')
    expect(message.fields.blocks).toMatchObject([
      { executableCode: { code: 'print(1)' } },
      { codeExecutionResult: { output: '1\n' } },
      { groundingMetadata: { webSearchQueries: ['stadt norwegen', 'oslo'] } },
    ])
  })

  describe('with code that Google runs', () => {
    const chunk = (part: JsonObject, finishReason?: string) =>
      JSON.stringify({ candidates: [{ content: { parts: [part] }, ...(finishReason && { finishReason }) }] })
    const code = chunk({ executableCode: { language: 'PYTHON', code: 'print(1)' }, thought: true })
    const stopped = chunk({ executableCode: { language: 'PYTHON', code: 'print(2)' } }, 'STOP')
    const result = chunk({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } })
    const words = chunk({ text: 'Two.' }, 'STOP')
    const of = (...chunks: string[]) => streamed(streaming(), [framed(chunks.join('\n'))])

    it('keeps what ran while it thought, and goes on behind an early end', () => {
      const { bytes, tail, failure } = of(code, stopped, result, words)
      const message = accumulated(bytes + tail)

      expect(failure).toBeUndefined()
      expect(message).toMatchObject({ content: 'Two.', reasoning: '', calls: [], finish: 'stop' })
      expect(message.fields.blocks).toMatchObject([
        { executableCode: { code: 'print(1)' } },
        { executableCode: { code: 'print(2)' } },
        { codeExecutionResult: { output: '2' } },
      ])
    })

    it('is cut where it ends before anything came of the code', () => {
      expect(of(code, stopped).failure?.kind).toBe('cut')
      expect(of(code, stopped, result).failure).toBeUndefined()
    })
  })

  it('gives pictures as images of the message', () => {
    const whole = exchangeOf().whole(wholeOf('image'))

    if ('failure' in whole) throw new Error(whole.failure.message)
    const { choices } = JSON.parse(String(whole.body)) as { choices: { message: JsonObject }[] }
    expect(choices[0]?.message).toMatchObject({
      content: 'Here: ',
      images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }],
    })
    expect(read('image').bytes).toContain('"images":[{"index":0,"type":"image_url"')
  })

  it.each([
    ['thoughts-only', 'length', ''],
    ['safety', 'content_filter', 'To build'],
  ])('%s ends with %s', (name, finish, content) => {
    expect(read(name).message).toMatchObject({ finish, content })
  })

  it.each([
    ['blocked', { kind: 'content_policy', status: 200, mayHaveCost: true }],
    ['malformed-call', { kind: 'server', code: 'MALFORMED_FUNCTION_CALL', mayHaveCost: true }],
    ['error-inside', { kind: 'overloaded', status: 503, code: 'UNAVAILABLE', mayHaveCost: true }],
  ])('%s is a failure, and what was counted is known', (name, failure) => {
    const broken = read(name)

    expect(broken).toMatchObject({ failure, tail: '', finished: false })
    expect(broken.seen.usage?.prompt).toBeGreaterThan(0)
  })

  it('keeps a call and its arguments together, whatever comes before they are said to be whole', () => {
    const parts = [
      { functionCall: { name: 'plan', willContinue: true } },
      {
        functionCall: { partialArgs: [{ jsonPath: '$.a', stringValue: 'x' }], willContinue: true },
        thoughtSignature: 'late',
      },
      { text: 'So.' },
    ]
    const lines = parts.map((part) => JSON.stringify({ candidates: [{ content: { parts: [part] } }] }))
    const end = JSON.stringify({ candidates: [{ finishReason: 'STOP' }] })

    const { bytes, tail } = streamed(streaming(), [framed([...lines, end].join('\n'))])
    const message = accumulated(bytes + tail)
    expect(message).toMatchObject({ content: 'So.', finish: 'tool_calls', calls: [{ arguments: '{"a":"x"}' }] })
    expect(message.thinkingBlocks).toMatchObject([{ signature: 'late' }])
  })

  it('is a failure where its arguments cannot be put together', () => {
    const lines = [
      { functionCall: { name: 'plan', willContinue: true } },
      { functionCall: { partialArgs: [{ jsonPath: '$.__proto__.x', stringValue: '1' }] } },
    ].map((part) => JSON.stringify({ candidates: [{ content: { parts: [part] } }] }))

    expect(streamed(streaming(), [framed(lines.join('\n'))]).failure).toMatchObject({ kind: 'malformed' })
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
  })

  it('speaks to clients of the messages API with the signature in front of its call', () => {
    const exchange = exchangeOf(
      { stream: true, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] },
      {},
      anthropicClient,
    )
    const { bytes, tail } = streamed(exchange, [framed(fixture('tools'))])

    const started = [...(bytes + tail).matchAll(/"content_block":\{"type":"(\w+)"/g)].map(([, type]) => type)
    expect(started).toEqual(['thinking', 'thinking', 'tool_use', 'tool_use', 'tool_use'])
    expect(tail).toContain('"stop_reason":"tool_use"')
  })
})

describe('a finish reason told by its number', () => {
  it.each([
    [1, 'stop'],
    [2, 'length'],
    [3, 'content_filter'],
    [8, 'content_filter'],
  ])('%s ends with %s, whole and streamed', (finishReason, finish) => {
    const chunk = { candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason }] }
    const { bytes, tail } = streamed(streaming(), [framed(JSON.stringify(chunk))])
    const whole = exchangeOf().whole(Buffer.from(JSON.stringify(chunk)))

    expect(accumulated(bytes + tail)).toMatchObject({ content: 'Hi', finish })
    expect('body' in whole && messageOf(String(whole.body))).toMatchObject({ content: 'Hi', finish })
  })
})

describe('a reply of Gemini', () => {
  const failureOf = (body: unknown) => {
    const reply = exchangeOf().whole(Buffer.from(JSON.stringify(body)))
    return 'failure' in reply ? reply.failure : undefined
  }

  it('without a candidate is no answer', () => {
    expect(failureOf({ usageMetadata: { promptTokenCount: 3 } })).toMatchObject({
      kind: 'malformed',
      mayHaveCost: true,
    })
  })

  it('to a blocked prompt is a refusal that names the reason', () => {
    expect(failureOf({ promptFeedback: { blockReason: 'SAFETY' } })).toMatchObject({
      kind: 'content_policy',
      message: 'The provider blocked the prompt (SAFETY).',
    })
    const armor = { blockReason: 'MODEL_ARMOR', blockReasonMessage: 'The prompt violated a filter.' }
    expect(failureOf({ promptFeedback: armor })).toMatchObject({
      message: 'The provider blocked the prompt (MODEL_ARMOR): The prompt violated a filter.',
    })
  })

  it.each(['UNEXPECTED_TOOL_CALL', 'OTHER', 'NO_IMAGE'])(
    'that ends with %s is one where it holds text',
    (finishReason) => {
      const candidate = (parts: JsonObject[]) => ({ candidates: [{ content: { parts }, finishReason }] })

      expect(failureOf(candidate([]))).toMatchObject({ kind: 'server', code: finishReason })
      expect(failureOf(candidate([{ text: 'Half' }]))).toBeUndefined()
    },
  )

  it('keeps numbers of arguments as they were written', () => {
    const body =
      '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"n":12345678901234567890}}}]}}]}'
    const reply = exchangeOf().whole(Buffer.from(body))

    expect('body' in reply && messageOf(String(reply.body)).calls[0]?.arguments).toBe('{"n":12345678901234567890}')
  })
})
