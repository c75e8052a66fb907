import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import type { Flags } from '../../lib/dialects/flags.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { passThrough } from '../../lib/dialects/openai/passthrough.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf, exchangeOptions, hello } from '../support/translated.ts'

type Sent = { body: JsonObject; dropped: string[] }

const bind = {
  passing: passThrough,
  'told anew': translator(openai, openaiUpstream),
}
const ways = Object.keys(bind) as (keyof typeof bind)[]

/** The request as a host with these flags gets it, on both ways to it. */
function sent(way: keyof typeof bind, flags: Flags, body: JsonObject, more: Partial<ExchangeOptions> = {}): Sent {
  const options = exchangeOptions({ upstreamModel: 'some-model', flags, ...more })
  const exchange = bind[way](callOf({ ...hello, ...body }), options)
  return { body: JSON.parse(exchange.body) as JsonObject, dropped: exchange.dropped }
}

const user = (content: JsonObject['']): JsonObject => ({ role: 'user', content })
const says = (content: JsonObject[''], more: JsonObject = {}): JsonObject => ({ role: 'assistant', content, ...more })
const call = (id: string, name: string): JsonObject => ({ id, type: 'function', function: { name, arguments: '{}' } })
const result = (id: string, content: string): JsonObject => ({ role: 'tool', tool_call_id: id, content })
const tool = (name: string, more: JsonObject = {}, parameters: JsonObject = { type: 'object' }): JsonObject => ({
  type: 'function',
  function: { name, parameters, ...more },
})
const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }
const asked = { type: 'json_schema', json_schema: { name: 'answer', schema } }
const named = { type: 'function', function: { name: 'b' } }

const called = [user('Go'), says(null, { tool_calls: [call('call_one', 'a'), call('call_two', 'b')] })]
const answers = [result('call_one', '1'), result('call_two', '2')]

describe.each(ways)('a request that is %s', (way) => {
  const messagesOf = (flags: Flags, messages: JsonObject[]) => sent(way, flags, { messages }).body.messages
  const topOf = (flags: Flags, body: JsonObject, more: Partial<ExchangeOptions> = {}) => {
    const { body: full, dropped } = sent(way, flags, body, { dropParams: true, ...more })
    const { model: _model, messages: _messages, ...top } = full
    return { top, dropped }
  }

  test('has one system message where the host takes one alone', () => {
    const system = (content: string) => ({ role: 'system', content })

    expect(
      messagesOf({ systemRole: 'mergeToOne' }, [system('A'), user('x'), { role: 'developer', content: 'B' }]),
    ).toEqual([system('A\n\nB'), user('x')])
  })

  test('has the user say what the system would, where there is no such role', () => {
    expect(messagesOf({ systemRole: 'demoteToUser' }, [{ role: 'developer', content: 'A' }, user('x')])).toEqual([
      user('A'),
      user('x'),
    ])
  })

  test('has content as text where the host takes no parts', () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]
    const image = { type: 'image_url', image_url: { url: 'https://x/y.png' } }

    expect(messagesOf({ contentAsString: true }, [user(parts)])).toEqual([user('a\nb')])
    expect(messagesOf({ contentAsString: true }, [user([...parts, image])])).toEqual([user([...parts, image])])
  })

  test('has sides take turns, the user first', () => {
    const before = [says('Hi'), user('a'), user('b'), says('c'), says('d'), user('e')]

    expect(messagesOf({ requireAlternation: true }, before)).toEqual([
      user('.'),
      says('Hi'),
      user('a\n\nb'),
      says('c\n\nd'),
      user('e'),
    ])
  })

  test('joins text and parts, and leaves calls and their results apart', () => {
    const image = { type: 'image_url', image_url: { url: 'https://x/y.png' } }
    const joined = messagesOf({ requireAlternation: true }, [
      user('a'),
      user([image]),
      says('b'),
      ...called.slice(1),
      ...answers,
    ])

    expect(joined).toEqual([
      user([{ type: 'text', text: 'a' }, image]),
      says('b', { tool_calls: called[1]?.tool_calls ?? [] }),
      ...answers,
    ])
    const results = [...called, result('call_one', '1'), result('call_two', '2')]
    expect(messagesOf({ requireAlternation: true }, results)).toEqual(results)
  })

  test('has a word of the assistant between a result and the user', () => {
    expect(
      messagesOf({ toolThenUserFiller: true }, [
        ...called,
        result('call_one', '1'),
        result('call_two', '2'),
        user('x'),
      ]),
    ).toEqual([...called, result('call_one', '1'), result('call_two', '2'), says('OK'), user('x')])
  })

  test('has no empty turn of the assistant', () => {
    const kept = [user('x'), ...called.slice(1), ...answers]

    expect(
      messagesOf({ assistantNeedsContentOrCalls: true }, [
        user('x'),
        says(''),
        says(null),
        says([]),
        ...called.slice(1),
        ...answers,
      ]),
    ).toEqual(kept)
  })

  test('names the function of each result', () => {
    expect(
      messagesOf({ toolMessageNeedsName: true }, [...called, result('call_two', '2'), result('call_one', '1')]),
    ).toEqual([...called, { ...result('call_two', '2'), name: 'b' }, { ...result('call_one', '1'), name: 'a' }])
  })

  test('has results in the order of their calls', () => {
    expect(
      messagesOf({ toolResultOrder: 'calls' }, [...called, result('call_two', '2'), result('call_one', '1')]),
    ).toEqual([...called, result('call_one', '1'), result('call_two', '2')])
  })

  test('has ids of nine letters and digits, the same for a call and its result, and in every request', () => {
    const kept = [user('Go'), says(null, { tool_calls: [call('abcDEF123', 'a')] }), result('abcDEF123', '1')]
    const changed = messagesOf({ toolCallIdRule: 'nine_alphanumerics' }, [
      ...called,
      result('call_one', '1'),
      result('call_two', '2'),
    ]) as [JsonObject, { tool_calls: [{ id: string }, { id: string }] }, JsonObject, JsonObject]

    const [one, two] = changed[1].tool_calls.map(({ id }) => id)
    expect(one).toMatch(/^[A-Za-z0-9]{9}$/)
    expect(two).toMatch(/^[A-Za-z0-9]{9}$/)
    expect(one).not.toBe(two)
    expect([changed[2].tool_call_id, changed[3].tool_call_id]).toEqual([one, two])
    expect(messagesOf({ toolCallIdRule: 'nine_alphanumerics' }, kept)).toEqual(kept)
    expect(
      messagesOf({ toolCallIdRule: 'nine_alphanumerics' }, [
        ...called,
        result('call_one', '1'),
        result('call_two', '2'),
      ]),
    ).toEqual(changed)
  })

  test('has ids of word characters', () => {
    const odd = [user('Go'), says(null, { tool_calls: [call('a.b:c', 'a')] }), result('a.b:c', '1')]
    const [, asking, answer] = messagesOf({ toolCallIdRule: 'word_characters' }, odd) as JsonObject[]

    expect(answer?.tool_call_id).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(asking?.tool_calls).toMatchObject([{ id: answer?.tool_call_id }])
    expect(messagesOf({ toolCallIdRule: 'word_characters' }, [...called, ...answers])).toEqual([...called, ...answers])
  })

  const thought = [
    user('x'),
    says('y', {
      reasoning_content: 'Hm',
      // As another host's answer brings them along.
      provider_specific_fields: { native_finish_reason: 'end_turn' },
      annotations: [],
      refusal: null,
      audio: null,
    }),
    user('z'),
    says('w'),
    user('v'),
  ]
  test.each<[Flags['reasoningHistory'] & string, JsonObject, JsonObject]>([
    ['drop', {}, {}],
    ['require', { reasoning_content: 'Hm' }, { reasoning_content: '' }],
    ['keep', { reasoning_content: 'Hm' }, {}],
    ['reasoning', { reasoning: 'Hm' }, {}],
    ['details', { reasoning_details: [{ type: 'reasoning.text', text: 'Hm', index: 0 }] }, {}],
  ])('has reasoning of earlier turns by the rule "%s"', (reasoningHistory, first, second) => {
    expect(messagesOf({ reasoningHistory }, thought)).toEqual([
      user('x'),
      says('y', first),
      user('z'),
      says('w', second),
      user('v'),
    ])
  })

  test('hands seals back byte for byte', () => {
    const details = [
      { type: 'reasoning.text', text: 'Hm\n', signature: 'c2ln==', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'eHl6', format: 'anthropic-claude-v1', index: 1 },
    ]
    const turn = says('y', { reasoning_details: details })

    expect(messagesOf({ reasoningHistory: 'details' }, [user('x'), turn, user('z')])).toEqual([
      user('x'),
      turn,
      user('z'),
    ])
    expect(messagesOf({ reasoningHistory: 'thinking_blocks' }, [user('x'), turn, user('z')])).toEqual([
      user('x'),
      says('y', {
        reasoning_content: 'Hm\n',
        thinking_blocks: [
          { type: 'thinking', thinking: 'Hm\n', signature: 'c2ln==' },
          { type: 'redacted_thinking', data: 'eHl6' },
        ],
      }),
      user('z'),
    ])
  })

  test.each([
    [{ toolChoiceRequired: 'any' }, 'required', { tools: ['a', 'b'], tool_choice: 'any' }, []],
    [{ toolChoiceRequired: 'unsupported' }, 'required', { tools: ['a', 'b'] }, ['tool_choice']],
    [{ toolChoiceNamed: 'filter_any' }, named, { tools: ['b'], tool_choice: 'any' }, []],
    [{ toolChoiceNamed: 'filter_required' }, named, { tools: ['b'], tool_choice: 'required' }, []],
    [{ toolChoiceNamed: 'filter_auto' }, named, { tools: ['b'] }, ['tool_choice']],
    [{ toolChoiceNone: 'drop_tools' }, 'none', {}, []],
    [{ toolChoiceNone: 'drop_tools' }, 'auto', { tools: ['a', 'b'], tool_choice: 'auto' }, []],
  ] as const)('has the choice among tools in the words of a host with %o', (flags, choice, expected, dropped) => {
    const result = topOf(flags, { tools: [tool('a'), tool('b')], tool_choice: choice })
    const tools = result.top.tools as { function: { name: string } }[] | undefined

    expect({ ...result.top, ...(tools && { tools: tools.map((one) => one.function.name) }) }).toEqual(expected)
    expect(result.dropped).toEqual(dropped)
  })

  test('is refused where the host cannot be told to call', () => {
    const body = { tools: [tool('a')], tool_choice: 'required' }

    expect(() => sent(way, { toolChoiceRequired: 'unsupported' }, body)).toThrow(/tool_choice \("required"\)/)
  })

  test('names parallel calls as the host does, or not at all', () => {
    const body = { tools: [tool('a')], parallel_tool_calls: false }

    expect(topOf({ parallelToolCalls: { rename: 'parallel_function_calling' } }, body).top).toMatchObject({
      parallel_function_calling: false,
    })
    const { top, dropped } = topOf({ parallelToolCalls: 'drop' }, body)
    expect(top).not.toHaveProperty('parallel_tool_calls')
    expect(dropped).toEqual(['parallel_tool_calls'])
  })

  test('loses the strictness of tools where the host has none, and says so', () => {
    const { top, dropped } = topOf({ strictTools: 'drop' }, { tools: [tool('a', { strict: true })] })

    expect(top.tools).toEqual([tool('a')])
    expect(dropped).toEqual(['tools.strict'])
  })

  test('has schemas in the host’s dialect, in tools and in the format', () => {
    const { top } = topOf(
      { schemaDialect: 'no_additional_properties' },
      { tools: [tool('a', {}, { ...schema, properties: { deep: schema } })], response_format: asked },
    )
    const { additionalProperties: _, ...bare } = schema

    expect(top.tools).toEqual([tool('a', {}, { ...bare, properties: { deep: bare } })])
    expect(top.response_format).toEqual({ type: 'json_schema', json_schema: { name: 'answer', schema: bare } })
  })

  test('has the schema in words where the host takes none', () => {
    const body = { messages: [{ role: 'system', content: 'Be kind.' }, user('x')], response_format: asked }
    const object = sent(way, { responseFormat: 'json_object' }, body).body
    const none = sent(way, { responseFormat: 'none' }, body).body

    expect(object.response_format).toEqual({ type: 'json_object' })
    expect(none).not.toHaveProperty('response_format')
    for (const { messages } of [object, none]) {
      expect(messages).toEqual([
        { role: 'system', content: expect.stringMatching(/^Be kind\.\n\n.*JSON schema/) as string },
        user('x'),
      ])
      expect(JSON.stringify(messages)).toContain(JSON.stringify(JSON.stringify(schema)).slice(1, -1))
    }
  })

  test.each([
    ['effort', { reasoning_effort: 'low' }, { reasoning_effort: 'low' }],
    ['effort', { thinking: { type: 'enabled', budget_tokens: 9000 } }, { reasoning_effort: 'medium' }],
    ['thinking_type', { reasoning_effort: 'low' }, { thinking: { type: 'enabled' } }],
    ['thinking_type', { reasoning_effort: 'none' }, { thinking: { type: 'disabled' } }],
    ['thinking_effort', { reasoning_effort: 'low' }, { thinking: { type: 'enabled' }, reasoning_effort: 'low' }],
    ['thinking_effort', { reasoning_effort: 'none' }, { thinking: { type: 'disabled' } }],
    ['thinking_effort', { reasoning: { enabled: true } }, { thinking: { type: 'enabled' } }],
    ['enable_thinking', { reasoning_effort: 'low' }, { enable_thinking: true, thinking_budget: 2048 }],
    ['enable_thinking', { reasoning: { enabled: false } }, { enable_thinking: false }],
    [
      'enable_thinking',
      { thinking: { type: 'enabled', budget_tokens: 3000 } },
      { enable_thinking: true, thinking_budget: 3000 },
    ],
    ['reasoning_object', { reasoning_effort: 'high' }, { reasoning: { effort: 'high' } }],
    ['reasoning_object', { thinking: { type: 'enabled', budget_tokens: 3000 } }, { reasoning: { max_tokens: 3000 } }],
    ['chat_template', { reasoning_effort: 'none' }, { chat_template_kwargs: { enable_thinking: false } }],
    ['prompt_mode', { reasoning_effort: 'high' }, { prompt_mode: 'reasoning' }],
    ['prompt_mode', { reasoning_effort: 'none' }, {}],
  ] as const)('asks for reasoning by %s: %o', (reasoningRequest, wish, expected) => {
    expect(topOf({ reasoningRequest }, wish as JsonObject)).toEqual({ top: expected, dropped: [] })
  })

  test('says that a host without reasoning was not asked', () => {
    expect(topOf({ reasoningRequest: 'none' }, { reasoning_effort: 'high' })).toEqual({
      top: {},
      dropped: ['reasoning_effort'],
    })
    expect(
      topOf({ reasoningRequest: 'effort', maxTokensField: 'byModel' }, { reasoning: { effort: 'low' } }).top,
    ).toEqual({})
  })

  test.each([
    [['low', 'medium', 'high'], 'minimal', 'low'],
    [['low', 'medium', 'high'], 'xhigh', 'high'],
    [['none', 'high'], 'low', 'high'],
    [['minimal', 'medium'], 'low', 'minimal'],
    [['none', 'default'], 'high', 'default'],
  ])('has the nearest of the efforts %o', (effortValues, wanted, expected) => {
    for (const flags of [{ effortValues }, { effortValues, reasoningRequest: 'effort' as const }]) {
      expect(topOf(flags, { reasoning_effort: wanted }).top).toEqual({ reasoning_effort: expected })
    }
  })

  test('has a model that cannot be stopped think as little as it can', () => {
    const flags = { effortValues: ['low', 'high', 'max'], reasoningRequest: 'thinking_effort' } as const

    for (const wish of [{ reasoning_effort: 'none' }, { reasoning: { enabled: false } }])
      expect(topOf(flags, wish).top).toEqual({ thinking: { type: 'enabled' }, reasoning_effort: 'low' })
  })

  test('has parameters by the host’s names and within its bounds', () => {
    const flags = { renameParams: { seed: 'random_seed' }, stopMax: 2, temperatureMax: 1.5 }

    expect(topOf(flags, { seed: 7, stop: ['a', 'b', 'c'], temperature: 2 })).toEqual({
      top: { random_seed: 7, stop: ['a', 'b'], temperature: 1.5 },
      dropped: ['stop'],
    })
    expect(() => sent(way, flags, { stop: ['a', 'b', 'c'] })).toThrow(/stop/)
    expect(topOf({ stopMax: 0 }, { stop: 'a' }).top).toEqual({})
  })
})

describe('a request that passes', () => {
  const text =
    '{ "model":"claude",  "messages": [ {"role":"user","content":"Hello"} ], "tools":[{"type":"function","function":{"name":"a","parameters":{"maximum":12345678901234567890}}}] }'
  const raw = { ...callOf(JSON.parse(text) as JsonObject), text }
  const passed = (flags: Flags) => passThrough(raw, exchangeOptions({ upstreamModel: 'claude', flags })).body

  test('keeps its bytes where no rule has anything to change', () => {
    expect(
      passed({
        systemRole: 'mergeToOne',
        contentAsString: true,
        requireAlternation: true,
        toolThenUserFiller: true,
        assistantNeedsContentOrCalls: true,
        toolMessageNeedsName: true,
        toolCallIdRule: 'nine_alphanumerics',
        toolChoiceRequired: 'any',
        reasoningRequest: 'thinking_type',
        reasoningHistory: 'require',
        stopMax: 4,
      }),
    ).toBe(text)
  })

  test('keeps numbers of schemas as they were written where a rule rebuilds them', () => {
    expect(passed({ schemaDialect: 'no_additional_properties' })).toContain('"maximum":12345678901234567890')
  })

  test('keeps what the client said in the host’s own words', () => {
    const thinking = { type: 'enabled', keep: 'all' }
    const { body } = sent('passing', { reasoningRequest: 'thinking_type' }, { thinking, reasoning_effort: 'low' })

    expect(body).toMatchObject({ thinking })
    expect(body).not.toHaveProperty('reasoning_effort')
    expect(
      sent('passing', { reasoningRequest: 'thinking_effort' }, { thinking, reasoning_effort: 'max' }).body,
    ).toMatchObject({ thinking, reasoning_effort: 'max' })
  })
})
