import { describe, expect, it } from 'vitest'

import { GatewayError } from '../../lib/core/errors.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import { traitsOf } from '../../lib/dialects/anthropic/models.ts'
import { strictSchema } from '../../lib/dialects/anthropic/schema.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { exchangeOf, sent } from '../support/translated.ts'

const on = (upstreamModel: string, body: JsonObject, options: Partial<ExchangeOptions> = {}) => {
  const exchange = exchangeOf(body, { upstreamModel, ...options })
  return { ...exchange, sent: JSON.parse(exchange.body) as JsonObject }
}
const tool = (name: string, rest: JsonObject = {}): JsonObject => ({ type: 'function', function: { name, ...rest } })
/** A call and its result. `more`: of the answer that has the call. */
const toolLoop = (more: JsonObject = {}): JsonObject[] => [
  { role: 'user', content: 'A' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: '1', type: 'function', function: { name: 'a', arguments: '{}' } }],
    ...more,
  },
  { role: 'tool', tool_call_id: '1', content: 'x' },
]
const haiku3 = 'claude-3-haiku-20240307'
const opus8 = 'claude-opus-4-8'

describe('the output cap', () => {
  it.each([
    ['what admission decided', { max_tokens: 900 }, { outputCap: 50 }, 50],
    ["the client's", { max_tokens: 900 }, {}, 900],
    ["the client's, by its newer name", { max_tokens: 900, max_completion_tokens: 800 }, {}, 800],
    ["the model's largest", {}, {}, 64_000],
    ["the deployment's default, within the model's largest", {}, { params: { max_tokens: 99_999 } }, 64_000],
    ["the client's rather than a default", { max_tokens: 900 }, { params: { max_completion_tokens: 5 } }, 900],
  ])('is %s', (_, body: JsonObject, options: Partial<ExchangeOptions>, expected) => {
    expect(sent(body, options).max_tokens).toBe(expected)
  })

  it.each(['minimal', 'low', 'medium', 'high', 'xhigh', 'max'])(
    'is never exceeded by thinking: effort %s on every model and cap',
    (effort) => {
      for (const model of [haiku3, 'claude-3-7-sonnet', 'claude-sonnet-4-5', 'claude-opus-4-6', opus8, 'qwen'])
        for (const outputCap of [1, 1023, 1024, 2048, 4096, 4097, 40_000]) {
          const { max_tokens: max, thinking } = on(model, { reasoning_effort: effort }, { outputCap }).sent
          const budget = (thinking as JsonObject | undefined)?.budget_tokens as number | undefined
          expect(max).toBe(outputCap)
          if (budget !== undefined) expect(budget).toBeGreaterThanOrEqual(1024)
          if (budget !== undefined) expect(budget).toBeLessThan(outputCap)
        }
    },
  )
})

describe('reasoning', () => {
  it.each([
    [opus8, { reasoning_effort: 'high' }, { type: 'adaptive', display: 'summarized' }, { effort: 'high' }],
    [opus8, { reasoning_effort: 'minimal' }, { type: 'adaptive', display: 'summarized' }, { effort: 'low' }],
    ['claude-opus-4-6', { reasoning_effort: 'xhigh' }, { type: 'adaptive' }, { effort: 'max' }],
    ['claude-sonnet-4-5', { reasoning_effort: 'high' }, { type: 'enabled', budget_tokens: 4096 }, undefined],
    [
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      { type: 'enabled', budget_tokens: 2000 },
      undefined,
    ],
    [
      'claude-opus-4-6',
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      { type: 'enabled', budget_tokens: 2000 },
      undefined,
    ],
    [
      opus8,
      { thinking: { type: 'enabled', budget_tokens: 9000 } },
      { type: 'adaptive', display: 'summarized' },
      { effort: 'medium' },
    ],
    [opus8, { reasoning: { effort: 'low' } }, { type: 'adaptive', display: 'summarized' }, { effort: 'low' }],
    [opus8, { thinking: { type: 'adaptive' } }, { type: 'adaptive', display: 'summarized' }, undefined],
    ['claude-sonnet-5', { reasoning_effort: 'none' }, { type: 'disabled' }, undefined],
    ['claude-opus-5', { reasoning_effort: 'none' }, { type: 'disabled' }, undefined],
    ['anthropic.claude-haiku-5-5', { reasoning_effort: 'none' }, { type: 'disabled' }, undefined],
    ['claude-sonnet-5-5', { reasoning_effort: 'none' }, { type: 'between_tools' }, undefined],
    [opus8, { reasoning_effort: 'none' }, undefined, undefined],
    [opus8, {}, undefined, undefined],
  ])('%s with %j', (model, body: JsonObject, thinking, output) => {
    const printed = on(model, body)

    expect(printed.sent.thinking).toEqual(thinking)
    expect(printed.sent.output_config).toEqual(output)
    expect(printed.dropped).toEqual([])
  })

  it.each([
    ['a model that cannot', haiku3, {}],
    ['a cap too small for both', 'claude-sonnet-4-5', { max_tokens: 1500 }],
    ['a forced call', 'claude-sonnet-4-5', { tools: [tool('a')], tool_choice: 'required' }],
    ['a tool loop that began without it', 'claude-sonnet-4-5', { messages: toolLoop() }],
    [
      'a tool loop that began without it, and in which the user speaks behind the results',
      'claude-sonnet-4-5',
      { messages: [...toolLoop(), { role: 'user', content: 'Sum up what you have done.' }] },
    ],
    [
      'a tool loop that began at another provider, whose seal is not sent',
      'claude-sonnet-4-5',
      {
        messages: toolLoop({
          reasoning_details: [{ type: 'reasoning.text', text: '', signature: 'c2ln', format: 'google-gemini-v1' }],
        }),
      },
    ],
  ])('is left out, and named, for %s', (_, model, body: JsonObject) => {
    const printed = on(model, { reasoning_effort: 'high', ...body })

    expect(printed.sent.thinking).toBeUndefined()
    expect(printed.dropped).toEqual(['reasoning_effort'])
  })

  it.each(['claude-opus-5-5', 'claude-fable-5', 'eu.anthropic.claude-fable-5-1-v1:0', 'claude-mythos-preview'])(
    'that %s cannot do without is the least, and named',
    (model) => {
      const printed = on(model, { reasoning_effort: 'none' })

      expect(printed.sent).not.toHaveProperty('thinking')
      expect(printed.sent.output_config).toEqual({ effort: 'low' })
      expect(printed.dropped).toEqual(['reasoning_effort'])
    },
  )

  describe('of earlier turns, where a model binds it to what stood before', () => {
    const thought = { type: 'thinking', thinking: 'Hm', signature: 'c2ln' }
    const messages = [
      { role: 'user', content: 'A' },
      { role: 'assistant', content: 'B', thinking_blocks: [thought] },
      { role: 'user', content: 'C' },
    ]
    const binding = { block_binding: { prefix_mismatch_behavior: 'drop_block' } }

    it.each(['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-fable-5-1'])(
      'is dropped by %s where that has changed, instead of refused',
      (model) => {
        const printed = on(model, { messages })

        expect(printed.sent.thinking).toEqual({ type: 'adaptive', ...binding })
        expect(printed.headers['anthropic-beta']).toBe('thinking-binding-controls-2026-08-01')
      },
    )

    it('is so beside an effort, too', () => {
      expect(on('claude-opus-5-5', { messages, reasoning_effort: 'high' }).sent.thinking).toEqual({
        type: 'adaptive',
        display: 'summarized',
        ...binding,
      })
    })

    it.each([
      ['a conversation without thinking', 'claude-opus-5-5', { messages: [{ role: 'user', content: 'A' }] }],
      ['a model that binds none', 'claude-opus-5', { messages }],
      ['thinking that is switched off', 'claude-sonnet-5-5', { messages, reasoning_effort: 'none' }],
    ])('is not spoken of for %s', (_, model, body: JsonObject) => {
      const printed = on(model, body)

      expect(JSON.stringify(printed.sent)).not.toContain('block_binding')
      expect(printed.headers).not.toHaveProperty('anthropic-beta')
    })
  })

  it("of the client's replaces the deployment's", () => {
    expect(
      on(opus8, { reasoning_effort: 'low' }, { params: { thinking: { type: 'disabled' } } }).sent.output_config,
    ).toEqual({
      effort: 'low',
    })
  })
})

describe('sampling', () => {
  it.each([
    ['claude-sonnet-4-5', { temperature: 1.7 }, { temperature: 1 }, []],
    ['claude-sonnet-4-5', { temperature: 0, top_p: 0.5, top_k: 4 }, { temperature: 0, top_k: 4 }, ['top_p']],
    [haiku3, { temperature: 0.1, top_p: 0.5 }, { temperature: 0.1, top_p: 0.5 }, []],
    [opus8, { temperature: 0.1, top_p: 0.5, top_k: 4 }, {}, ['temperature', 'top_p', 'top_k']],
    ['claude-sonnet-4-5', { temperature: 0.1, reasoning_effort: 'low' }, {}, ['temperature']],
    ['claude-from-the-future', { temperature: 0.1 }, {}, ['temperature']],
  ])('%s with %j', (model, body: JsonObject, expected, dropped) => {
    const printed = on(model, body)
    const { temperature, top_p, top_k } = printed.sent

    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(expected)
    expect(printed.dropped).toEqual(dropped)
  })

  it('keeps stops that are text', () => {
    const printed = on(haiku3, { stop: ['END', '\n', ''] })

    expect(printed.sent.stop_sequences).toEqual(['END'])
    expect(printed.dropped).toEqual(['stop'])
    expect(on(haiku3, { stop: 'END' }).sent.stop_sequences).toEqual(['END'])
    expect(on(haiku3, { stop: ['END', ''] }).dropped).toEqual([])
  })
})

describe('parameters without a counterpart', () => {
  it.each([
    ['n', 2],
    ['logprobs', true],
    ['audio', { voice: 'a' }],
    ['speed', 'fast'],
    ['mcp_servers', []],
  ])('%s is refused by name, or dropped and named', (name, value) => {
    expect(() => exchangeOf({ [name]: value })).toThrow(`${name} (`)
    const dropped = exchangeOf({ [name]: value }, { dropParams: true })
    expect(dropped.dropped).toEqual([name])
    expect(Object.keys(JSON.parse(dropped.body) as JsonObject)).not.toContain(name)
  })

  it('that are niceties are dropped and named; that ask for nothing, passed over', () => {
    expect(exchangeOf({ seed: 1, presence_penalty: 0.5 }).dropped).toEqual(['seed', 'presence_penalty'])
    expect(
      exchangeOf({ n: 1, store: false, logprobs: false, seed: null, tags: ['a'], litellm_trace_id: 'x' }).dropped,
    ).toEqual([])
  })

  it('are taken away first where the deployment says so', () => {
    const exchange = exchangeOf({ n: 2, temperature: 0.5 }, { additionalDropParams: ['n', 'temperature'] })

    expect(exchange.dropped).toEqual(['n', 'temperature'])
    expect(exchange.body).not.toContain('temperature')
  })

  it('that the host refuses are refused', () => {
    const flags = { refusedParams: ['temperature'] }

    expect(() => exchangeOf({ temperature: 1 }, { flags })).toThrow(GatewayError)
    expect(exchangeOf({ temperature: 1 }, { flags, dropParams: true }).dropped).toEqual(['temperature'])
  })

  it("of the deployment's own pass as they are, and never over the client's", () => {
    const body = sent(
      { temperature: 0.2 },
      { params: { temperature: 0.9, top_k: 3, speed: 'fast', container: { id: 'c' } } },
    )

    expect(body).toMatchObject({ temperature: 0.2, top_k: 3, speed: 'fast', container: { id: 'c' } })
  })

  it('user and metadata.user_id become metadata', () => {
    expect(sent({ user: 'u1' }).metadata).toEqual({ user_id: 'u1' })
    expect(sent({ metadata: { user_id: 'u2', team: 'x' } }).metadata).toEqual({ user_id: 'u2' })
  })
})

describe('tools', () => {
  it('have an object schema, and are strict where the model can be', () => {
    const tools = [
      tool('a'),
      tool('b', {
        strict: true,
        description: 'B',
        parameters: { type: 'object', properties: { n: { type: 'integer', minimum: 3 } } },
      }),
    ]

    expect(sent({ tools }).tools).toEqual([
      { name: 'a', input_schema: { type: 'object', properties: {} } },
      {
        name: 'b',
        description: 'B',
        strict: true,
        input_schema: {
          type: 'object',
          properties: { n: { type: 'integer', description: '(minimum: 3)' } },
          additionalProperties: false,
        },
      },
    ])
    expect(on(haiku3, { tools }).dropped).toEqual(['tools.strict'])
  })

  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'b.c' } },
      { type: 'tool', name: 'b_c_70681ef6' },
    ],
  ])('choice %j', (choice, expected) => {
    expect(sent({ tools: [tool('a'), tool('b.c')], tool_choice: choice }).tool_choice).toEqual(expected)
  })

  it('are called one at a time where the client asks for it', () => {
    const body = { tools: [tool('a')], parallel_tool_calls: false }

    expect(sent(body).tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true })
    expect(sent({ ...body, tool_choice: 'required' }).tool_choice).toEqual({
      type: 'any',
      disable_parallel_tool_use: true,
    })
    expect(sent({ ...body, tool_choice: 'none' }).tool_choice).toEqual({ type: 'none' })
  })

  it('are fewer where the choice allows fewer', () => {
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'b' } }] }
    const body = sent({ tools: [tool('a'), tool('b')], tool_choice: { type: 'allowed_tools', allowed_tools: allowed } })

    expect(body).toMatchObject({ tools: [{ name: 'b' }], tool_choice: { type: 'any' } })
  })

  it.each([
    'claude-fable-5',
    'claude-opus-5-5',
    'us.anthropic.claude-sonnet-5-5-20260928-v1:0',
    'claude-fable-5-1',
    'claude-opus-7',
  ])('cannot be forced on %s: only the one is shown, and the choice is named as dropped', (model) => {
    const choice = { type: 'function', function: { name: 'b' } }
    const printed = on(model, { tools: [tool('a'), tool('b')], tool_choice: choice })

    expect(printed.sent).toMatchObject({ tools: [{ name: 'b' }], tool_choice: { type: 'auto' } })
    expect(printed.dropped).toEqual(['tool_choice'])
  })

  it.each(['claude-opus-5', 'claude-opus-5-20260401', 'claude-sonnet-5', 'claude-haiku-5-5', 'claude-opus-4-8'])(
    'can be forced on %s',
    (model) => {
      const printed = on(model, { tools: [tool('a'), tool('b')], tool_choice: 'required' })

      expect(printed.sent).toMatchObject({ tools: [{ name: 'a' }, { name: 'b' }], tool_choice: { type: 'any' } })
      expect(printed.dropped).toEqual([])
    },
  )

  it('of the provider pass as they are', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 2 }

    expect(sent({ tools: [search, tool('a')] }).tools).toMatchObject([{ name: 'a' }, search])
  })

  it('search the web where a client asks for it in the words of OpenAI', () => {
    const place = { city: 'Oslo', country: 'NO' }
    const options = { search_context_size: 'medium', user_location: { type: 'approximate', approximate: place } }
    const search = { type: 'web_search_20250305', name: 'web_search' }

    expect(sent({ tools: [tool('a')], web_search_options: options }).tools).toMatchObject([
      { name: 'a' },
      { ...search, max_uses: 5, user_location: { type: 'approximate', ...place } },
    ])
    expect(sent({ web_search_options: {} }).tools).toEqual([search])
    expect(exchangeOf({ web_search_options: {} }).dropped).toEqual([])
    expect(
      sent({ tools: [{ type: 'web_search_preview_2025_03_11', user_location: { type: 'approximate', ...place } }] })
        .tools,
    ).toEqual([{ ...search, user_location: { type: 'approximate', ...place } }])
    expect(sent({ tools: [{ type: 'web_search', filters: { allowed_domains: ['x.test'] } }] }).tools).toEqual([
      { ...search, allowed_domains: ['x.test'] },
    ])
  })

  it('that a cloud does not have are refused', () => {
    expect(() => exchangeOf({ web_search_options: {} }, { flags: { invokeModel: true } })).toThrow('web_search_options')
  })
})

describe('structured output', () => {
  const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'], additionalProperties: false }
  const format = { response_format: { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } } }

  it('is a format where the model has it, beside an effort', () => {
    expect(on(opus8, { ...format, reasoning_effort: 'low' }).sent.output_config).toEqual({
      effort: 'low',
      format: { type: 'json_schema', schema },
    })
  })

  it('is a forced tool where it has not', () => {
    expect(on(haiku3, format).sent).toMatchObject({
      tools: [{ name: 'json', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'json', disable_parallel_tool_use: true },
    })
  })

  it.each([
    ['beside tools of the client', { ...format, tools: [tool('a')] }],
    ['as a JSON object', { response_format: { type: 'json_object' } }],
  ])('is asked for in words %s', (_, body: JsonObject) => {
    const { system, tools } = on(haiku3, body).sent

    expect(JSON.stringify(system)).toContain('JSON')
    expect(JSON.stringify(tools ?? [])).not.toContain('"json"')
  })
})

describe('a strict schema', () => {
  it('has no bounds, no oneOf, no open objects, and is the same applied twice', () => {
    const schema: JsonObject = {
      $schema: 'x',
      type: 'object',
      properties: {
        pattern: { type: 'string', pattern: '^a', format: 'regex', description: 'A' },
        when: { type: 'string', format: 'date-time' },
        either: {
          oneOf: [
            { type: 'object', properties: {} },
            { $ref: '#/$defs/me', description: 'gone' },
          ],
        },
        list: { type: 'array', items: { type: 'integer', maximum: 4 }, maxItems: 3 },
      },
      $defs: { me: { type: 'object', properties: { me: { $ref: '#/$defs/me' } } } },
    }

    const strict = strictSchema(schema)

    expect(strict).toEqual({
      type: 'object',
      properties: {
        pattern: { type: 'string', description: 'A (pattern: "^a", format: "regex")' },
        when: { type: 'string', format: 'date-time' },
        either: { anyOf: [{ type: 'object', properties: {}, additionalProperties: false }, { $ref: '#/$defs/me' }] },
        list: { type: 'array', items: { type: 'integer', description: '(maximum: 4)' }, description: '(maxItems: 3)' },
      },
      $defs: { me: { type: 'object', properties: { me: { $ref: '#/$defs/me' } }, additionalProperties: false } },
      additionalProperties: false,
    })
    expect(strictSchema(strict)).toEqual(strict)
  })
})

describe('models', () => {
  it('are known by what stands behind another name', () => {
    const body = { temperature: 0.5, reasoning_effort: 'none' }

    expect(on('prod', body, { baseModel: 'anthropic/claude-sonnet-5' }).sent).toMatchObject({
      model: 'prod',
      thinking: { type: 'disabled' },
    })
    expect(on('prod', body, { baseModel: 'anthropic/claude-sonnet-5' }).sent).not.toHaveProperty('temperature')
  })

  it.each([
    ['claude-3-5-sonnet-20241022', 'none', 'all', false],
    ['claude-3-7-sonnet-latest', 'budget', 'all', false],
    ['claude-sonnet-4-20250514', 'budget', 'all', false],
    ['anthropic.claude-opus-4-20250514-v1:0', 'budget', 'all', false],
    ['claude-opus-4-1-20250805', 'budget', 'one', true],
    ['claude-sonnet-4-5@20250929', 'budget', 'one', true],
    ['claude-opus-4.6', 'both', 'one', true],
    ['claude-opus-4-7', 'adaptive', 'none', true],
    ['claude-opus-5', 'adaptive', 'none', true],
    ['claude-haiku-9', 'adaptive', 'none', true],
    ['minimax-m2', 'budget', 'all', false],
  ])('%s', (model, thinking, sampling, structured) => {
    expect(traitsOf(model)).toMatchObject({ thinking, sampling, structured })
  })
})

it('names the version, and betas only where they are used', () => {
  expect(exchangeOf().headers).toEqual({ 'anthropic-version': '2023-06-01' })
  const file = { role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }
  expect(exchangeOf({ messages: [file] }).headers['anthropic-beta']).toBe('files-api-2025-04-14')
})
