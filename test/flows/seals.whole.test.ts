import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { config, deployment } from '../support/configuration.ts'
import { callFlow, dollars, type Machine, startMachine } from '../support/machine.ts'
import { accumulated } from '../support/translated.ts'
import { startUpstream } from '../support/upstream.ts'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let machine: Machine
const script = 'agent,rounds=2,kept=1'

const deployments = () => [
  deployment({ group: 'claude', provider: 'anthropic', model: script, apiBase: { value: upstream.url } }),
  deployment({ group: 'other', provider: 'anthropic', model: `${script},other=1`, apiBase: { value: upstream.url } }),
  deployment({
    group: 'priced',
    provider: 'gemini',
    model: script,
    apiBase: { value: upstream.url },
    price: { input: 1_000_000, output: 1_000_000, source: 'config' },
  }),
  deployment({ group: 'gemini', provider: 'gemini', model: script, apiBase: { value: upstream.url } }),
  deployment({
    group: 'responses',
    provider: 'openai',
    dialect: 'responses',
    model: script,
    apiBase: { value: upstream.url },
  }),
]

beforeAll(async () => {
  upstream = await startUpstream()
  machine = await startMachine(config({ deployments: deployments() }))
})
afterAll(async () => {
  await machine.stop()
  await upstream.stop()
})
beforeEach(() => void (upstream.seen.length = 0))

const tools = ['look', 'ask'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} } },
}))

type Asking = { key: string; model?: string; stream?: boolean; on?: Machine }

async function say(messages: JsonObject[], { key, model = 'claude', stream = false, on = machine }: Asking) {
  const json = { model, messages, tools, stream, max_tokens: 2000 }
  const answer = await callFlow(on.flow, { path: '/v1/chat/completions', key, json })
  expect(answer.status, answer.text + on.logged.join()).toBe(200)
  if (stream) return accumulated(answer.text)
  const message = objectOf(objectOf(listOf((answer.json() as JsonObject).choices)[0]).message)
  const calls = listOf(message.tool_calls).map(objectOf)
  return {
    content: stringOf(message.content) ?? '',
    calls: calls.map(({ id, function: called }) => ({
      id: stringOf(id) ?? '',
      ...(objectOf(called) as { name: string; arguments: string }),
    })),
  }
}

/** What a client that knows content and calls alone makes of an answer, and the results of its calls. */
const plain = ({ content, calls }: Awaited<ReturnType<typeof say>>): JsonObject[] => [
  {
    role: 'assistant',
    content,
    tool_calls: calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })),
  },
  ...calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'done' })),
]

const question = (): JsonObject[] => [{ role: 'user', content: 'Look' }]

async function agent(asking: Asking): Promise<string> {
  const messages = question()
  for (let round = 0; round < 2; round++) messages.push(...plain(await say(messages, asking)))
  return (await say(messages, asking)).content
}

describe('a client that drops sealed reasoning', () => {
  it.each([false, true])(
    'has it sent back with the results of its calls, over all turns of the loop (streamed: %s)',
    async (stream) => {
      const { plain: key } = await machine.makeKey()

      expect(await agent({ key, stream })).toContain('thoughts kept: 2')
      expect(JSON.stringify(upstream.seen.at(-1)?.body)).toContain('"signature":"c2lnbmVk+/=="')
    },
  )

  it('gets none of another key, and none of another model', async () => {
    const { plain: key } = await machine.makeKey()
    const { plain: stranger } = await machine.makeKey()
    const messages = question()
    messages.push(...plain(await say(messages, { key })))

    await say(messages, { key: stranger })
    await say(messages, { key, model: 'other' })

    expect(upstream.seen.slice(1).map(({ body }) => JSON.stringify(body).includes('thinking'))).toEqual([false, false])
  })
})

type Client = {
  path: string
  ask(said: JsonObject[]): JsonObject
  /** What is left of an answer, streamed or whole, in a client that drops thoughts; and the results of its calls. */
  plain(text: string): JsonObject[]
}

/** The data of a stream's events. */
const eventsIn = (text: string): JsonObject[] =>
  text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6)) as JsonObject] : []))

/** The text of an answer, in whatever pieces it came. */
const wordsOf = (text: string): string =>
  text.startsWith('{')
    ? text
    : eventsIn(text)
        .map(({ delta }) => stringOf(delta) ?? stringOf(objectOf(delta).text) ?? '')
        .join('')

const named = ['look', 'ask']
const parameters = { type: 'object', properties: {} }

const messages: Client = {
  path: '/v1/messages',
  ask: (said) => ({
    messages: said,
    max_tokens: 2000,
    tools: named.map((name) => ({ name, input_schema: parameters })),
  }),
  plain(text) {
    const events = text.startsWith('{') ? undefined : eventsIn(text)
    const blocks = events
      ? events.flatMap(({ content_block: block }) => (block === undefined ? [] : [block]))
      : listOf((JSON.parse(text) as JsonObject).content)
    const calls = blocks.map(objectOf).filter(({ type }) => type === 'tool_use')
    const results = calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id ?? '', content: 'done' }))
    return [
      { role: 'assistant', content: calls },
      { role: 'user', content: results },
    ]
  },
}

const responses: Client = {
  path: '/v1/responses',
  ask: (said) => ({
    input: said,
    store: false,
    max_output_tokens: 2000,
    tools: named.map((name) => ({ type: 'function', name, parameters })),
  }),
  plain(text) {
    const whole = text.startsWith('{')
      ? (JSON.parse(text) as JsonObject)
      : objectOf(eventsIn(text).findLast(({ type }) => type === 'response.completed')?.response)
    const calls = listOf(whole.output)
      .map(objectOf)
      .filter(({ type }) => type === 'function_call')
    return [
      ...calls,
      ...calls.map(({ call_id: id }) => ({ type: 'function_call_output', call_id: id ?? '', output: 'done' })),
    ]
  },
}

const loops = [messages, responses].flatMap((client) =>
  ['claude', 'gemini', 'responses'].flatMap((model) =>
    [false, true].map((stream) => ({ client, path: client.path, model, stream })),
  ),
)

describe('a client of another API that drops sealed reasoning', () => {
  const asked = async ({ client, model, stream }: (typeof loops)[number], key: string, said: JsonObject[]) => {
    const json = { model, stream, ...client.ask(said) }
    const answer = await callFlow(machine.flow, { path: client.path, key, json })
    expect(answer.status, answer.text).toBe(200)
    return answer.text
  }

  it.each(loops)('has it sent back over all turns of the loop ($path over $model, streamed: $stream)', async (loop) => {
    const { plain: key } = await machine.makeKey()
    const { plain: stranger } = await machine.makeKey()
    const said: JsonObject[] = [{ role: 'user', content: 'Look' }]

    for (let round = 0; round < 2; round++) said.push(...loop.client.plain(await asked(loop, key, said)))

    expect(wordsOf(await asked(loop, key, said))).toContain('thoughts kept: 2')
    expect(wordsOf(await asked(loop, stranger, said))).toContain('thoughts kept: 0')
  })

  it('has what is put back covered by the hold', async () => {
    const { plain: key, record } = await machine.makeKey({ limit: dollars(1) })
    const { plain: stranger, record: other } = await machine.makeKey({ limit: dollars(1) })
    const loop = { client: messages, path: messages.path, model: 'priced', stream: false }
    const said: JsonObject[] = [{ role: 'user', content: 'Look' }]
    said.push(...messages.plain(await asked(loop, key, said)))
    await asked(loop, key, said)
    await asked(loop, stranger, said)

    const held = (id: string) => machine.spends().findLast((event) => event.key_id === id)?.holds[0]?.amount ?? 0
    const letters = 'purser:google-gemini-v1@'.length
    expect(held(record.id) - held(other.id)).toBeGreaterThan(letters * 1000)
  })

  it('is asked to keep nothing twice: what it hands back itself is not stored', async () => {
    const kept: string[] = []
    const { plain: key } = await machine.makeKey()
    const own = await startMachine(config({ deployments: deployments() }), {
      records: machine.records,
      seals: { put: async (_, id) => void kept.push(id), get: async () => undefined },
    })
    const json = (said: JsonObject[]) => ({ model: 'claude', ...messages.ask(said) })
    const first = await callFlow(own.flow, {
      path: messages.path,
      key,
      json: json([{ role: 'user', content: 'Look' }]),
    })
    const { content } = first.json() as JsonObject
    const [, results = {}] = messages.plain(first.text)
    const said = [{ role: 'user', content: 'Look' }, { role: 'assistant', content: content ?? [] }, results]

    const second = await callFlow(own.flow, { path: messages.path, key, json: json(said) })
    await own.stop()

    expect(second.text).toContain('tool_use')
    expect(kept).toHaveLength(1)
  })
})
