import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import type { Flags } from '../../lib/dialects/flags.ts'
import { hostSchema } from '../../lib/dialects/openai/host-schema.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf, exchangeOptions, hello } from '../support/translated.ts'

const sent = (body: JsonObject, options: Partial<ExchangeOptions> = {}): JsonObject =>
  JSON.parse(
    translator(openai, openaiUpstream)(
      callOf({ ...hello, ...body }),
      exchangeOptions({ upstreamModel: 'm', ...options }),
    ).body,
  ) as JsonObject

const user = (content: JsonObject['']): JsonObject => ({ role: 'user', content })
const call = (id: string): JsonObject => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } })
const calling = (...ids: string[]): JsonObject => ({ role: 'assistant', content: null, tool_calls: ids.map(call) })
const result = (id: string, content: JsonObject[''] = 'done'): JsonObject => ({
  role: 'tool',
  tool_call_id: id,
  content,
})

describe('a request told anew', () => {
  test('has pictures looked at as closely as the client said, which is what was held for', () => {
    const url = 'data:image/png;base64,iVBORw0KGgo='
    const picture = (detail?: string) => ({ type: 'image_url', image_url: { url, ...(detail && { detail }) } })
    const content = (detail?: string) => [{ type: 'text', text: 'Look' }, picture(detail)]

    expect(sent({ messages: [user(content('low'))] }).messages).toEqual([user(content('low'))])
    expect(sent({ messages: [user(content('auto'))] }).messages).toEqual([user(content())])
  })

  test('says what the client said', () => {
    const body = {
      messages: [{ role: 'system', content: 'Be kind.' }, user('Hi'), calling('a'), result('a')],
      tools: [{ type: 'function', function: { name: 'look', description: 'Looks', parameters: { type: 'object' } } }],
      tool_choice: 'required',
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 50,
      stop: ['x'],
      seed: 7,
      n: 2,
      response_format: { type: 'json_object' },
      user: 'u1',
    }

    expect(sent(body)).toEqual({ ...body, model: 'm' })
  })

  test('may use the words of Mistral’s API', () => {
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]

    expect(sent({ tools, tool_choice: 'any', random_seed: 7, safe_prompt: false })).toEqual({
      ...hello,
      model: 'm',
      tools,
      tool_choice: 'required',
      seed: 7,
    })
  })

  test('leaves out, for hosts of the older half, what OpenAI alone knows and no answer depends on', () => {
    const body = { prompt_cache_key: 'k', store: true, seed: 7 }

    expect(sent(body, { flags: { developerRole: false } })).toEqual({ ...hello, model: 'm', seed: 7 })
    expect(sent(body)).toMatchObject(body)
  })

  test('has what the operator set, under what the client sent', () => {
    expect(sent({ seed: 7 }, { params: { seed: 1, frequency_penalty: 1, guided_json: true } })).toMatchObject({
      seed: 7,
      frequency_penalty: 1,
      guided_json: true,
    })
  })

  test('has results right behind their calls, a word for those that are missing, and orphans as words of the user', () => {
    const messages = [user('Hi'), calling('a', 'b'), user('Wait'), result('b'), result('lost', 'old'), user('So?')]

    expect(sent({ messages }).messages).toEqual([
      user('Hi'),
      calling('a', 'b'),
      result('b'),
      result('a', 'No result.'),
      user('Wait'),
      user([
        { type: 'text', text: 'Tool result lost:' },
        { type: 'text', text: 'old' },
      ]),
      user('So?'),
    ])
  })

  test('has calls of one turn in one message', () => {
    expect(sent({ messages: [user('Hi'), calling('a'), calling('b'), result('a'), result('b')] }).messages).toEqual([
      user('Hi'),
      calling('a', 'b'),
      result('a'),
      result('b'),
    ])
  })

  test('has names of tools that fit, everywhere the same, and gives them back as the client wrote them', () => {
    const name = `mcp__${'a'.repeat(70)}.look:up`
    const named = { type: 'function', function: { name, arguments: '{}' } }
    const body: JsonObject = {
      messages: [user('Hi'), { role: 'assistant', content: null, tool_calls: [{ id: 'a', ...named }] }, result('a')],
      tools: [{ type: 'function', function: { name } }],
      tool_choice: { type: 'function', function: { name } },
    }
    const bound = translator(openai, openaiUpstream)(callOf({ ...hello, ...body }), exchangeOptions())
    const { tools, tool_choice: choice, messages } = JSON.parse(bound.body) as Record<string, JsonObject[]>
    const fit = objectOf(tools?.[0]?.function).name as string
    const reply = { choices: [{ message: { tool_calls: [{ id: 'b', function: { name: fit, arguments: '{}' } }] } }] }
    const whole = bound.whole(Buffer.from(JSON.stringify(reply)))

    expect(fit).toMatch(/^mcp__a{1,58}_[0-9a-f]{8}$/)
    expect(choice).toEqual({ type: 'function', function: { name: fit } })
    expect(JSON.stringify(messages)).toContain(fit)
    expect(JSON.stringify(messages)).not.toContain(name)
    expect('body' in whole && whole.body).toContain(name)
  })

  test('shows pictures of a result as the user’s', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }

    expect(sent({ messages: [user('Hi'), calling('a'), result('a', [image])] }).messages).toEqual([
      user('Hi'),
      calling('a'),
      result('a', 'The result follows.'),
      user([image]),
    ])
  })

  test('has files, sound and text each as the API takes it', () => {
    const file = (data: string) => ({ type: 'file', file: { filename: 'a', file_data: data } })
    const sound = { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } }
    const pdf = file('data:application/pdf;base64,JVBERi0=')

    expect(sent({ messages: [user([pdf, sound, file('data:text/plain;base64,aGk=')])] }).messages).toEqual([
      user([pdf, sound, { type: 'text', text: 'a:\nhi' }]),
    ])
  })

  test('is refused by name where the host cannot be told', () => {
    expect(() => sent({ guided_json: {} })).toThrow(/guided_json/)
  })

  const text = fc.constantFrom('', ' ', 'a', 'Hello.')
  const id = fc.constantFrom('1', '2', 'c:3', 'é')
  const message = fc.oneof(
    fc.record({ role: fc.constantFrom('system', 'developer', 'user', 'assistant'), content: text }),
    fc.record({ role: fc.constant('tool'), tool_call_id: id, content: text }),
    fc.tuple(fc.uniqueArray(id, { minLength: 1 }), text).map(([ids, content]) => ({
      role: 'assistant',
      content,
      tool_calls: ids.map(call),
    })),
  )
  const strict: Flags = {
    systemRole: 'mergeToOne',
    requireAlternation: true,
    assistantNeedsContentOrCalls: true,
    toolCallIdRule: 'nine_alphanumerics',
    toolMessageNeedsName: true,
    toolResultOrder: 'calls',
    contentAsString: true,
  }

  test('answers every call once, right behind it, whatever the conversation', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), fc.boolean(), (messages, flagged) => {
        const printed = listOf(sent({ messages }, { flags: flagged ? strict : {} }).messages).map(objectOf)
        let open: unknown[] = []
        for (const one of printed) {
          if (one.role === 'tool') {
            expect(open).toContain(one.tool_call_id)
            open = open.filter((of) => of !== one.tool_call_id)
          } else expect(open).toEqual([])
          if (one.role === 'assistant') open = listOf(one.tool_calls).map((of) => objectOf(of).id)
        }
        expect(open).toEqual([])
      }),
    )
  })

  test('keeps the rules of a strict host, whatever the conversation', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
        const printed = listOf(sent({ messages }, { flags: strict }).messages).map(objectOf)
        const sides = printed.filter(({ role }) => role !== 'system')

        expect(printed.slice(1).some(({ role }) => role === 'system')).toBe(false)
        if (sides.length > 0) expect(sides[0]?.role).toBe('user')
        for (const [at, { role, content, tool_calls: calls }] of sides.entries()) {
          if (role === 'user') expect(sides[at + 1]?.role).not.toBe('user')
          if (role === 'assistant') expect(Boolean(content) || listOf(calls).length > 0).toBe(true)
          if (role === 'tool') expect(sides[at]).toHaveProperty('name', 'look')
          if (role === 'tool') expect(sides[at]?.tool_call_id).toMatch(/^[A-Za-z0-9]{9}$/)
        }
      }),
    )
  })
})

describe('schemas of a host', () => {
  const schema: JsonObject = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    title: 'T',
    properties: {
      title: { type: ['string', 'null'], examples: ['x'] },
      pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] },
      either: { type: 'object', anyOf: [{ required: ['a'] }, { $ref: '#/$defs/b' }] },
      fixed: { const: 'yes' },
    },
    $defs: { b: { type: 'object', additionalProperties: false } },
    additionalProperties: false,
  }

  test('are what Moonshot takes', () => {
    expect(hostSchema(schema, 'moonshot')).toEqual({
      type: 'object',
      title: 'T',
      properties: {
        title: { type: ['string', 'null'], examples: ['x'] },
        pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
        either: { anyOf: [{ type: 'object', required: ['a'] }, { $ref: '#/$defs/b' }] },
        fixed: { const: 'yes' },
      },
      $defs: { b: { type: 'object', additionalProperties: false } },
      additionalProperties: false,
    })
  })

  test('are what OpenAPI 3.0 has, and a property may be named like what is left out', () => {
    expect(hostSchema(schema, 'openapi_subset').properties).toEqual({
      title: { type: 'string', nullable: true },
      pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] },
      either: { type: 'object', anyOf: [{ required: ['a'] }, { $ref: '#/$defs/b' }] },
      fixed: { type: 'string', enum: ['yes'] },
    })
  })

  test.each(['moonshot', 'no_additional_properties', 'openapi_subset'] as const)(
    'for %s do not change twice',
    (dialect) => {
      const once = hostSchema(schema, dialect)

      expect(hostSchema(once, dialect)).toEqual(once)
    },
  )
})
