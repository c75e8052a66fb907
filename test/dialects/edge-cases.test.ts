import { describe, expect, test } from 'vitest'
import { type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import type { ClientDialect, DialectName } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { messageOf as joinedMessage } from '../support/messages.ts'
import { unnamed } from '../support/spoken.ts'
import { accumulated, callOf, exchangeOptions, messageOf, streamed } from '../support/translated.ts'
import { eventsIn } from './responses-support.ts'

/** What every client must make of the same oddities of a chat host. */
type Facts = {
  text: string
  calls: { name: unknown; args: unknown }[]
  end: unknown
  counts: { prompt: unknown; cached: unknown; completion: unknown; reasoning: unknown } | undefined
}

const parameters = { type: 'object', properties: {} }
const names = ['look', 'find']

const factsOfChat = ({ content, calls, finish, usage }: ReturnType<typeof accumulated>): Facts => ({
  text: content,
  calls: calls.map(({ name, arguments: args }) => ({ name, args: tryParse(args) })),
  end: finish,
  counts: usage && {
    prompt: usage.prompt_tokens,
    cached: objectOf(usage.prompt_tokens_details ?? null).cached_tokens ?? 0,
    completion: usage.completion_tokens,
    reasoning: objectOf(usage.completion_tokens_details ?? null).reasoning_tokens ?? 0,
  },
})
const messageEnds: Record<string, string> = {
  end_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
}
const factsOfMessage = ({ content, stop_reason: reason, usage }: JsonObject): Facts => {
  const blocks = listOf(content).map(objectOf)
  const counts = objectOf(usage)
  const cached = Number(counts.cache_read_input_tokens)
  return {
    text: blocks.map((one) => (one.type === 'text' ? (stringOf(one.text) ?? '') : '')).join(''),
    calls: blocks.filter(({ type }) => type === 'tool_use').map(({ name, input }) => ({ name, args: input })),
    end: messageEnds[stringOf(reason) ?? ''],
    counts: {
      prompt: Number(counts.input_tokens) + cached + Number(counts.cache_creation_input_tokens),
      cached,
      completion: counts.output_tokens,
      reasoning: objectOf(counts.output_tokens_details ?? null).thinking_tokens ?? 0,
    },
  }
}
const factsOfResponse = ({ output, status, usage }: JsonObject): Facts => {
  const items = listOf(output).map(objectOf)
  const counts = objectOf(usage)
  const calls = items.filter(({ type }) => type === 'function_call')
  const texts = items.flatMap((item) => (item.type === 'message' ? listOf(item.content).map(objectOf) : []))
  return {
    text: texts.map(({ text }) => stringOf(text) ?? '').join(''),
    calls: calls.map(({ name, arguments: args }) => ({ name, args: tryParse(stringOf(args) ?? '') })),
    end: status !== 'completed' ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop',
    counts: {
      prompt: counts.input_tokens,
      cached: objectOf(counts.input_tokens_details).cached_tokens,
      completion: counts.output_tokens,
      reasoning: objectOf(counts.output_tokens_details).reasoning_tokens,
    },
  }
}

type Client = { body: JsonObject; whole: (text: string) => Facts; joined: (stream: string) => Facts }
const clients: Record<ClientDialect, Client> = {
  openai: {
    body: {
      messages: [{ role: 'user', content: 'Hi' }],
      tools: names.map((name) => ({ type: 'function', function: { name, parameters } })),
      stream_options: { include_usage: true },
    },
    whole: (text) => factsOfChat(messageOf(text)),
    joined: (stream) => factsOfChat(accumulated(stream)),
  },
  anthropic: {
    body: {
      max_tokens: 99,
      messages: [{ role: 'user', content: 'Hi' }],
      tools: names.map((name) => ({ name, input_schema: parameters })),
    },
    whole: (text) => factsOfMessage(objectOf(tryParse(text))),
    joined: (stream) => factsOfMessage(joinedMessage(stream)),
  },
  responses: {
    body: { input: 'Hi', tools: names.map((name) => ({ type: 'function', name, parameters, strict: false })) },
    whole: (text) => factsOfResponse(objectOf(tryParse(text))),
    joined: (stream) => factsOfResponse(objectOf(eventsIn(stream).at(-1)?.response)),
  },
}

const bound = (client: ClientDialect, stream: boolean) =>
  exchange(
    { client, upstream: 'openai' },
    callOf({ ...clients[client].body, model: 'm', stream }),
    exchangeOptions({
      upstreamModel: 'llama',
      publicModel: 'm',
      requestId: '0'.repeat(32),
      flags: { streamUsage: true },
    }),
  )

const delta = (given: JsonObject, more: JsonObject = {}): JsonObject => ({
  id: 'c',
  choices: [{ index: 0, delta: given, ...more }],
})
const called = (...calls: JsonObject[]) => delta({ tool_calls: calls })
const begun = (id: string | null, name: string, index?: number, args: JsonObject[''] = ''): JsonObject => ({
  ...(index !== undefined && { index }),
  ...(id !== null && { id }),
  type: 'function',
  function: { name, arguments: args },
})
const more = (args: JsonObject[''], index?: number, beside: JsonObject = {}): JsonObject => ({
  ...(index !== undefined && { index }),
  ...beside,
  function: { arguments: args },
})
const finish = (reason: string | null = 'stop') => delta({}, { finish_reason: reason })
const plain = { prompt_tokens: 10, completion_tokens: 4 }
const usage = (counts: JsonObject = plain): JsonObject => ({ id: 'c', choices: [], usage: counts })
const hello = delta({ role: 'assistant', content: 'Hi' })
const counted = { prompt: 10, cached: 0, completion: 4, reasoning: 0 }

const two = [
  { name: 'look', args: { a: 1 } },
  { name: 'find', args: { b: 2 } },
]

const streams: [name: string, chunks: JsonObject[], facts: Partial<Facts>][] = [
  [
    'calls that all have the index 0',
    [called(begun('a', 'look', 0, '{"a":1}')), called(begun('b', 'find', 0, '{"b":2}')), finish('tool_calls'), usage()],
    { calls: two, end: 'tool_calls' },
  ],
  [
    'calls that are counted from 1, their pieces side by side',
    [
      called(begun('a', 'look', 1), begun('b', 'find', 2)),
      called(more('{"a"', 1), more('{"b"', 2)),
      called(more(':1}', 1), more(':2}', 2)),
      finish('tool_calls'),
      usage(),
    ],
    { calls: two, end: 'tool_calls' },
  ],
  [
    'calls without an index',
    [
      called(begun('a', 'look', undefined, '{"a":1}'), begun('b', 'find', undefined, '{"b":2}')),
      finish('tool_calls'),
      usage(),
    ],
    { calls: two, end: 'tool_calls' },
  ],
  [
    'ids and names that are told again, empty or repeated',
    [
      called(begun('a', 'look', 0)),
      called({ ...more('{"a":', 0, { id: '' }), function: { name: '', arguments: '{"a":' } }),
      called({ ...more('1}', 0, { id: 'a' }), function: { name: 'look', arguments: '1}' } }),
      finish('tool_calls'),
      usage(),
    ],
    { calls: [two[0] ?? { name: '', args: null }], end: 'tool_calls' },
  ],
  [
    'arguments that are JSON before they are whole',
    [
      called(begun('a', 'look', 0, '{}'), begun('b', 'find', 1, '')),
      called(more(' ', 0), more('{"b":2}', 1)),
      finish('tool_calls'),
      usage(),
    ],
    { calls: [{ name: 'look', args: {} }, two[1] ?? { name: '', args: null }], end: 'tool_calls' },
  ],
  [
    'a stop with calls',
    [called(begun('a', 'look', 0, '{"a":1}')), finish('stop'), usage()],
    { calls: [two[0] ?? { name: '', args: null }], end: 'tool_calls' },
  ],
  ['a tool_calls without any', [hello, finish('tool_calls'), usage()], { text: 'Hi', calls: [], end: 'stop' }],
  [
    'finish reasons that are empty, null or not there, and nulls for choices and deltas',
    [
      delta({ content: 'H' }, { finish_reason: '' }),
      { id: 'c', choices: null },
      { id: 'c', choices: [{ index: 0, delta: null }] },
      delta({ content: 'i' }, { finish_reason: null }),
      delta({ content: null }),
      finish(),
      usage(),
    ],
    { text: 'Hi', end: 'stop' },
  ],
  ['usage twice', [hello, usage({ prompt_tokens: 10, completion_tokens: 1 }), finish(), usage()], { counts: counted }],
  [
    'usage on every chunk',
    [
      { ...hello, usage: { prompt_tokens: 10, completion_tokens: 1 } },
      { ...delta({ content: '!' }), usage: { prompt_tokens: 10, completion_tokens: 3 } },
      { ...finish(), usage: plain },
    ],
    { text: 'Hi!', counts: counted },
  ],
  ['usage beside choices that are not empty', [hello, { ...finish(), usage: plain }], { counts: counted }],
  ['usage in x_groq', [hello, { ...finish(), x_groq: { usage: plain } }], { counts: counted }],
  [
    'reasoning that the completion leaves out',
    [
      hello,
      finish(),
      usage({
        prompt_tokens: 10,
        completion_tokens: 4,
        total_tokens: 20,
        completion_tokens_details: { reasoning_tokens: 6 },
      }),
    ],
    { counts: { prompt: 10, cached: 0, completion: 10, reasoning: 6 } },
  ],
  [
    'more reasoning than completion',
    [hello, finish(), usage({ ...plain, total_tokens: 14, completion_tokens_details: { reasoning_tokens: 11 } })],
    { counts: { prompt: 10, cached: 0, completion: 4, reasoning: 4 } },
  ],
  [
    'more cached than prompt',
    [hello, finish(), usage({ ...plain, total_tokens: 14, prompt_tokens_details: { cached_tokens: 30 } })],
    { counts: { prompt: 10, cached: 10, completion: 4, reasoning: 0 } },
  ],
]

const wholes: [name: string, message: JsonObject, reason: string, counts: JsonObject, facts: Partial<Facts>][] = [
  [
    'a call without arguments',
    { tool_calls: [begun('a', 'look', undefined, '')] },
    'tool_calls',
    plain,
    { calls: [{ name: 'look', args: {} }] },
  ],
  [
    'arguments of null',
    { tool_calls: [begun('a', 'look', undefined, null)] },
    'tool_calls',
    plain,
    { calls: [{ name: 'look', args: {} }] },
  ],
  [
    'arguments that are an object',
    { tool_calls: [begun('a', 'look', undefined, { a: 1 })] },
    'tool_calls',
    plain,
    { calls: two.slice(0, 1) },
  ],
  [
    'a stop with calls',
    { tool_calls: [begun('a', 'look', undefined, '{"a":1}')] },
    'stop',
    plain,
    { calls: two.slice(0, 1), end: 'tool_calls' },
  ],
  [
    'more reasoning than completion',
    { content: 'Hi' },
    'stop',
    { ...plain, total_tokens: 14, completion_tokens_details: { reasoning_tokens: 11 } },
    { counts: { ...counted, reasoning: 4 } },
  ],
  [
    'more cached than prompt',
    { content: 'Hi' },
    'stop',
    { ...plain, total_tokens: 14, prompt_tokens_details: { cached_tokens: 30 } },
    { counts: { ...counted, cached: 10 } },
  ],
]

describe.each(Object.keys(clients) as ClientDialect[])('a client of %s understands a host', async (client) => {
  const [whole, stream] = await Promise.all([bound(client, false), bound(client, true)])
  /** In its own dialect a host is told as it speaks: what it counts, and why it ended, stay its own words. */
  const told = ({ end, counts, ...facts }: Partial<Facts>): Partial<Facts> =>
    client === 'openai' ? facts : { ...facts, ...(end !== undefined && { end }), ...(counts && { counts }) }

  test.each(streams)('that streams %s', (_, chunks, facts) => {
    const { bytes, tail, failure, seen } = streamed(stream, [unnamed(chunks, 'data: [DONE]\n\n')])

    expect(failure).toBeUndefined()
    expect(clients[client].joined(bytes + tail)).toMatchObject(told(facts))
    if (facts.counts)
      expect(seen.usage).toMatchObject({ prompt: facts.counts.prompt, completion: facts.counts.completion })
  })

  test.each(wholes)('that answers with %s', (_, message, finish_reason, counts, facts) => {
    const reply = {
      id: 'c',
      choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason }],
      usage: counts,
    }
    const read = whole.whole(Buffer.from(JSON.stringify(reply)))

    expect('body' in read && clients[client].whole(String(read.body))).toMatchObject(told(facts))
  })

  test.each([
    ['max_length', 'length'],
    ['model_length', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['eos', 'stop'],
  ])('that ends with %s', (reason, end) => {
    const reply = {
      id: 'c',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: reason }],
      usage: plain,
    }
    const read = whole.whole(Buffer.from(JSON.stringify(reply)))

    expect('body' in read && clients[client].whole(String(read.body))).toMatchObject(told({ text: 'Hi', end }))
  })

  test.each(['sensitive', 'safety'])('that took its answer away: %s', (reason) => {
    const { bytes, tail, seen } = streamed(stream, [unnamed([hello, finish(reason), usage()], 'data: [DONE]\n\n')])
    const known = { openai: reason, anthropic: 'refusal', responses: '"reason":"content_filter"' }

    expect(bytes + tail).toContain(known[client])
    expect(seen.finish).toBe(client === 'openai' ? reason : 'content_filter')
  })

  test.each(['error', 'network_error', 'insufficient_system_resource'])('that gave up: %s', (reason) => {
    const { failure, tail } = streamed(stream, [unnamed([hello, finish(reason), usage()], 'data: [DONE]\n\n')])

    expect([failure?.kind, tail]).toEqual(['server', ''])
  })

  test('without usage it is never told a count twice, or none where it insists', () => {
    const { bytes, tail } = streamed(stream, [unnamed([hello, finish(), usage()], 'data: [DONE]\n\ndata: [DONE]\n\n')])

    expect((bytes + tail).match(/\[DONE\]/g) ?? []).toHaveLength(client === 'openai' ? 1 : 0)
  })
})

describe.each(['openai', 'anthropic'] as const)('an empty stop of a client of %s', (client) => {
  const asked = client === 'openai' ? 'stop' : 'stop_sequences'
  const sent = async (upstream: DialectName, stop: JsonObject['']) => {
    const call = callOf({ ...clients[client].body, model: 'm', [asked]: stop })
    return objectOf(
      tryParse((await exchange({ client, upstream }, call, exchangeOptions({ upstreamModel: 'm' }))).body),
    )
  }

  test.each(['responses', 'gemini', 'converse', 'cohere', 'ollama'] as const)('is not told to %s', async (upstream) => {
    expect(JSON.stringify(await sent(upstream, ['']))).not.toMatch(/stop/i)
  })

  test('does not hide those that say something', async () => {
    expect(await sent('cohere', ['', 'END'])).toMatchObject({ stop_sequences: ['END'] })
    expect(objectOf((await sent('ollama', ['END', ''])).options).stop).toEqual(['END'])
  })
})
