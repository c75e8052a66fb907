import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { GatewayError } from '../../lib/core/errors.ts'
import { isObject, type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import { exchangeOf, sent } from '../support/gemini.ts'
import { sent as claude } from '../support/translated.ts'

const user = (content: JsonObject['']): JsonObject => ({ role: 'user', content })
const call = (id: string, args = '{}', name = 'look'): JsonObject => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})
const calling = (...calls: JsonObject[]): JsonObject => ({ role: 'assistant', content: null, tool_calls: calls })
const result = (id: string, content: JsonObject[''] = 'done'): JsonObject => ({
  role: 'tool',
  tool_call_id: id,
  content,
})
const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]
const contents = (messages: JsonObject[], upstreamModel = 'gemini-2.5-flash') =>
  sent({ messages, tools }, { upstreamModel }).contents as { role: string; parts: JsonObject[] }[]
const pixel = 'data:image/jpg;base64,iVBORw0KGgo='

function refusal(run: () => unknown): GatewayError {
  try {
    run()
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('was not refused')
}

describe('messages', () => {
  it('give instructions a place of their own, and later ones keep theirs', () => {
    const body = sent({
      messages: [
        { role: 'system', content: 'One' },
        { role: 'developer', content: 'Two' },
        user('Hi'),
        { role: 'assistant', content: 'Yes' },
        { role: 'system', content: 'Now' },
      ],
    })

    expect(body.systemInstruction).toEqual({ parts: [{ text: 'One' }, { text: 'Two' }] })
    expect(body.contents).toEqual([
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts: [{ text: 'Yes' }] },
      { role: 'user', parts: [{ text: '<system>Now</system>' }] },
    ])
    expect(body).not.toHaveProperty('model')
    expect(body).not.toHaveProperty('stream')
  })

  it('say instructions first in what the user says, where a model has no place for them', () => {
    const body = sent(
      { messages: [{ role: 'system', content: 'Be kind' }, user('Hi')] },
      { upstreamModel: 'gemma-3-27b-it' },
    )

    expect(body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Be kind' }, { text: 'Hi' }] }] })
  })

  it('hold images and documents as data, by what they are and not by what they are called', () => {
    const pdf = { type: 'file', file: { file_data: 'data:application/octet-stream;base64,JVBERi0=' } }

    expect(contents([user([{ type: 'image_url', image_url: { url: pixel } }, pdf])])[0]?.parts).toEqual([
      { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
    ])
  })

  it('hold audio, which other tongues refuse by its place', () => {
    const messages = [
      user([
        { type: 'text', text: 'Hear' },
        { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
      ]),
    ]

    expect(contents(messages)[0]?.parts[1]).toEqual({ inlineData: { mimeType: 'audio/mpeg', data: 'AAAA' } })
    expect(refusal(() => claude({ messages }))).toMatchObject({
      code: 'unsupported_parameter',
      detail: { param: 'messages[0].content[1].type' },
    })
  })

  it('leave files where they are for models that read them there, and are refused for others', () => {
    const remote = [user([{ type: 'image_url', image_url: { url: 'https://a.example/cat.webp?x=1' } }])]
    const video = [user([{ type: 'file', file: { file_id: 'https://youtu.be/abc' } }])]

    expect(contents(remote)[0]?.parts).toEqual([
      { fileData: { mimeType: 'image/webp', fileUri: 'https://a.example/cat.webp?x=1' } },
    ])
    expect(contents(video, 'gemini-2.0-flash')[0]?.parts).toEqual([
      { fileData: { mimeType: 'video/mp4', fileUri: 'https://youtu.be/abc' } },
    ])
    expect(refusal(() => contents(remote, 'gemini-2.0-flash'))).toMatchObject({
      code: 'unsupported_parameter',
      message: expect.stringContaining('data URL') as string,
    })
  })
})

describe('tool results', () => {
  it('stand alone in the next content, in the order of the calls, by name', () => {
    const messages = contents([
      user('Hi'),
      calling(call('a', '{"n":1}'), call('b', '', 'find.it')),
      result('b', '{"found":12345678901234567890}'),
      result('a', 'plain'),
      user('And?'),
    ])

    expect(messages.slice(1)).toEqual([
      {
        role: 'model',
        parts: [{ functionCall: { name: 'look', args: { n: 1 } } }, { functionCall: { name: 'find.it', args: {} } }],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'look', response: { output: 'plain' } } },
          { functionResponse: { name: 'find.it', response: { found: expect.anything() as unknown } } },
        ],
      },
      { role: 'user', parts: [{ text: 'And?' }] },
    ])
    expect(
      exchangeOf({ messages: [user('Hi'), calling(call('a')), result('a', '{"n":12345678901234567890}')] }).body,
    ).toContain('{"n":12345678901234567890}')
  })

  it('carry the ids of their calls where the host takes them', () => {
    const body = sent({ messages: [user('Hi'), calling(call('a')), result('a')] }, { flags: { callIds: true } })

    const [, asked, answered] = listOf(body.contents).map((content) => objectOf(listOf(objectOf(content).parts)[0]))
    expect(objectOf(asked?.functionCall).id).toBe('a')
    expect(objectOf(answered?.functionResponse).id).toBe('a')
  })

  it.each([
    ['gemini-3-pro-preview', [['functionResponse']]],
    ['gemini-2.5-flash', [['functionResponse'], ['inlineData']]],
  ])('hold pictures, or are followed by them (%s)', (model, kinds) => {
    const picture = [
      { type: 'text', text: 'See' },
      { type: 'image_url', image_url: { url: pixel } },
    ]
    const messages = contents([user('Hi'), calling(call('a')), result('a', picture)], model)

    expect(messages.slice(2).map(({ parts }) => parts.flatMap(Object.keys))).toEqual(kinds)
  })

  it('that are missing or answer nothing do not break the conversation', () => {
    const messages = contents([user('Hi'), calling(call('a'), call('b')), result('b'), result('x', 'lost')])

    expect(messages.slice(2)).toEqual([
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'look', response: { error: 'No result.' } } },
          { functionResponse: { name: 'look', response: { output: 'done' } } },
        ],
      },
      { role: 'user', parts: [{ text: 'Tool result x:' }, { text: 'lost' }] },
    ])
  })
})

describe('signatures', () => {
  const signed = (details: JsonObject[], more: JsonObject = {}) =>
    contents(
      [user('Hi'), { role: 'assistant', content: 'Text', reasoning_details: details, ...more }, user('Go')],
      'gemini-3-pro-preview',
    )[1]?.parts
  const seal = (signature: string, more: JsonObject = {}): JsonObject => ({
    type: 'reasoning.text',
    text: '',
    signature,
    format: 'google-gemini-v1',
    ...more,
  })

  it('return to the call they name, and to the text', () => {
    const parts = signed([seal('t=='), seal('b+/', { id: 'b' })], { tool_calls: [call('a'), call('b')] })

    expect(parts?.map((part) => part.thoughtSignature)).toEqual(['t==', undefined, 'b+/'])
  })

  it('without a name return to the first call, else to the text', () => {
    expect(signed([seal('s')], { tool_calls: [call('a'), call('b')] })?.map((part) => part.thoughtSignature)).toEqual([
      undefined,
      's',
      undefined,
    ])
    expect(signed([seal('s')])).toEqual([{ text: 'Text', thoughtSignature: 's' }])
  })

  it('stay with their calls for clients of the messages API, which keep blocks in order', () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Both.' },
          { type: 'tool_use', id: 'a', name: 'look', input: {} },
          { type: 'thinking', thinking: '', signature: 'purser:google-gemini-v1:b+/==' },
          { type: 'tool_use', id: 'b', name: 'look', input: {} },
        ],
      },
      { role: 'user', content: ['a', 'b'].map((tool_use_id) => ({ type: 'tool_result', tool_use_id, content: 'ok' })) },
    ]
    const exchange = exchangeOf({ max_tokens: 9, messages }, { upstreamModel: 'gemini-3-pro-preview' }, anthropicClient)

    const turn = objectOf(listOf((JSON.parse(exchange.body) as JsonObject).contents)[1])
    expect(listOf(turn.parts).map((part) => objectOf(part).thoughtSignature)).toEqual([undefined, undefined, 'b+/=='])
  })

  it('of other providers, and thoughts nobody signed, are not sent', () => {
    const foreign = { ...seal('x'), format: 'anthropic-claude-v1' }

    expect(signed([foreign, { type: 'reasoning.text', text: 'Hm', format: 'google-gemini-v1' }])).toEqual([
      { text: 'Text' },
    ])
  })

  it.each([
    ['gemini-3-pro-preview', ['skip_thought_signature_validator', undefined]],
    ['gemini-2.5-pro', [undefined, undefined]],
  ])('that a history lacks are made up for where the model insists (%s)', (model, signatures) => {
    const parts = contents([user('Hi'), calling(call('a'), call('b')), result('a'), result('b')], model)[1]?.parts

    expect(parts?.map((part) => part.thoughtSignature)).toEqual(signatures)
  })
})

describe('reasoning', () => {
  const thinking = (upstreamModel: string, body: JsonObject) =>
    objectOf(sent(body, { upstreamModel }).generationConfig).thinkingConfig

  it.each([
    ['gemini-2.5-flash', 'low', { thinkingBudget: 1024, includeThoughts: true }],
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0, includeThoughts: false }],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128, includeThoughts: false }],
    ['gemini-2.5-flash-lite', 'minimal', { thinkingBudget: 512, includeThoughts: true }],
    ['gemini-2.5-flash', 'max', { thinkingBudget: 24_576, includeThoughts: true }],
    ['gemini-3-pro-preview', 'medium', { thinkingLevel: 'HIGH', includeThoughts: true }],
    ['gemini-3-pro-preview', 'none', { thinkingLevel: 'LOW', includeThoughts: false }],
    ['gemini-3-flash-preview', 'minimal', { thinkingLevel: 'MINIMAL', includeThoughts: true }],
    ['gemini-3.7-flash', 'minimal', { thinkingLevel: 'LOW', includeThoughts: true }],
    ['gemini-9-ultra', 'xhigh', { thinkingLevel: 'HIGH', includeThoughts: true }],
  ])('of %s with effort %s', (model, reasoning_effort, config) => {
    expect(thinking(model, { reasoning_effort })).toEqual(config)
  })

  it('has a budget or a level by a number of tokens, and room for the answer', () => {
    const budget = (tokens: number) => ({ thinking: { type: 'enabled', budget_tokens: tokens } })

    expect(thinking('gemini-2.5-pro', budget(5000))).toMatchObject({ thinkingBudget: 5000 })
    expect(thinking('gemini-2.5-pro', { ...budget(5000), max_tokens: 1000 })).toMatchObject({ thinkingBudget: 500 })
    expect(thinking('gemini-3-pro-preview', budget(2000))).toMatchObject({ thinkingLevel: 'LOW' })
    expect(thinking('gemini-2.5-pro', { thinking: { type: 'adaptive' } })).toMatchObject({ thinkingBudget: -1 })
  })

  it('is named as dropped where the model does not think, and is not spoken of unasked', () => {
    expect(exchangeOf({ reasoning_effort: 'high' }, { upstreamModel: 'gemini-2.0-flash' }).dropped).toEqual([
      'reasoning_effort',
    ])
    expect(thinking('gemini-3-pro-preview', {})).toBeUndefined()
  })
})

describe('parameters', () => {
  it('go where they belong', () => {
    const body = sent(
      {
        max_completion_tokens: 50,
        temperature: 1.5,
        top_p: 0.5,
        top_k: 5,
        stop: ['a', 'b'],
        seed: 7,
        frequency_penalty: 0.5,
        modalities: ['text', 'image'],
        safety_settings: [{ category: 'X', threshold: 'OFF' }],
      },
      { outputCap: 40 },
    )

    expect(body.generationConfig).toEqual({
      maxOutputTokens: 40,
      temperature: 1.5,
      topP: 0.5,
      topK: 5,
      stopSequences: ['a', 'b'],
      seed: 7,
      frequencyPenalty: 0.5,
      responseModalities: ['TEXT', 'IMAGE'],
    })
    expect(body.safetySettings).toEqual([{ category: 'X', threshold: 'OFF' }])
  })

  it('that change nothing are dropped and named', () => {
    expect(
      exchangeOf({ user: 'u', logit_bias: { 1: 1 }, tools, parallel_tool_calls: false }).dropped.toSorted(),
    ).toEqual(['logit_bias', 'parallel_tool_calls', 'user'])
  })

  it.each([
    ['gemini-2.0-flash', { presencePenalty: 0.5 }, []],
    ['gemini-2.5-flash', {}, ['presence_penalty']],
    ['gemini-3-flash-preview', {}, ['presence_penalty']],
  ])('that only some models take (%s) are left out for the others where that is wanted', (model, generation, names) => {
    const options = { upstreamModel: model, dropParams: true }

    expect(sent({ presence_penalty: 0.5 }, options).generationConfig ?? {}).toEqual(generation)
    expect(exchangeOf({ presence_penalty: 0.5 }, options).dropped).toEqual(names)
  })

  it.each([
    ['audio', { audio: { voice: 'alloy', format: 'wav' } }],
    ['stop', { stop: ['1', '2', '3', '4', '5', '6'] }],
    ['cached_content', { cached_content: 'cachedContents/x' }],
    ['modalities', { modalities: ['text', 'audio'] }],
  ])('that cannot be had (%s) are refused by name, or dropped and named', (param, body) => {
    expect(refusal(() => sent(body))).toMatchObject({ code: 'unsupported_parameter', detail: { param } })
    expect(exchangeOf(body, { dropParams: true }).dropped).toEqual([param])
  })

  it('of the deployment go along, the tongue’s own too', () => {
    const params = { cached_content: 'cachedContents/x', seed: 3, labels: { team: 'a' }, generationConfig: { topK: 9 } }

    expect(sent({ temperature: 0 }, { params })).toMatchObject({
      cachedContent: 'cachedContents/x',
      labels: { team: 'a' },
      generationConfig: { topK: 9, seed: 3, temperature: 0 },
    })
  })
})

describe('any conversation', () => {
  const text = fc.constantFrom('', ' ', 'hi', 'ok\n')
  const id = fc.constantFrom('a', 'b', 'c')
  const content = fc.oneof(
    text,
    fc.constant(null),
    fc.array(
      fc.oneof(
        text.map((words) => ({ type: 'text', text: words })),
        fc.constant({ type: 'image_url', image_url: { url: pixel } }),
      ),
    ),
  )
  const details = fc.array(
    fc.record({
      type: fc.constant('reasoning.text'),
      text: fc.constantFrom('', 'Hm'),
      signature: fc.constantFrom('s1', 's2'),
      format: fc.constantFrom('google-gemini-v1', 'anthropic-claude-v1'),
    }),
    { maxLength: 2 },
  )
  const message: fc.Arbitrary<JsonObject> = fc.oneof(
    fc.record({ role: fc.constantFrom('system', 'developer'), content: text }),
    fc.record({ role: fc.constant('user'), content }),
    fc.record({ role: fc.constant('assistant'), content: text, reasoning_details: details }),
    fc.record({
      role: fc.constant('assistant'),
      content: fc.constant(null),
      tool_calls: fc.array(
        fc.tuple(id, fc.constantFrom('{}', '{"a":1}', '', 'oops', '[1]')).map(([n, args]) => call(n, args)),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      reasoning_details: details,
    }),
    fc.record({ role: fc.constant('tool'), tool_call_id: id, content: text }),
  )

  it('becomes one that the API takes', () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('gemini-2.0-flash', 'gemini-3-pro-preview', 'gemma-3-27b-it'),
        (messages, model) => {
          const printed = contents(messages, model)
          expect(printed[0]?.role).toBe('user')
          for (const [at, { role, parts }] of printed.entries()) {
            expect(parts.length).toBeGreaterThan(0)
            for (const part of parts) expect(kindsOf(part)).toHaveLength(1)
            expect(parts.every((part) => part.text !== '' || 'thoughtSignature' in part)).toBe(true)
            const calls = parts.filter((part) => isObject(part.functionCall))
            const answers = parts.filter((part) => isObject(part.functionResponse))
            // Results share a content with nothing else, and are as many as the calls before them.
            if (answers.length > 0) {
              expect([role, answers.length]).toEqual(['user', parts.length])
              const before = printed[at - 1]?.parts.filter((part) => isObject(part.functionCall)) ?? []
              expect(before.map((part) => objectOf(part.functionCall).name)).toEqual(
                answers.map((part) => objectOf(part.functionResponse).name),
              )
            }
            if (calls.length > 0) {
              expect(role).toBe('model')
              expect(printed[at + 1]?.parts.every((part) => isObject(part.functionResponse))).toBe(true)
              expect(calls.every((part) => isObject(objectOf(part.functionCall).args))).toBe(true)
              if (model.includes('gemini-3')) expect(calls.some((part) => 'thoughtSignature' in part)).toBe(true)
            }
          }
          expect(JSON.stringify(printed)).not.toContain('anthropic')
        },
      ),
      { numRuns: 400 },
    )
  })

  const kinds = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse']
  const kindsOf = (part: JsonObject) => Object.keys(part).filter((name) => kinds.includes(name))
})
