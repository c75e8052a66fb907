import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatPart } from '../../lib/core/chat.ts'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import type { DialectName, Exchange, ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { unfenced } from '../../lib/dialects/format-words.ts'
import type { Said } from '../support/spoken.ts'
import { speakers } from '../support/spoken-tongues.ts'
import { accumulated, callOf, exchangeOptions, hello, messageOf, streamed } from '../support/translated.ts'

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, next: { anyOf: [{ $ref: '#/$defs/place' }, { type: 'null' }] } },
  required: ['city', 'next'],
  additionalProperties: false,
  $defs: {
    place: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
}
/** Members by names that nobody knows yet. */
const open = { type: 'object', additionalProperties: { type: 'string' } }
const asking = (of: JsonObject, strict = true) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'place', schema: of, strict } },
})
const anyObject = { response_format: { type: 'json_object' } }
const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]

type Host = { upstream: DialectName; model: string; flags?: ExchangeOptions['flags'] }
const hosts: Record<string, Host> = {
  'a Claude that has formats': { upstream: 'anthropic', model: 'claude-opus-4-8' },
  'a Claude before formats': { upstream: 'anthropic', model: 'claude-3-5-haiku' },
  'Bedrock, a Claude that has formats': { upstream: 'converse', model: 'anthropic.claude-sonnet-4-5-v1:0' },
  'Bedrock, Nova': { upstream: 'converse', model: 'amazon.nova-pro-v1:0' },
  'Bedrock, Llama': { upstream: 'converse', model: 'meta.llama3-70b-instruct-v1:0' },
  'Gemini 3': { upstream: 'gemini', model: 'gemini-3-pro' },
  'Gemini 2.5': { upstream: 'gemini', model: 'gemini-2.5-flash' },
  'Gemini 2.0': { upstream: 'gemini', model: 'gemini-2.0-flash' },
  Gemma: { upstream: 'gemini', model: 'gemma-3-27b-it' },
  Cohere: { upstream: 'cohere', model: 'command-a-03-2025' },
  Ollama: { upstream: 'ollama', model: 'llama3.2' },
  'the responses API': { upstream: 'responses', model: 'gpt-5.4' },
}

const bound = (
  { upstream, model, flags = {} }: Host,
  body: JsonObject,
  more: Partial<ExchangeOptions> = {},
): Promise<Exchange> =>
  exchange(
    { client: 'openai', upstream },
    callOf({ ...hello, ...body }),
    exchangeOptions({ upstreamModel: model, flags, ...more }),
  )

/** How the request asks: `field` of the provider's own, a `tool`, or `words`. */
const wayOf = (text: string): string[] => {
  const ways = {
    words: /Answer with one JSON/.test(text),
    tool: /"name":"json"/.test(text),
    field:
      /"output_config":\{"[^}]*format"|outputConfig|responseMimeType|"response_format"|"format":("json"|\{)|"text":\{"format"/.test(
        text,
      ),
  }
  return Object.entries(ways).flatMap(([way, holds]) => (holds ? [way] : []))
}

describe.each(Object.entries(hosts))('a structured answer of %s', async (name, host) => {
  const expected: Record<string, [plain: string[], beside: string[], free: string[]]> = {
    'a Claude that has formats': [['field'], ['field'], ['tool']],
    'a Claude before formats': [['tool'], ['words'], ['tool']],
    'Bedrock, a Claude that has formats': [['field'], ['field'], ['tool']],
    'Bedrock, Nova': [['tool'], ['words'], ['tool']],
    'Bedrock, Llama': [['words'], ['words'], ['words']],
    'Gemini 3': [['field'], ['field'], ['field']],
    'Gemini 2.5': [['field'], ['words'], ['field']],
    'Gemini 2.0': [['field'], ['words'], ['words', 'field']],
    Gemma: [['words'], ['words'], ['words']],
    Cohere: [['field'], ['words'], ['field']],
    Ollama: [['field'], ['words'], ['field']],
    'the responses API': [['field'], ['field'], ['field']],
  }
  const [plain, beside, free] = expected[name] ?? [[], [], []]

  test('is asked for in the way that its model has', async () => {
    expect(wayOf((await bound(host, asking(schema))).body)).toEqual(plain)
    expect(wayOf((await bound(host, { ...asking(schema), tools })).body)).toEqual(beside)
    expect(wayOf((await bound(host, asking(open, false))).body)).toEqual(free)
  })

  const base: Said = {
    pieces: [],
    usage: { prompt: 9, cached: 0, written: 0, completion: 9, reasoning: 0 },
    ended: 'whole',
    likely: false,
    step: 3,
  }
  const json = '{"city":"Oslo","next":null}'
  const text = (words: string): Said => ({ ...base, pieces: [{ kind: 'text', text: words, cited: [] }] })
  /** As its model gives it, asked for in this way. */
  const answer = (way: readonly string[]): Said => {
    if (!way.includes('tool')) return text(way.includes('words') ? `\`\`\`json\n${json}\n\`\`\`` : json)
    return { ...base, pieces: [{ kind: 'call', id: 'c', name: 'json', args: JSON.parse(json) as JsonObject }] }
  }
  const told = async (body: JsonObject, said: Said) => {
    const spoken = speakers[host.upstream](said)
    const whole = (await bound(host, body)).whole(Buffer.from(JSON.stringify(spoken.whole)))
    const { bytes, tail } = streamed(await bound(host, { ...body, stream: true }), [spoken.stream])
    return { once: messageOf('body' in whole ? String(whole.body) : ''), streamed: accumulated(bytes + tail) }
  }

  test.each([
    ['alone', asking(schema), plain],
    ['beside tools', { ...asking(schema), tools }, beside],
    ['of any members', asking(open, false), free],
  ])('is the JSON itself, whole and streamed: %s', async (_, body, way) => {
    const read = await told(body, answer(way))

    for (const one of Object.values(read)) expect(one).toMatchObject({ content: json, calls: [], finish: 'stop' })
  })

  test('is what the model said where it says something else', async () => {
    const read = await told(asking(schema), text('I would rather not.'))

    for (const one of Object.values(read)) expect(one).toMatchObject({ content: 'I would rather not.', finish: 'stop' })
  })

  test('may be a call of the client’s tools instead', async () => {
    const called = ['a', 'b'].map((id) => ({ kind: 'call' as const, id, name: 'look', args: { id } }))
    const read = await told({ ...asking(schema), tools }, { ...base, pieces: called })

    for (const one of Object.values(read)) {
      expect(one).toMatchObject({ content: '', finish: 'tool_calls' })
      expect(one.calls.map(({ name: of, arguments: args }) => [of, args])).toEqual([
        ['look', '{"id":"a"}'],
        ['look', '{"id":"b"}'],
      ])
    }
  })

  test('of any kind is JSON too', async () => {
    const exchanged = await bound(host, { ...anyObject, messages: [{ role: 'user', content: 'Say it as JSON.' }] })

    expect(wayOf(exchanged.body)).toHaveLength(1)
    expect(wayOf(exchanged.body)).not.toContain('tool')
  })
})

const others = [
  {
    client: 'anthropic',
    body: {
      max_tokens: 99,
      messages: hello.messages ?? [],
      output_config: { format: { type: 'json_schema', schema } },
    },
  },
  {
    client: 'responses',
    body: { input: 'Hi', text: { format: { type: 'json_schema', name: 'place', schema, strict: true } } },
  },
] as const
const foreign = Object.entries(hosts).flatMap(([name, host]) =>
  others.filter(({ client }) => client !== host.upstream).map(({ client, body }) => ({ name, client, body, ...host })),
)

test.each(foreign)(
  'a structured answer of $name is asked for by clients of $client, too',
  async ({ client, upstream, model, body }) => {
    const call = callOf({ model: 'm', ...body })
    const asked = await exchange({ client, upstream }, call, exchangeOptions({ upstreamModel: model }))
    const chat = await bound({ upstream, model }, asking(schema))

    expect(wayOf(asked.body)).toEqual(wayOf(chat.body))
    expect(wayOf(asked.body)).not.toEqual([])
  },
)

describe('a host that takes a format, and tools, but not both', () => {
  const host = { upstream: 'openai', model: 'm', flags: { formatBesideTools: 'words' } } as const
  const both = { ...asking(schema), tools }

  test('is told the format where there are tools', async () => {
    expect(wayOf((await bound(host, both)).body)).toEqual(['words'])
    expect(wayOf((await bound(host, { ...anyObject, tools })).body)).toEqual(['words'])
    expect(wayOf((await bound(host, asking(schema))).body)).toEqual(['field'])
  })

  test('has its fence taken off for clients of another tongue', async () => {
    const call = callOf({
      model: 'm',
      input: 'Hi',
      text: { format: { type: 'json_object' } },
      tools: [{ type: 'function', name: 'look' }],
    })
    const asked = await exchange(
      { client: 'responses', upstream: 'openai' },
      call,
      exchangeOptions({ flags: host.flags }),
    )
    const reply = { choices: [{ message: { content: '```json\n{}\n```' }, finish_reason: 'stop' }] }
    const whole = asked.whole(Buffer.from(JSON.stringify(reply)))

    expect('body' in whole && String(whole.body)).toContain('"text":"{}"')
  })
})

test('Gemini is not asked for JSON where it must call', async () => {
  const host = { upstream: 'gemini', model: 'gemini-3-pro' } as const

  expect(wayOf((await bound(host, { ...asking(schema), tools, tool_choice: 'required' })).body)).toEqual(['words'])
})

describe('a model that is made to call for its answer', () => {
  const older = { upstream: 'anthropic', model: 'claude-3-5-haiku' } as const
  const reply = (content: JsonObject[]) =>
    Buffer.from(
      JSON.stringify({
        type: 'message',
        content,
        stop_reason: 'tool_use',
        usage: { input_tokens: 1, output_tokens: 1 },
      }),
    )
  const use = (id: string, input: JsonObject) => ({ type: 'tool_use', id, name: 'json', input })

  test('and calls twice has answered once', async () => {
    const whole = (await bound(older, asking(schema))).whole(reply([use('a', { city: 'A' }), use('b', { city: 'B' })]))
    const message = messageOf('body' in whole ? String(whole.body) : '')

    expect(message).toMatchObject({ content: '{"city":"A"}', calls: [], finish: 'stop' })
    expect(message.fields.blocks).toEqual([{ type: 'tool_use', name: 'json', input: '{"city":"B"}' }])
  })

  test.each([
    ['a list', { type: 'array', items: { type: 'string' } }],
    ['a choice', { anyOf: [schema, open] }],
  ])('cannot be, where the answer is %s: it is told', async (_, of) => {
    expect(wayOf((await bound(older, asking(of, false))).body)).toEqual(['words'])
  })
})

describe('the fence around an answer in words', () => {
  const read = (pieces: readonly string[]): string => {
    const filter = unfenced()
    const parts = [
      ...pieces.map((text): ChatPart => ({ type: 'text', block: 0, text })),
      { type: 'finish', reason: 'stop', native: '' } as const,
    ].flatMap(filter)
    return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  }
  const cut = (text: string) =>
    fc.uniqueArray(fc.nat(text.length), { maxLength: 6 }).map((places) => {
      const ends = [0, ...places.sort((a, b) => a - b), text.length]
      return ends.slice(1).map((end, nth) => text.slice(ends[nth], end))
    })

  test.each([
    ['```json\n{"a":1}\n```', '{"a":1}'],
    ['```\n{"a":"``` x"}\n```\n', '{"a":"``` x"}'],
    [' \n```JSON\r\n{}```', '{}'],
  ])('is taken off, wherever it is cut: %j', (text, expected) => {
    fc.assert(
      fc.property(cut(text), (pieces) => {
        expect(read(pieces)).toBe(expected)
      }),
    )
  })

  test.each(['{"a":1}', 'So:\n```json\n{}\n```', '``', '```', ' ', '```python\nx\n```', '{"a":"`"}\n', '`x`'])(
    'is no part of what does not begin with it: %j',
    (text) => {
      fc.assert(
        fc.property(cut(text), (pieces) => {
          expect(read(pieces)).toBe(text)
        }),
      )
    },
  )
})

test('a schema with objects that cannot be closed is closed nowhere', async () => {
  const { body } = await bound({ upstream: 'anthropic', model: 'claude-opus-4-8' }, asking(open, false))

  expect(objectOf(objectOf(listOf(objectOf(JSON.parse(body)).tools)[0]).input_schema)).toMatchObject(open)
})
