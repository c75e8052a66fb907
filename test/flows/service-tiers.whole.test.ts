import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { type JsonObject, objectOf, tryParse } from '../../lib/core/json.ts'
import { costOf, type Price } from '../../lib/core/money.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { config } from '../support/configuration.ts'
import { published } from '../support/published.ts'
import { dollars, type Machine, startMachine } from '../support/machine.ts'

const usage = { prompt: 12, completion: 100 }
const text = 'a'.repeat(300)
const sse = (events: readonly (JsonObject | string)[], named = false) =>
  events
    .map((event) => {
      const data = typeof event === 'string' ? event : JSON.stringify(event)
      const { type } = objectOf(event)
      return `${named && typeof type === 'string' ? `event: ${type}\n` : ''}data: ${data}\n\n`
    })
    .join('')

/** How each API answers, streamed or not, with what it says of how it served. */
const answers: Record<string, (said: JsonObject, stream: boolean) => string> = {
  chat: (said, stream) => {
    const counts = { prompt_tokens: usage.prompt, completion_tokens: usage.completion, ...objectOf(said.usage) }
    const head = { id: 'c', model: 'm', ...said }
    const chunk = (choice: JsonObject | undefined, more: JsonObject = {}) => ({
      ...head,
      object: 'chat.completion.chunk',
      choices: choice ? [{ index: 0, ...choice }] : [],
      ...more,
    })
    const message = { role: 'assistant', content: text }
    if (!stream)
      return JSON.stringify({ ...head, choices: [{ index: 0, message, finish_reason: 'stop' }], usage: counts })
    const [asked, last] = [chunk({ delta: message, finish_reason: null }), chunk({ delta: {}, finish_reason: 'stop' })]
    return sse([{ ...asked, service_tier: 'auto' }, last, chunk(undefined, { usage: counts }), '[DONE]'])
  },
  messages: (said, stream) => {
    const counts = { input_tokens: usage.prompt, output_tokens: usage.completion, ...said }
    const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', usage: counts }
    const content = [{ type: 'text', text }]
    if (!stream) return JSON.stringify({ ...message, content, stop_reason: 'end_turn' })
    const events = [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens: usage.completion },
      },
      { type: 'message_stop' },
    ]
    return sse(events, true)
  },
  responses: ({ usage: more, ...said }, stream) => {
    const counts = { input_tokens: usage.prompt, output_tokens: usage.completion, ...objectOf(more) }
    const item = { type: 'message', id: 'i', role: 'assistant', content: [{ type: 'output_text', text }] }
    const whole = {
      id: 'r',
      object: 'response',
      model: 'm',
      status: 'completed',
      output: [item],
      usage: counts,
      ...said,
    }
    if (!stream) return JSON.stringify(whole)
    const head = { ...whole, status: 'in_progress', output: [], service_tier: 'auto' }
    const events = [
      { type: 'response.created', response: head },
      { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } },
      { type: 'response.output_text.delta', output_index: 0, item_id: 'i', content_index: 0, delta: text },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: whole },
    ]
    return sse(events, true)
  },
  converse: (said) =>
    JSON.stringify({
      output: { message: { role: 'assistant', content: [{ text }] } },
      stopReason: 'end_turn',
      usage: { inputTokens: usage.prompt, outputTokens: usage.completion },
      ...said,
    }),
  generateContent: (said) =>
    JSON.stringify({
      candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: usage.prompt, candidatesTokenCount: usage.completion, ...said },
    }),
}

let says: JsonObject = {}
let sent: JsonObject = {}
const server = createServer((request, response) => {
  const bytes: Buffer[] = []
  request.on('data', (chunk: Buffer) => bytes.push(chunk))
  request.on('end', () => {
    sent = objectOf(tryParse(Buffer.concat(bytes).toString()))
    const path = request.url ?? ''
    const api = Object.keys(answers).find((name) => path.includes(name === 'chat' ? 'chat/completions' : name)) ?? ''
    const stream = sent.stream === true
    response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' })
    response.end(answers[api]?.(says, stream))
  })
})

let machine: Machine
let key: string
let models: Deployment[]

beforeAll(async () => {
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const priced = (over: Partial<Deployment> & { group: string }) =>
    published({ apiBase: { value: url }, apiKey: { value: 'k' }, ...over })
  models = [
    priced({ group: 'gpt', provider: 'openai', model: 'gpt-5.5', apiBase: { value: `${url}/v1` } }),
    priced({ group: 'gpt-plain', provider: 'openai', model: 'gpt-5.5', params: { service_tier: 'default' } }),
    priced({ group: 'gpt-responses', provider: 'openai', model: 'gpt-5.5', dialect: 'responses' }),
    priced({ group: 'gpt-6', provider: 'openai', model: 'gpt-6-sol', apiBase: { value: `${url}/v1` } }),
    priced({ group: 'claude', provider: 'anthropic', model: 'claude-opus-5-5' }),
    priced({ group: 'nova', provider: 'bedrock', model: 'amazon.nova-pro-v1:0' }),
    priced({
      group: 'nova-fast',
      provider: 'bedrock',
      model: 'amazon.nova-pro-v1:0',
      params: { serviceTier: { type: 'priority' } },
    }),
    priced({ group: 'gemini', provider: 'gemini', model: 'gemini-3.5-flash', apiBase: { value: `${url}/v1beta` } }),
    priced({
      group: 'gemini-fast',
      provider: 'gemini',
      model: 'gemini-3.5-flash',
      params: { serviceTier: 'priority' },
      apiBase: { value: `${url}/v1beta` },
    }),
    priced({ group: 'llama', provider: 'groq', model: 'llama-3.3-70b-versatile' }),
  ]
  machine = await startMachine(config({ deployments: models }))
  key = (await machine.makeKey({ limit: dollars(100) })).plain
})
afterAll(async () => {
  await machine.stop()
  server.close()
})
beforeEach(() => {
  machine.published.length = 0
})

/** What the tables say of the model, without its service tiers. */
function priceOf(model: string): Price {
  const price = models.find(({ group }) => group === model)?.known?.price
  if (!price) throw new Error(`${model} has no price`)
  return price
}

type Asking = { path?: string; body?: JsonObject }

async function ask(model: string, { path = '/v1/chat/completions', body = {} }: Asking = {}) {
  const base = path.endsWith('responses')
    ? { max_output_tokens: 100, input: 'Hello' }
    : { max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }
  const text = JSON.stringify({ model, ...base, ...body })
  const answer = await machine.call({ path, key, body: Buffer.from(text) } as never)
  return { answer, event: machine.spends()[0] }
}

const charged = (event: SpendEvent | undefined, model: string) => (event?.cost ?? 0) / costOf(priceOf(model), usage)

type Case = [model: string, said: JsonObject, factor: number, asking?: Asking]
const cases: Case[] = [
  ['gpt', { service_tier: 'default' }, 1],
  // The project is set to fast mode, by its old name and its new one.
  ['gpt', { service_tier: 'priority' }, 2.5],
  ['gpt', { service_tier: 'fast' }, 2.5],
  ['gpt', { service_tier: 'flex' }, 0.5, { body: { service_tier: 'flex' } }],
  ['gpt', {}, 1],
  ['gpt', { service_tier: 'default' }, 1, { body: { service_tier: 'priority' } }],
  ['gpt', {}, 2.5, { body: { service_tier: 'priority' } }],
  ['gpt-responses', { service_tier: 'priority' }, 2.5],
  ['gpt-responses', { service_tier: 'priority' }, 2.5, { path: '/v1/responses' }],
  ['gpt', { service_tier: 'priority' }, 2.5, { path: '/v1/messages' }],
  ['claude', {}, 1],
  ['claude', { inference_geo: 'us', service_tier: 'standard' }, 1.1],
  ['claude', { inference_geo: 'global', speed: 'standard' }, 1],
  ['claude', { speed: 'fast', inference_geo: 'us' }, 2.2, { path: '/v1/messages', body: { speed: 'fast' } }],
  ['claude', { speed: 'standard' }, 1, { path: '/v1/messages', body: { speed: 'fast' } }],
  ['claude', { inference_geo: 'us' }, 1.1, { path: '/v1/messages' }],
  ['llama', { service_tier: 'flex' }, 1, { body: { service_tier: 'flex' } }],
]

describe.each([false, true])('an answer, streamed: %s', (stream) => {
  it.each(cases)('of %s that says %j costs %d times the price, and no more than was held', async (...of) => {
    const [model, said, factor, asking = {}] = of
    says = said
    const more = stream && asking.path === undefined ? { stream, stream_options: { include_usage: true } } : { stream }
    const { answer, event } = await ask(model, { ...asking, body: { ...asking.body, ...more } })

    expect([answer.status, event?.estimated, event?.usage]).toMatchObject([200, false, usage])
    expect(charged(event, model)).toBeCloseTo(factor, 6)
    expect(event?.holds[0]?.amount).toBeGreaterThanOrEqual(event?.cost ?? 0)
    const [, told] = /"cost":([\d.e-]+)/.exec(answer.text) ?? []
    expect(Number(told)).toBeCloseTo((event?.cost ?? 0) / 1e9, 9)
  })
})

describe('an answer of a cloud', () => {
  it.each<[string, JsonObject, number]>([
    ['nova', { serviceTier: { type: 'default' } }, 1],
    ['nova-fast', { serviceTier: { type: 'priority' } }, 1.75],
    ['nova-fast', { serviceTier: { type: 'default' } }, 1],
    ['nova-fast', {}, 1.75],
    ['gemini', {}, 1],
    ['gemini-fast', { trafficType: 'ON_DEMAND_PRIORITY' }, 1.8],
    ['gemini-fast', {}, 1.8],
  ])('of %s that says %j costs %d times the price', async (model, said, factor) => {
    says = said
    const { answer, event } = await ask(model)

    expect(answer.status).toBe(200)
    expect(charged(event, model)).toBeCloseTo(factor, 4)
    expect(event?.holds[0]?.amount).toBeGreaterThanOrEqual(event?.cost ?? 0)
  })

  it.each<[string, string, JsonObject, JsonObject, number]>([
    ['nova', '/bedrock/model/nova/converse', { serviceTier: { type: 'priority' } }, {}, 1.75],
    ['nova', '/bedrock/model/nova/converse', { serviceTier: { type: 'flex' } }, { serviceTier: { type: 'flex' } }, 0.5],
    ['gemini', '/gemini/v1beta/models/gemini:generateContent', { serviceTier: 'priority' }, {}, 1.8],
    ['gemini', '/gemini/v1beta/models/gemini:generateContent', {}, { serviceTier: 'flex' }, 0.5],
  ])('of %s, asked at %s with %j', async (model, path, asked, said, factor) => {
    says = said
    const [messages, contents] = [
      [{ role: 'user', content: [{ text: 'Hello' }] }],
      [{ role: 'user', parts: [{ text: 'Hello' }] }],
    ]
    const body = path.startsWith('/gemini')
      ? { contents, generationConfig: { maxOutputTokens: 100 } }
      : { messages, inferenceConfig: { maxTokens: 100 } }
    const answer = await machine.call({ path, key, body: Buffer.from(JSON.stringify({ ...body, ...asked })) } as never)
    const [event] = machine.spends()

    expect(answer.status).toBe(200)
    expect(charged(event, model)).toBeCloseTo(factor, 4)
    expect(event?.holds[0]?.amount).toBeGreaterThanOrEqual(event?.cost ?? 0)
  })
})

describe('what is written to a cache', () => {
  const written = { prompt_tokens: 100, prompt_tokens_details: { cache_write_tokens: 80 } }
  const split = { ttl_12h_tokens: 50, ttl_30m_tokens: 30 }
  const told = {
    input_tokens: 100,
    input_tokens_details: { cache_write_tokens: 80, cache_write_tokens_details: split },
  }
  const long = { prompt_cache_options: { ttl: '12h' } }
  const prompt = 'Hello'.repeat(40)
  const chat = { messages: [{ role: 'user', content: prompt }], service_tier: 'default' }
  const response = { input: prompt, service_tier: 'default' }

  it.each<[string, JsonObject, Asking, number]>([
    ['for the usual time', written, { body: chat }, 80 * 2500],
    ['for as long as was asked', written, { body: { ...chat, ...long } }, 80 * 5000],
    [
      'for as long as the answer says',
      told,
      { path: '/v1/responses', body: { ...response, ...long } },
      30 * 2500 + 50 * 5000,
    ],
  ])('%s costs its own price, and no more than was held', async (_, counts, asking, cost) => {
    says = { usage: counts, service_tier: 'default' }
    const { answer, event } = await ask('gpt-6', asking)

    expect([answer.status, event?.estimated, event?.cost]).toEqual([200, false, 20 * 2000 + cost + 100 * 10_000])
    expect(event?.holds[0]?.amount).toBeGreaterThanOrEqual(event?.cost ?? Infinity)
    const [, shown] = /"cost":([\d.e-]+)/.exec(answer.text) ?? []
    expect(Number(shown)).toBeCloseTo((event?.cost ?? 0) / 1e9, 9)
  })
})

describe('a hard budget', () => {
  const held = async (model: string, body: JsonObject = {}) => {
    says = {}
    machine.published.length = 0
    return (await ask(model, { body })).event?.holds[0]?.amount ?? 0
  }

  it('holds for the tier that a project may be set to, unless the request or its entry rules that out', async () => {
    const [plain, unsaid] = [await held('gpt', { service_tier: 'default' }), await held('gpt')]

    expect(unsaid / plain).toBeCloseTo(2.5, 2)
    expect(await held('gpt-plain')).toBe(plain)
    expect(sent.service_tier).toBe('default')
  })

  it.each<[string, Asking, string]>([
    ['gpt', { body: { service_tier: 'scale' } }, 'service_tier'],
    ['llama', { body: { service_tier: 'performance' } }, 'service_tier'],
    ['claude', { path: '/v1/messages', body: { inference_geo: 'eu' } }, 'inference_geo'],
    ['gemini', { body: { service_tier: 'reserved' } }, 'service_tier'],
  ])('refuses %s at a tier of no known price: %j', async (model, asking, name) => {
    const { answer } = await ask(model, asking)

    expect(answer.status).toBe(400)
    expect(answer.text).toContain(name)
    expect(machine.spends()).toEqual([])
  })
})
