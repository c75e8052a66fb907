import { createServer, type Server as HttpServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import * as conventions from '@opentelemetry/semantic-conventions/incubating'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringOf } from '../../lib/core/json.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { eventually, home, type Home, type Server, startServer } from '../whole/server.ts'
import { type Collector, collectorAt, type Read, type ReadMetric } from './collector.ts'

/** Planted in everything that a prompt or an answer consists of. */
const canary = 'canary-7f3a'
const secretPrompt = `${canary}-prompt`
const sampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const unsampled = '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'

let upstream: ScriptedUpstream
let detailed: { server: HttpServer; url: string }
let collector: Collector
let at: Home
let server: Server

const prices = { input_cost_per_token: 0.000001, output_cost_per_token: 0.00001 }
const modelAt = (base: string, name: string, script = name) => ({
  name,
  params: { model: `openai/${script}`, api_base: base, api_key: `sk-${canary}-upstream`, ...prices },
})
const tools = [
  {
    type: 'function',
    function: { name: `${canary}_tool`, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  },
]

/** Answers with cached, audio and reasoning tokens, and says a word that must not travel. */
async function startDetailed() {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 50,
    total_tokens: 150,
    prompt_tokens_details: { cached_tokens: 60 },
    completion_tokens_details: { reasoning_tokens: 20 },
  }
  const message = { role: 'assistant', content: `${canary}-answer` }
  const answer = {
    id: 'chatcmpl-detailed',
    object: 'chat.completion',
    created: 1,
    model: 'detailed-2026-01-01',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  }
  const made = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  const address = made.address()
  return { server: made, url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}` }
}

const models = () => [
  modelAt(upstream.url, 'ok'),
  modelAt(upstream.url, 'streamed', 'ok,tokens=6,gap=5'),
  modelAt(upstream.url, 'tool'),
  modelAt(upstream.url, 'cut'),
  modelAt(upstream.url, 'long', 'ok,tokens=200,gap=20'),
  modelAt(upstream.url, 'broken', 'status,status=500'),
  modelAt(detailed.url, 'detailed'),
]
const settings = { litellm_settings: { num_retries: 0, fallbacks: [{ broken: ['ok'] }], callbacks: ['otel'] } }

async function startAll(more: Record<string, Record<string, boolean>> = {}) {
  upstream = await startUpstream()
  detailed = await startDetailed()
  collector = await collectorAt()
  at = home(models(), { ...settings, ...more })
}

const serve = () =>
  startServer(at, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'gateway-of-tests' })

async function stopAll() {
  await server.stop('SIGKILL')
  await at.remove()
  await collector.remove()
  await upstream.stop()
  detailed.server.close()
}

/** A call as a client makes it; resolves with its request id. */
async function chat(
  key: string,
  model: string,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: secretPrompt }], max_tokens: 300, ...more }),
  })
  await response.text()
  return response.headers.get('x-request-id') ?? ''
}

/** Reads a few bytes of an answer and leaves. */
async function chatAndLeave(key: string): Promise<void> {
  const leaving = new AbortController()
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'long', stream: true, messages: [{ role: 'user', content: secretPrompt }] }),
    signal: leaving.signal,
  })
  await response.body?.getReader().read()
  leaving.abort()
}

const spansOf = (model: string, spans: Read[]) =>
  spans.filter(({ attributes }) => attributes['purser.requested_model'] === model)

/** How many calls the metrics tell of, which come after the spans. */
const callsIn = ({ metrics }: { metrics: ReadMetric[] }): number =>
  metrics
    .filter(({ name }) => name === 'gen_ai.client.operation.duration')
    .flatMap(({ points }) => points)
    .reduce((sum, { fields }) => sum + Number(fields.count), 0)

describe('a conversation, read back from the collector', () => {
  let spans: Read[]

  const one = (model: string): Read => {
    const found = spansOf(model, spans)
    expect(found).toHaveLength(1)
    return found[0] as Read
  }

  beforeAll(async () => {
    await startAll()
    await collector.start()
    server = await serve()
    const key = await server.makeKey({ key_alias: 'team-a-backend' })
    const stream = { stream: true, stream_options: { include_usage: true }, temperature: 0.5, stop: [`${canary}-stop`] }
    await chat(key, 'ok', { n: 1 }, { traceparent: unsampled })
    await chat(key, 'streamed', stream, { traceparent: sampled, tracestate: 'vendor=1' })
    await chat(key, 'tool', { tools })
    await chat(key, 'detailed')
    await chat(key, 'broken')
    await chat(key, 'cut', { stream: true })
    await chatAndLeave(key)
    await eventually(
      async () => collector.read(),
      (read) => spansOf('long', read.spans).length > 0 && read.spans.length >= 6 && callsIn(read) >= 7,
    )
    await sleep(500)
    spans = collector.read().spans
  })
  afterAll(stopAll)

  it('has one client span an attempt, named by operation and model', () => {
    const names = spans.map(({ fields }) => stringOf(fields.name) ?? '').sort()

    expect(names).toEqual([
      'chat cut',
      'chat detailed',
      'chat ok',
      'chat ok,tokens=200,gap=20',
      'chat ok,tokens=6,gap=5',
      'chat tool',
    ])
    for (const { fields, resource } of spans) {
      expect(fields.kind).toBe(3)
      expect(resource['service.name']).toBe('gateway-of-tests')
      expect(Number(fields.endTimeUnixNano)).toBeGreaterThanOrEqual(Number(fields.startTimeUnixNano))
    }
  })

  it('uses no gen_ai name that the conventions do not have', () => {
    const known = new Set<unknown>(Object.values(conventions).filter((value) => typeof value === 'string'))
    const { metrics } = collector.read()
    const used = [
      ...[...spans, ...metrics.flatMap(({ points }) => points)].flatMap(({ attributes }) => Object.keys(attributes)),
      ...metrics.map(({ name }) => name),
    ].filter((name) => !name.startsWith('purser.'))

    expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([])
    expect(used.length).toBeGreaterThan(20)
  })

  it('joins the span to the caller, keeps its state and says what a stream is', () => {
    const { fields, attributes } = one('streamed')

    expect(fields).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentSpanId: 'b7ad6b7169203331',
      traceState: 'vendor=1',
    })
    expect(attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'ok,tokens=6,gap=5',
      'gen_ai.request.stream': true,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.max_tokens': 300,
      'gen_ai.response.id': 'chatcmpl-up',
      'gen_ai.response.model': 'ok,tokens=6,gap=5-2026-01-01',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.output_tokens': 6,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(upstream.url).port),
      'purser.outcome': 'completed',
      'purser.key.alias': 'team-a-backend',
    })
    expect(attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0)
  })

  it('counts cached and reasoning tokens inside the totals, and what they cost', () => {
    const { attributes } = one('detailed')

    expect(attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.cache_read.input_tokens': 60,
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.usage.reasoning.output_tokens': 20,
      'purser.usage.estimated': false,
    })
    expect(attributes['purser.cost']).toBeCloseTo(0.0006, 9)
  })

  it('tells a fallback, a tool call, a cut stream and a client that left apart', () => {
    expect(one('broken').attributes).toMatchObject({ 'purser.fallbacks': 1, 'gen_ai.request.model': 'ok' })
    expect(one('tool').attributes).toMatchObject({ 'gen_ai.response.finish_reasons': ['tool_calls'] })
    expect(one('cut').attributes).toMatchObject({ 'error.type': 'upstream_cut', 'purser.outcome': 'partial' })
    expect(one('cut').fields.status).toEqual({ code: 2 })
    expect(one('long').attributes).toMatchObject({ 'purser.outcome': 'client_left', 'purser.usage.estimated': true })
    expect(one('long').attributes['error.type']).toBeUndefined()
  })

  it('has no span where the caller does not sample, but counts the call', async () => {
    expect(spansOf('ok', spans)).toEqual([])

    expect(callsIn(collector.read())).toBe(7)
  })

  it('sends deltas of few words: no key, no request, no person', () => {
    const { metrics } = collector.read()
    const allowed = new Set([
      'gen_ai.operation.name',
      'gen_ai.provider.name',
      'gen_ai.request.model',
      'gen_ai.response.model',
      'gen_ai.token.type',
      'error.type',
    ])

    expect(new Set(metrics.map(({ name }) => name))).toEqual(
      new Set([
        'gen_ai.client.token.usage',
        'gen_ai.client.operation.duration',
        'gen_ai.client.operation.time_to_first_chunk',
        'purser.cost',
      ]),
    )
    for (const { temporality, points } of metrics) {
      expect(temporality).toBe(1)
      const words = new Set(points.flatMap(({ attributes }) => Object.keys(attributes)))
      expect([...words].filter((word) => !allowed.has(word))).toEqual([])
    }
  })

  it('holds nothing of the prompt, the answer, the tools or the keys', () => {
    expect(collector.text()).toContain('gen_ai.usage.input_tokens')
    expect(collector.text()).not.toContain(canary)
    expect(collector.text()).not.toContain('Oslo')
    expect(collector.read().records).toEqual([])
  })
})

describe('a collector that is away', () => {
  beforeAll(async () => {
    await startAll({ general_settings: { capture_message_content: true } })
    server = await serve()
  })
  afterAll(stopAll)

  it('gets everything once when it is back, also what a killed gateway had to tell', async () => {
    const key = await server.makeKey({ max_budget: 10 })
    for (let n = 0; n < 5; n++) await chat(key, 'ok')
    await eventually(server.logs, (rows) => rows.length === 5)
    await server.stop('SIGKILL')
    server = await serve()
    for (let n = 0; n < 5; n++) await chat(key, 'streamed', { stream: true })
    await eventually(server.logs, (rows) => rows.length === 10)

    await collector.start()
    await eventually(
      async () => collector.read(),
      (read) => read.spans.length >= 10 && read.records.length >= 10 && callsIn(read) >= 10,
      40_000,
    )
    await sleep(1500)

    const read = collector.read()
    const { spans } = read
    expect(spans).toHaveLength(10)
    expect(new Set(spans.map(({ fields }) => fields.spanId)).size).toBe(10)
    expect(callsIn(read)).toBe(10)
  })

  it('gets what was said as events beside the spans, because that was switched on', () => {
    const { spans, records } = collector.read()
    const ids = new Set(spans.map(({ fields }) => fields.spanId))

    for (const { fields, attributes } of records) {
      expect(fields.eventName).toBe(conventions.EVENT_GEN_AI_CLIENT_INFERENCE_OPERATION_DETAILS)
      expect(ids).toContain(fields.spanId)
      expect(attributes[conventions.ATTR_GEN_AI_INPUT_MESSAGES]).toEqual([
        { role: 'user', parts: [{ type: 'text', content: secretPrompt }] },
      ])
      expect(attributes[conventions.ATTR_GEN_AI_OUTPUT_MESSAGES]).toEqual([
        {
          role: 'assistant',
          parts: [{ type: 'text', content: expect.stringMatching(/^w0 w1/) as unknown }],
          finish_reason: 'stop',
        },
      ])
    }
    expect(JSON.stringify(spans)).not.toContain(canary)
  })
})
