import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { type JsonObject, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import { costOf, type Price } from '../../lib/core/money.ts'
import { config } from '../support/configuration.ts'
import { published } from '../support/published.ts'
import { dollars, type Machine, startMachine } from '../support/machine.ts'

const usage = { prompt: 12, completion: 100 }
const text = 'a'.repeat(300)
const sse = (events: readonly JsonObject[]) =>
  events.map((event) => `event: ${stringOf(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join('')

/** How each API answers, streamed or not, with what it says beside its counts. */
const answers: Record<string, (said: JsonObject, stream: boolean) => string> = {
  'chat/completions': (said, stream) => {
    const counts = { prompt_tokens: usage.prompt, completion_tokens: usage.completion, ...said }
    const message = { role: 'assistant', content: text }
    if (!stream)
      return JSON.stringify({ id: 'c', choices: [{ index: 0, message, finish_reason: 'stop' }], usage: counts })
    const data = (choices: JsonObject[], more: JsonObject = {}) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices, ...more })}\n\n`
    const told = data([{ index: 0, delta: message, finish_reason: 'stop' }])
    return `${told}${data([], { usage: counts })}data: [DONE]\n\n`
  },
  messages: (said, stream) => {
    const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null }
    const counts = { input_tokens: usage.prompt, output_tokens: usage.completion, ...said }
    if (!stream)
      return JSON.stringify({ ...message, content: [{ type: 'text', text }], stop_reason: 'end_turn', usage: counts })
    return sse([
      { type: 'message_start', message: { ...message, usage: { input_tokens: usage.prompt, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: counts },
      { type: 'message_stop' },
    ])
  },
  responses: (said, stream) => {
    const counts = { input_tokens: usage.prompt, output_tokens: usage.completion, ...said }
    const item = { type: 'message', id: 'i', role: 'assistant', content: [{ type: 'output_text', text }] }
    const whole = { id: 'r', object: 'response', model: 'm', status: 'completed', output: [item], usage: counts }
    if (!stream) return JSON.stringify(whole)
    return sse([
      { type: 'response.created', response: { ...whole, status: 'in_progress', output: [], usage: null } },
      { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } },
      { type: 'response.output_text.delta', output_index: 0, item_id: 'i', content_index: 0, delta: text },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: whole },
    ])
  },
  embeddings: (said) =>
    JSON.stringify({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
      usage: { prompt_tokens: usage.prompt, total_tokens: usage.prompt, ...said },
    }),
  completions: (said) =>
    JSON.stringify({
      id: 'c',
      choices: [{ index: 0, text, finish_reason: 'stop' }],
      usage: { prompt_tokens: usage.prompt, completion_tokens: usage.completion, ...said },
    }),
}

/** Bills by its own price, and serves nobody whose `max_price` is below it (dollars per million tokens of any kind). */
type Host = { price: number; served: number }
let host: Host | undefined
let says: JsonObject = {}
/** Bytes of an answer after which its connection breaks. */
let cutAt: number | undefined
let failing = false
let headers: Record<string, string> = {}
let sent: JsonObject = {}

function billed(body: JsonObject): JsonObject | undefined {
  if (!host) return says
  const { prompt, completion } = objectOf(objectOf(body.provider).max_price)
  const bears = (most: unknown) => most === undefined || Number(most) >= (host?.price ?? 0)
  if (!bears(prompt) || !bears(completion)) return undefined
  host.served++
  return { cost: ((usage.prompt + usage.completion) * host.price) / 1e6, is_byok: false }
}

const server = createServer((request, response) => {
  const bytes: Buffer[] = []
  request.on('data', (chunk: Buffer) => bytes.push(chunk))
  request.on('end', () => {
    const body = objectOf(tryParse(Buffer.concat(bytes).toString()))
    sent = body
    const told = billed(body)
    const [, answer] = Object.entries(answers).find(([api]) => request.url?.includes(api)) ?? []
    const stream = body.stream === true
    const type = stream && told ? 'text/event-stream' : 'application/json'
    if (failing) return void response.end(JSON.stringify({ error: { message: 'overloaded', code: 502 }, usage: told }))
    response.writeHead(told ? 200 : 404, { 'content-type': type, ...headers })
    const whole = told && answer?.(told, stream)
    if (whole && cutAt !== undefined) return void response.write(whole.slice(0, cutAt), () => response.destroy())
    response.end(whole ?? '{"error":{"message":"No endpoints found within max_price","code":404}}')
  })
})

let machine: Machine
let key: string
let models: Deployment[]

beforeAll(async () => {
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`
  const priced = (over: Partial<Deployment> & { group: string }) =>
    published({ apiBase: { value: url }, apiKey: { value: 'k' }, ...over })
  const deepseek = { provider: 'openrouter', model: 'deepseek/deepseek-chat-v3-0324' }
  const own: Price = { input: 1_000_000, output: 2_000_000, source: 'config' }
  models = [
    priced({ group: 'router', ...deepseek }),
    { ...priced({ group: 'config', ...deepseek }), price: own },
    {
      ...priced({ group: 'free', provider: 'openrouter', model: 'google/gemma-3-12b-it:free' }),
      known: { price: { input: 0, output: 0, source: 'table' } },
    },
    priced({ group: 'online', provider: 'openrouter', model: `${deepseek.model}:online`, baseModel: deepseek.model }),
    priced({ group: 'auto', provider: 'openrouter', model: 'openrouter/auto', baseModel: deepseek.model }),
    priced({ group: 'sonar', provider: 'perplexity', model: 'sonar' }),
    priced({ group: 'agent', provider: 'perplexity_agent', model: 'sonar' }),
    priced({ group: 'grok', provider: 'xai', model: 'grok-4' }),
    priced({ group: 'agents', provider: 'xai', model: 'grok-4.20-multi-agent' }),
    priced({ group: 'infra', provider: 'deepinfra', model: 'deepseek-ai/DeepSeek-V3' }),
    priced({ group: 'proxy', provider: 'litellm_proxy', model: 'gpt' }),
    priced({ group: 'vercel', provider: 'vercel_ai_gateway', model: 'openai/gpt-5' }),
    priced({ group: 'requesty', provider: 'requesty', model: 'openai/gpt-5' }),
    priced({ group: 'plain', provider: 'openai', model: 'gpt-4o' }),
  ]
  machine = await startMachine(config({ deployments: models, budgetWaitMs: 0 }))
  key = (await machine.makeKey()).plain
})
afterAll(async () => {
  await machine.stop()
  server.close()
})
beforeEach(() => {
  machine.published.length = 0
  host = undefined
  cutAt = undefined
  failing = false
  says = {}
  headers = {}
  sent = {}
})

function priceOf(model: string): Price {
  const price = models.find(({ group }) => group === model)?.known?.price
  if (!price) throw new Error(`${model} has no price`)
  return price
}

type Asking = { path?: string; body?: JsonObject; by?: string }

async function ask(model: string, { path = '/v1/chat/completions', body = {}, by = key }: Asking = {}) {
  const base: JsonObject = path.endsWith('embeddings')
    ? { input: 'Hello' }
    : path.endsWith('responses')
      ? { max_output_tokens: 100, input: 'Hello' }
      : path.endsWith('/completions') && !path.includes('chat')
        ? { max_tokens: 100, prompt: 'Hello' }
        : { max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }
  const answer = await machine.call({ path, key: by, json: { model, ...base, ...body } } as never)
  return { answer, event: machine.spends()[0] }
}

type Case = [model: string, said: JsonObject, nano: number, path?: string, header?: Record<string, string>]
const router = { cost: 0.00013783, is_byok: false, cost_details: { upstream_inference_cost: 0.00013783 } }
const cases: Case[] = [
  ['router', router, 137_830],
  ['router', router, 137_830, '/v1/messages'],
  ['router', router, 137_830, '/v1/responses'],
  ['router', { cost: 0.00001, is_byok: true, cost_details: { upstream_inference_cost: 0.0002 } }, 210_000],
  ['free', { cost: 0, is_byok: false }, 0],
  ['sonar', { cost: { request_cost: 0.005, total_cost: 0.005047 } }, 5_047_000],
  ['sonar', { cost: { request_cost: 0.005, total_cost: 0.005047 } }, 5_047_000, '/v1/messages'],
  ['agent', { cost: { currency: 'USD', total_cost: 0.0061 } }, 6_100_000],
  ['agent', { cost: { currency: 'USD', total_cost: 0.0061 } }, 6_100_000, '/v1/responses'],
  ['grok', { cost_in_usd_ticks: 37_756_000 }, 3_775_600],
  ['grok', { cost_in_usd_ticks: 37_756_000 }, 3_775_600, '/v1/responses'],
  ['infra', { estimated_cost: 0.0000268 }, 26_800],
  ['proxy', { cost: 0.0042 }, 4_200_000],
  ['proxy', {}, 3_100_000, '/v1/messages', { 'x-litellm-response-cost': '0.0031' }],
  ['vercel', { cost: '0.0045405' }, 4_540_500],
  ['requesty', { total_cost: 0.002 }, 2_000_000],
]

describe.each([false, true])('an answer, streamed: %s', (stream) => {
  it.each(cases)('of %s that says %j is booked at %d', async (model, said, nano, path, header = {}) => {
    says = said
    headers = header
    const { answer, event } = await ask(model, { ...(path && { path }), body: { stream } })

    expect([answer.status, event?.cost, event?.price_source, event?.estimated]).toEqual([200, nano, 'reported', false])
    expect(event?.usage).toMatchObject(usage)
  })

  it('tells its client the same', async () => {
    says = router
    const { answer } = await ask('router', {
      body: { stream, ...(stream && { stream_options: { include_usage: true } }) },
    })

    expect(answer.text).toContain('"cost":0.00013783')
  })

  it.each<[string, string, JsonObject]>([
    ['the config names the price', 'config', router],
    ['nothing is said', 'router', {}],
    ['an own key was used and its bill is not known', 'router', { cost: 0, is_byok: true }],
    ['a zero may as well be an unknown price', 'grok', { cost_in_usd_ticks: 0 }],
    ['the provider is none that says it', 'plain', { cost: 0.5 }],
  ])('is booked by the price where %s', async (_why, model, said) => {
    says = said
    const { event } = await ask(model, { body: { stream } })
    const price = models.find(({ group }) => group === model)?.price ?? priceOf(model)

    expect(event).toMatchObject({ cost: costOf(price, usage), price_source: price.source, estimated: false })
  })

  it.each([-0.01, 'much', 1e9])('is booked by the table and marked where it says %j', async (cost) => {
    says = { cost }
    const { event } = await ask('router', { body: { stream } })

    expect(event).toMatchObject({ cost: costOf(priceOf('router'), usage), estimated: true })
  })
})

it.each([
  ['/v1/embeddings', 'router', { cost: 0.00002 }, 20_000],
  ['/v1/embeddings', 'infra', { estimated_cost: 0.00002 }, 20_000],
  ['/v1/completions', 'router', { cost: 0.00002 }, 20_000],
])('a reply of %s is booked as %s says', async (path, model, said, nano) => {
  says = said
  const { answer, event } = await ask(model, { path })

  expect([answer.status, event?.cost, event?.price_source]).toEqual([200, nano, 'reported'])
})

describe('a hard budget, where the provider chooses the host', () => {
  const limited = async (limit: number) => (await machine.makeKey({ limit })).plain
  const table = () => priceOf('router')
  /** Dollars per million tokens at which every host of the table's headroom is still below. */
  const dearest = () => (Math.min(table().input, table().output) / 1e6) * 1.9

  it.each(['/v1/chat/completions', '/v1/messages', '/v1/responses', '/v1/completions'])(
    'sends along the price that it holds for, at %s',
    async (path) => {
      says = router
      const { event } = await ask('router', { path, by: await limited(dollars(10)) })
      const { prompt, completion, request, image } = objectOf(objectOf(sent.provider).max_price)

      expect(Number(prompt) * 1.05).toBeCloseTo((table().input * 2) / 1e6, 4)
      expect(Number(completion) * 1.05).toBeCloseTo((table().output * 2) / 1e6, 4)
      expect([request, image]).toEqual([0, undefined])
      const most = costOf({ ...table(), input: table().input * 2, output: table().output * 2 }, usage)
      expect(event?.holds[0]?.amount).toBeGreaterThanOrEqual(most)
    },
  )

  it('bounds the price of pictures where there is one', async () => {
    says = router
    const url = 'data:image/png;base64,iVBORw0KGgo='
    const content = [{ type: 'image_url', image_url: { url } }]
    await ask('router', { body: { messages: [{ role: 'user', content }] }, by: await limited(dollars(10)) })

    expect(objectOf(objectOf(sent.provider).max_price).image).toBeGreaterThan(0)
  })

  it('sends nothing of the kind without one, nor where the config names the price', async () => {
    says = router
    await ask('router')
    expect(sent.provider).toBeUndefined()
    await ask('config', { by: await limited(dollars(10)) })
    expect(sent.provider).toBeUndefined()
  })

  it('keeps a stricter price of the request, and holds less', async () => {
    says = router
    const own = { order: ['a'], max_price: { prompt: '0.01', completion: 0.01, audio: 3 } }
    const by = await limited(dollars(10))
    const held = async (body: JsonObject) => {
      machine.published.length = 0
      return (await ask('router', { body, by })).event?.holds[0]?.amount ?? 0
    }
    const usual = await held({})
    const strict = await held({ provider: own })

    expect(strict).toBeLessThan(usual / 10)
    expect(sent.provider).toMatchObject({ order: ['a'], max_price: { audio: 3 } })
    expect(Number(objectOf(objectOf(sent.provider).max_price).prompt)).toBeCloseTo(0.01, 3)
    expect(Number(objectOf(objectOf(sent.provider).max_price).prompt)).toBeLessThanOrEqual(0.01)
  })

  it('lowers a laxer one, and names it', async () => {
    says = router
    const provider = { max_price: { prompt: 1000 } }
    const { answer } = await ask('router', { body: { provider }, by: await limited(dollars(10)) })

    expect(answer.headers['x-purser-dropped-params']).toContain('provider.max_price')
    expect(objectOf(objectOf(sent.provider).max_price).prompt).toBeLessThan(10)
  })

  it('is never exceeded by a crowd, at hosts as dear as it lets through', async () => {
    host = { price: dearest(), served: 0 }
    const limit = 40 * costOf(table(), { prompt: 0, completion: 100 })
    const by = await limited(limit)
    await Promise.all(Array.from({ length: 60 }, () => ask('router', { by })))
    const spends = machine.spends()
    const spent = spends.reduce((sum, { cost }) => sum + cost, 0)

    expect(host.served).toBeGreaterThan(3)
    expect(spends.filter(({ cost }) => cost > 0)).toHaveLength(host.served)
    expect(spent).toBe(host.served * Math.ceil((usage.prompt + usage.completion) * host.price * 1000))
    expect(spent).toBeLessThanOrEqual(limit)
    expect(spends.every(({ cost, holds }) => cost <= (holds[0]?.amount ?? 0))).toBe(true)
  })

  it('is not served by a dearer host', async () => {
    host = { price: (table().input / 1e6) * 5, served: 0 }
    const { answer } = await ask('router', { by: await limited(dollars(10)) })

    expect([answer.status, host.served]).toEqual([404, 0])
    await ask('router')
    expect(host.served).toBe(1)
  })

  it('sends free models to hosts that are', async () => {
    says = { cost: 0 }
    const { answer } = await ask('free', { by: await limited(dollars(1)) })

    expect(answer.status).toBe(200)
    expect(objectOf(sent.provider).max_price).toMatchObject({ prompt: 0, completion: 0, request: 0 })
  })

  it.each<[string, JsonObject, string]>([
    ['online', {}, 'model'],
    ['auto', {}, 'model'],
    ['agents', {}, 'model'],
    ['router', { models: ['openai/gpt-5'] }, 'models'],
    ['router', { plugins: [{ id: 'web' }] }, 'plugins'],
    ['router', { preset: 'mine' }, 'preset'],
    ['router', { tools: [{ type: 'openrouter:web_search' }] }, 'tools[0]'],
  ])('refuses %s with %j, which nothing bounds', async (model, body, name) => {
    const { answer } = await ask(model, { body, by: await limited(dollars(10)) })

    expect([answer.status, answer.json().error?.param]).toEqual([400, name])
    expect(machine.spends()).toEqual([])
    says = router
    expect((await ask(model, { body })).answer.status).toBe(200)
  })

  it('estimates what broke off before its cost was told as of the dearest host', async () => {
    says = router
    cutAt = 500
    const broken = async (by: string) => {
      machine.published.length = 0
      return (await ask('router', { by, body: { stream: true } })).event
    }
    const [bounded, free] = [await broken(await limited(dollars(10))), await broken(key)]

    expect([bounded?.estimated, bounded?.usage]).toEqual([true, free?.usage])
    expect((bounded?.cost ?? 0) / (free?.cost ?? 1)).toBeCloseTo(2, 2)
  })

  it('books a failure that was charged', async () => {
    says = { cost: 0.002, is_byok: false }
    failing = true
    const { answer, event } = await ask('router', { by: await limited(dollars(10)) })

    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(event).toMatchObject({ outcome: 'failed', cost: 2_000_000, price_source: 'reported' })
  })

  it('books all of a cost above its hold', async () => {
    says = { cost: 5 }
    const { event } = await ask('router', { by: await limited(dollars(1)) })

    expect(event?.cost).toBe(dollars(5))
    expect(event?.holds[0]?.amount).toBeLessThan(dollars(1))
  })
})
