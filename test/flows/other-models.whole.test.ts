import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { askedModels } from '../../lib/config/asked-models.ts'
import { type JsonObject, objectOf, tryParse } from '../../lib/core/json.ts'
import { costOf, type Price } from '../../lib/core/money.ts'
import type { Usage } from '../../lib/core/usage.ts'
import { find, publishedOf } from '../../lib/providers/catalogue.ts'
import { config, deployment } from '../support/configuration.ts'
import { dollars, type Machine, startMachine } from '../support/machine.ts'

// An advisor is asked in the middle of an answer, and another model answers what the first has declined: both are billed at
// their own prices, which the totals of the answer do not tell.

const text = 'Use a queue.'
const pass = (type: string, model: string | null, input: number, output: number): JsonObject => ({
  type,
  ...(model === null ? {} : { model }),
  input_tokens: input,
  output_tokens: output,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
})
let counts: JsonObject = {}
const server = createServer((request, response) => {
  const bytes: Buffer[] = []
  request.on('data', (chunk: Buffer) => bytes.push(chunk))
  request.on('end', () => {
    const stream = objectOf(tryParse(Buffer.concat(bytes).toString())).stream === true
    response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' })
    response.end(stream ? streamed() : JSON.stringify(message({ content: [{ type: 'text', text }], usage: counts })))
  })
})
const message = (more: JsonObject): JsonObject => ({
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-6',
  stop_reason: 'end_turn',
  ...more,
})
const streamed = () =>
  [
    { type: 'message_start', message: message({ content: [], usage: { input_tokens: 10, output_tokens: 1 } }) },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: counts },
    { type: 'message_stop' },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('')

let machine: Machine
let key: string
let limited: string

beforeAll(async () => {
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const read = deployment({
    group: 'claude',
    provider: 'anthropic',
    model: 'claude-sonnet-4-6',
    apiBase: { value: url },
    apiKey: { value: 'k' },
  })
  const deployments = [{ ...read, ...publishedOf(read) }]
  machine = await startMachine(config({ deployments, ...askedModels(deployments) }))
  key = (await machine.makeKey()).plain
  limited = (await machine.makeKey({ limit: dollars(100) })).plain
})
afterAll(async () => {
  await machine.stop()
  server.close()
})
beforeEach(() => {
  machine.published.length = 0
})

const advisor: JsonObject = { type: 'advisor_20260301', name: 'advisor', model: 'claude-opus-4-7' }
const asked = { max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }
type Door = [path: string, model: string]
const doors: Door[] = [
  ['/v1/messages', 'claude'],
  ['/v1/chat/completions', 'claude'],
  ['/anthropic/v1/messages', 'claude'],
]

async function ask(path: string, body: JsonObject, own = key) {
  const headers = { 'anthropic-beta': 'server-side-fallback-2026-07-01' }
  const answer = await machine.call({ path, key: own, headers, body: Buffer.from(JSON.stringify(body)) } as never)
  return { answer, event: machine.spends()[0] }
}

const priceOf = (name: string): Price => {
  const price = find({ priceId: 'anthropic', name })?.price
  if (!price) throw new Error(`${name} has no price`)
  return price
}
const cost = (name: string, usage: Usage): number => costOf(priceOf(name), usage)

describe.each([false, true])('an answer, streamed: %s', (stream) => {
  const streaming = { stream, ...(stream && { stream_options: { include_usage: true } }) }
  const more = (path: string) => (path === '/v1/chat/completions' ? streaming : { stream })

  it.each(doors)('at %s is charged with what its advisor cost, at the advisor’s price', async (path, model) => {
    counts = {
      input_tokens: 300,
      output_tokens: 50,
      iterations: [
        pass('message', null, 100, 10),
        { ...pass('advisor_message', 'claude-opus-4-7', 700, 80), cache_read_input_tokens: 40 },
        pass('message', null, 200, 40),
      ],
    }

    const { answer, event } = await ask(path, { model, tools: [advisor], ...asked, ...more(path) })

    const advice = { prompt: 740, completion: 80, cached: 40 }
    expect([answer.status, event?.estimated]).toEqual([200, false])
    expect(event?.usage).toMatchObject({ prompt: 300, completion: 50 })
    const own = { prompt: 300, completion: 50 }
    expect(event?.cost).toBe(cost('claude-sonnet-4-6', own) + cost('claude-opus-4-7', advice))
    const [, told] = /"cost":([\d.e-]+)/.exec(answer.text) ?? []
    if (path.startsWith('/v1')) expect(Number(told)).toBeCloseTo((event?.cost ?? 0) / 1e9, 9)
  })

  it('of the model that stepped in is charged at its price, with what the one wrote that declined', async () => {
    counts = {
      input_tokens: 410,
      output_tokens: 260,
      iterations: [
        pass('message', 'claude-sonnet-4-6', 400, 30),
        pass('message', 'claude-fable-5', 400, 0),
        pass('fallback_message', 'claude-opus-4-8', 410, 260),
      ],
    }

    const { event } = await ask('/v1/messages', { model: 'claude', fallbacks: 'default', ...asked, stream })

    const own = cost('claude-opus-4-8', { prompt: 410, completion: 260 })
    expect(event?.usage).toMatchObject({ prompt: 410, completion: 260 })
    expect(event?.cost).toBe(own + cost('claude-sonnet-4-6', { prompt: 400, completion: 30 }))
  })

  it('with a model of no known price is charged as the dearest might be', async () => {
    const passes = [pass('message', null, 300, 50), pass('advisor_message', 'claude-epic-9', 700, 80)]
    counts = { input_tokens: 300, output_tokens: 50, iterations: passes }

    const { event } = await ask('/v1/messages', { model: 'claude', tools: [advisor], ...asked, stream })

    const advice = { prompt: 700, completion: 80 }
    const own = cost('claude-sonnet-4-6', { prompt: 300, completion: 50 })
    expect((event?.cost ?? 0) - own).toBeGreaterThanOrEqual(cost('claude-fable-5-1', advice))
  })
})

it.each(doors)(
  'a key with a hard budget asks no such models at %s, because nothing bounds them',
  async (path, model) => {
    const advised = await ask(path, { model, tools: [advisor], ...asked }, limited)

    expect(advised.answer.status).toBe(400)
    if (path === '/v1/chat/completions') return
    const other = await ask(path, { model, fallbacks: 'default', ...asked }, limited)
    expect([other.answer.status, other.answer.text]).toEqual([400, expect.stringContaining('fallbacks')])
  },
)
