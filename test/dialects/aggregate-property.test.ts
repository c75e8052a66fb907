import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import type { ClientDialect, DialectName, Exchange } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { messageOf } from '../support/messages.ts'
import { callsOf, said, type Said, spoken, textOf, thoughtOf } from '../support/spoken.ts'
import { speakers } from '../support/spoken-tongues.ts'
import { callOf, exchangeOptions, streamed } from '../support/translated.ts'
import { eventsIn } from './responses-support.ts'

const models: Record<DialectName, string> = {
  openai: 'llama',
  responses: 'gpt-5.4',
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-3-pro',
  converse: 'anthropic.claude-sonnet-4-5',
  cohere: 'command-a',
  ollama: 'llama3',
}
const upstreams = Object.keys(models) as DialectName[]

type Client = {
  body: JsonObject
  /** What a client that joins a stream ends up with. */
  joined: (stream: string) => JsonObject
  /** A whole reply in the same form. */
  whole: (reply: JsonObject) => JsonObject
  facts: (reply: JsonObject) => Facts
}
type Facts = {
  text: string
  thoughts: string
  calls: { id: unknown; name: unknown; args: unknown }[]
  counts: unknown[]
}

const wordsOf = (value: Json | undefined): string => stringOf(value) ?? ''
const parsed = (value: Json | undefined): unknown => JSON.parse(wordsOf(value))

const parameters = { type: 'object', properties: {} }
const names = ['look', 'find']

/** Deltas joined as OpenAI's Python SDK joins them: texts grow, lists by `index`, objects member by member. */
function grow(known: JsonObject, delta: JsonObject): void {
  for (const [name, value] of Object.entries(delta)) {
    const before = known[name]
    if (name === 'index' || name === 'type' || before === undefined || before === null)
      known[name] = structuredClone(value)
    else if (typeof value === 'string') known[name] = `${before as string}${value}`
    else if (isObject(value) && isObject(before)) grow(before, value)
    else if (Array.isArray(value) && Array.isArray(before)) for (const one of value) growList(before, objectOf(one))
    else if (value !== null) known[name] = value
  }
}
function growList(list: Json[], entry: JsonObject): void {
  const at = Number(entry.index)
  if (!Number.isInteger(at) || at > list.length) throw new Error(`an entry without its place: ${JSON.stringify(entry)}`)
  if (at === list.length) list.push(structuredClone(entry))
  else grow(objectOf(list[at]), entry)
}

/** Without the places in lists, which only streams have. */
const unplaced = (value: Json, name = ''): Json => {
  if (Array.isArray(value)) return value.map((one) => unplaced(one, name))
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'index' || name === 'reasoning_details')
  return Object.fromEntries(entries.map(([key, inner]) => [key, unplaced(inner, key)]))
}

function joinedChat(stream: string): JsonObject {
  const reply: JsonObject = {}
  const choices: JsonObject[] = []
  let over = false
  for (const block of stream.split('\n\n')) {
    const data = block.replace(/^data: /, '')
    if (data === '') continue
    if (over) throw new Error('something follows the end')
    over = data === '[DONE]'
    if (over) continue
    const { choices: given, usage, service_tier: tier, model, id } = JSON.parse(data) as JsonObject
    Object.assign(reply, { id, model }, tier === undefined ? {} : { service_tier: tier })
    if (usage !== undefined && usage !== null) reply.usage = usage
    for (const { index, delta, finish_reason: finish, logprobs } of listOf(given).map(objectOf)) {
      const choice = (choices[Number(index)] ??= { message: {}, logprobs: {}, finish_reason: null })
      grow(objectOf(choice.message), objectOf(delta))
      const likely = objectOf(choice.logprobs)
      for (const [of, tokens] of Object.entries(objectOf(logprobs)))
        if (Array.isArray(tokens)) likely[of] = [...listOf(likely[of]), ...tokens]
      choice.finish_reason = finish ?? choice.finish_reason ?? null
    }
  }
  if (!over) throw new Error('the stream has no end')
  return bare({ ...reply, choices })
}

/** A chat completion without what a stream leaves out because there is nothing to say. */
function bare({ id, model, choices: given, usage, service_tier: tier }: JsonObject): JsonObject {
  const choices = listOf(given)
    .map(objectOf)
    .map(({ message, logprobs, finish_reason }) => {
      const kept = Object.entries(objectOf(message)).filter(([, value]) => value !== null && value !== '')
      const likely = Object.entries(objectOf(logprobs)).filter(([, value]) => value !== null)
      return {
        message: unplaced(Object.fromEntries(kept)),
        logprobs: Object.fromEntries(likely),
        finish_reason: finish_reason ?? null,
      }
    })
  return { id, model, choices, ...(usage && { usage }), ...(tier && { service_tier: tier }) } as JsonObject
}

/** The response that ends a stream; the items that were told on the way must be its own. */
function joinedResponse(stream: string): JsonObject {
  const events = eventsIn(stream)
  events.forEach((one, at) => {
    if (one.sequence_number !== at) throw new Error(`event ${at} has the number ${one.sequence_number}`)
  })
  const response = objectOf(events.at(-1)?.response)
  const items = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item ?? null)
  expect(items).toEqual(response.output)
  const written = (type: string) =>
    events
      .filter((one) => one.type === type)
      .map(({ delta }) => wordsOf(delta))
      .join('')
  expect(written('response.output_text.delta')).toBe(factsOfResponse(response).text)
  expect(written('response.function_call_arguments.delta')).toBe(
    listOf(response.output)
      .map((item) => wordsOf(objectOf(item).arguments))
      .join(''),
  )
  return response
}

const factsOfChat = (reply: JsonObject): Facts => {
  const message = objectOf(objectOf(listOf(reply.choices)[0]).message)
  const usage = objectOf(reply.usage)
  return {
    text: wordsOf(message.content),
    thoughts: wordsOf(message.reasoning_content),
    calls: listOf(message.tool_calls)
      .map(objectOf)
      .map(({ id, function: of }) => {
        const { name, arguments: args } = objectOf(of)
        return { id, name, args: parsed(args) }
      }),
    counts: [usage.prompt_tokens, usage.completion_tokens, objectOf(usage.prompt_tokens_details).cached_tokens],
  }
}
const factsOfMessage = (reply: JsonObject): Facts => {
  const blocks = listOf(reply.content).map(objectOf)
  const usage = objectOf(reply.usage)
  const [plain, cached, written] = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'].map(
    (name) => Number(usage[name]),
  )
  return {
    text: blocks.map((one) => (one.type === 'text' ? wordsOf(one.text) : '')).join(''),
    thoughts: blocks.map((one) => (one.type === 'thinking' ? wordsOf(one.thinking) : '')).join(''),
    calls: blocks.filter(({ type }) => type === 'tool_use').map(({ id, name, input }) => ({ id, name, args: input })),
    counts: [(plain ?? 0) + (cached ?? 0) + (written ?? 0), usage.output_tokens, cached],
  }
}
const factsOfResponse = (reply: JsonObject): Facts => {
  const items = listOf(reply.output).map(objectOf)
  const usage = objectOf(reply.usage)
  const texts = (name: 'content' | 'summary', of: string) =>
    items
      .flatMap((item) => (item.type === of ? listOf(item[name]).map((part) => wordsOf(objectOf(part).text)) : []))
      .join('')
  return {
    text: texts('content', 'message'),
    thoughts: texts('summary', 'reasoning'),
    calls: items
      .filter(({ type }) => type === 'function_call')
      .map(({ call_id: id, name, arguments: args }) => ({ id, name, args: parsed(args) })),
    counts: [usage.input_tokens, usage.output_tokens, objectOf(usage.input_tokens_details).cached_tokens],
  }
}

const clients: Record<ClientDialect, Client> = {
  openai: {
    body: {
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      tools: names.map((name) => ({ type: 'function', function: { name, parameters } })),
      stream_options: { include_usage: true },
    },
    joined: joinedChat,
    whole: bare,
    facts: factsOfChat,
  },
  anthropic: {
    body: {
      model: 'm',
      max_tokens: 9999,
      messages: [{ role: 'user', content: 'Hi' }],
      tools: names.map((name) => ({ name, input_schema: parameters })),
    },
    joined: messageOf,
    whole: (reply) => reply,
    facts: factsOfMessage,
  },
  responses: {
    body: {
      model: 'm',
      input: 'Hi',
      tools: names.map((name) => ({ type: 'function', name, parameters, strict: false })),
    },
    joined: joinedResponse,
    whole: (reply) => reply,
    facts: factsOfResponse,
  },
}

const bound = (client: ClientDialect, upstream: DialectName, stream: boolean): Promise<Exchange> =>
  exchange(
    { client, upstream },
    callOf({ ...clients[client].body, stream }),
    exchangeOptions({ upstreamModel: models[upstream], publicModel: 'public', requestId: '0'.repeat(32) }),
  )

const pairs = upstreams.flatMap((upstream) =>
  (Object.keys(clients) as ClientDialect[]).map((client) => ({ client, upstream })),
)

describe.each(pairs)('what a client of $client is told by a host of $upstream', async ({ client, upstream }) => {
  const [whole, stream] = await Promise.all([bound(client, upstream, false), bound(client, upstream, true)])
  const { joined, whole: formed, facts } = clients[client]
  const told = (answer: Said): { once: JsonObject; piecewise: JsonObject; seen: unknown[] } => {
    const reply = speakers[upstream](answer)
    const read = whole.whole(Buffer.from(JSON.stringify(reply.whole)))
    if ('failure' in read) throw new Error(`whole: ${read.failure.message}`)
    const { bytes, tail, failure, finished, seen } = streamed(stream, [reply.stream])
    if (failure || !finished) throw new Error(`streamed: ${failure?.message}`)
    return {
      once: formed(JSON.parse(String(read.body)) as JsonObject),
      piecewise: joined(bytes + tail),
      seen: [read.seen, seen],
    }
  }

  test('is the same streamed and whole, and so is what is counted', () => {
    fc.assert(
      fc.property(said, (answer) => {
        const {
          once,
          piecewise,
          seen: [atOnce, inPieces],
        } = told(answer)

        expect(piecewise).toEqual(once)
        const { contentEvents: _, ...counted } = inPieces as JsonObject
        const { contentEvents: _of, ...countedOnce } = atOnce as JsonObject
        expect(counted).toEqual(countedOnce)
      }),
      { numRuns: 40 },
    )
  })

  test('is what the model said: its text, its calls, its counts', () => {
    fc.assert(
      fc.property(spoken, (answer) => {
        const { once } = told(answer)
        const { usage } = answer
        const given = facts(once)

        expect(given.calls.map(({ name, args }) => ({ name, args }))).toEqual(
          callsOf(answer).map(({ name, args }) => ({ name, args })),
        )
        if (upstream !== 'ollama') expect(given.calls.map(({ id }) => id)).toEqual(callsOf(answer).map(({ id }) => id))
        if (answer.refusal === undefined && answer.pieces.some(({ kind }) => kind === 'text' || kind === 'call'))
          expect(given.text).toBe(textOf(answer))
        expect(given.thoughts).toBe(thoughtOf(answer))
        expect(given.counts.slice(0, 2)).toEqual([usage.prompt, usage.completion])
        if (upstream !== 'ollama') expect(given.counts[2]).toBe(usage.cached)
      }),
      { numRuns: 40 },
    )
  })
})
