import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import { config, deployment } from '../support/configuration.ts'
import { dollars, type Machine, startMachine } from '../support/machine.ts'
import { eventsOf, messageOf } from '../support/messages.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

let upstream: ScriptedUpstream
let machine: Machine
let key: string

const price = { input: 1_000_000, output: 1_000_000, source: 'test' }
const scripts = ['ok', 'tool', 'cut', 'error-first', 'error-late', 'context', 'silent', 'ok,tokens=2000']
const missing = ['status,status=404', 'status,status=404,names=1']
const words = 'w0 w1 w2 w3 w4 w5 w6 w7'

beforeAll(async () => {
  upstream = await startUpstream()
  const { url } = upstream
  const served = (group: string, over: Partial<Deployment>) =>
    deployment({ group, id: `id-${group}`, price, maxOutputTokens: 4000, ...over })
  machine = await startMachine(
    config({
      deployments: [
        ...[...scripts, 'status,status=429,retry-after=7', 'status,status=529', ...missing].flatMap((model) => [
          served(`gpt:${model}`, { model, apiBase: { value: `${url}/v1` } }),
          served(`claude:${model}`, { model, provider: 'anthropic', apiBase: { value: url } }),
        ]),
        served('moved', { model: 'error-first', provider: 'anthropic', apiBase: { value: url } }),
      ],
      aliases: { 'claude-small': { model: 'claude:ok', hidden: false } },
      fallbacks: { moved: ['gpt:ok'] },
      streamTimeoutMs: 400,
      timeoutMs: 1500,
      idleTimeoutMs: 300,
    }),
  )
  key = (await machine.makeKey()).plain
})
afterAll(async () => {
  await machine.stop()
  await upstream.stop()
})
beforeEach(() => {
  machine.published.length = 0
  upstream.seen.length = 0
})

type Asking = { path?: string; key?: string; headers?: Record<string, string> }
const ask = (model: string, over: JsonObject = {}, { path = '/v1/messages', ...more }: Asking = {}) =>
  machine.call({
    path,
    key,
    json: { model, max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }], ...over },
    ...more,
  } as never)
const get = (path: string, headers: Record<string, string>, query: Record<string, string> = {}) =>
  machine.call({ method: 'GET', path, key, headers, query } as never)
const version = { 'anthropic-version': '2023-06-01' }

describe.each(['gpt', 'claude'])('POST /v1/messages in front of %s', (host) => {
  it('answers whole, in the shape of the messages API, and books what it cost', async () => {
    const answer = await ask(`${host}:ok`)
    const body = answer.json() as unknown as JsonObject

    expect(answer.status).toBe(200)
    // Where its SDKs look for it.
    expect(answer.headers['request-id']).toBe(answer.headers['x-request-id'])
    expect(body).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: `${host}:ok`,
      content: [{ type: 'text', text: words }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { output_tokens: 8, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    })
    const [spend] = machine.spends()
    expect(spend).toMatchObject({
      outcome: 'completed',
      client_dialect: 'anthropic',
      call_type: 'chat',
      estimated: false,
    })
    expect((body.usage as JsonObject).cost).toBeCloseTo((spend?.cost ?? 0) / 1e9, 9)
  })

  it('streams, and ends with message_stop', async () => {
    const answer = await ask(`${host}:ok`, { stream: true })

    expect(answer.headers['content-type']).toContain('text/event-stream')
    expect(messageOf(answer.text)).toMatchObject({
      model: `${host}:ok`,
      content: [{ type: 'text', text: words }],
      stop_reason: 'end_turn',
      usage: { output_tokens: 8 },
    })
    expect(eventsOf(answer.text).at(-1)?.type).toBe('message_stop')
    expect(machine.spends()).toMatchObject([{ outcome: 'completed', stream: true, usage: { completion: 8 } }])
  })

  it('calls tools, several at once', async () => {
    const tools = ['weather', 'time'].map((name) => ({ name, input_schema: { type: 'object' } }))
    const whole = (await ask(`${host}:tool`, { tools })).json() as unknown as JsonObject
    const streamed = messageOf((await ask(`${host}:tool`, { tools, stream: true })).text)

    for (const message of [whole, streamed])
      expect(message).toMatchObject({
        stop_reason: 'tool_use',
        content: [{ type: 'tool_use', name: 'weather', input: { city: 'Oslo' } }],
      })
  })

  it.each(['cut', 'error-late'])('never lets %s look like an end', async (script) => {
    const answer = await ask(`${host}:${script}`, { stream: true })
    const events = eventsOf(answer.text)

    expect(events.at(-1)).toMatchObject({ type: 'error', error: { type: expect.stringMatching(/_error$/) as string } })
    expect(events.map(({ type }) => type)).not.toContain('message_stop')
    expect(machine.spends()).toMatchObject([{ outcome: 'partial' }])
  })

  it.each([
    ['status,status=429,retry-after=7', 429, 'rate_limit_error'],
    ['status,status=529', 529, 'overloaded_error'],
    ['context', 400, 'invalid_request_error'],
    ['silent', 504, 'timeout_error'],
  ])('has the status and the type for %s', async (script, status, type) => {
    const answer = await ask(`${host}:${script}`)

    expect(answer.status).toBe(status)
    expect(answer.json()).toMatchObject({ type: 'error', error: { type }, request_id: answer.headers['request-id'] })
    if (status === 429) expect(answer.headers['retry-after']).toBe('7')
    if (script === 'context') expect(answer.text).toContain('prompt is too long: ')
  })

  it('is bound by a hard budget', async () => {
    const { plain } = await machine.makeKey({ limit: dollars(0.0001) })
    const answer = await ask(`${host}:ok`, {}, { key: plain })

    expect(answer.status).toBe(429)
    expect(answer.json()).toMatchObject({
      type: 'error',
      error: { type: 'rate_limit_error', details: { budget: { scope: 'key' } } },
    })
    expect(upstream.seen).toHaveLength(0)
  })
})

describe('POST /v1/messages', () => {
  it('hands on what its client asks the provider to fall back to, and bounds it', async () => {
    const headers = { 'anthropic-beta': 'server-side-fallback-2026-07-01' }
    const fallbacks = [{ model: 'claude-opus-4-8' }]
    const { plain } = await machine.makeKey({ limit: dollars(100) })

    expect((await ask('claude:ok', { fallbacks }, { headers })).status).toBe(200)
    expect(upstream.seen.at(-1)?.body).toMatchObject({ fallbacks })
    const refused = await ask('claude:ok', { fallbacks }, { headers, key: plain })
    expect(refused.json()).toMatchObject({ error: { details: { param: 'fallbacks' } } })
    expect(upstream.seen).toHaveLength(1)
  })

  it.each(['/messages', '/anthropic/v1/messages', '/anthropic/messages', '/v1/messages/'])(
    'is served at %s',
    async (path) => {
      expect((await ask('claude:ok', {}, { path })).status).toBe(200)
    },
  )

  it('forwards version and betas with the fields they unlock, and the own key', async () => {
    const headers = { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'context-management-2025-06-27' }
    const edits = { edits: [{ type: 'clear_tool_uses_20250919' }] }
    await ask('claude:ok', { context_management: edits, cache_control: { type: 'ephemeral' } }, { headers })

    expect(upstream.seen[0]).toMatchObject({
      path: '/v1/messages',
      headers: { ...headers, 'x-api-key': 'sk-upstream' },
      body: { model: 'ok', context_management: edits },
    })
  })

  it('names what another provider cannot take', async () => {
    const answer = await ask('gpt:ok', { context_management: { edits: [] }, speed: 'fast' })

    expect(answer.status).toBe(200)
    expect(answer.headers['x-purser-dropped-params']).toBe('context_management, speed')
  })

  it('falls back to a provider of another tongue before anything was sent', async () => {
    const answer = await ask('moved', { stream: true })

    expect(messageOf(answer.text)).toMatchObject({ content: [{ text: words }], stop_reason: 'end_turn' })
    expect(answer.headers['x-litellm-attempted-fallbacks']).toBe('1')
  })

  it("takes Claude Code's suffix for a long context", async () => {
    expect((await ask('claude-small[1m]')).status).toBe(200)
    expect(upstream.seen[0]?.body.model).toBe('ok')
  })

  it('takes the key as x-api-key, and refuses others in its own words', async () => {
    const plain = await ask('gpt:ok', {}, { key: '', headers: { 'x-api-key': key } })
    const wrong = await ask('gpt:ok', {}, { key: '', headers: { 'x-api-key': 'sk-wrong' } })

    expect(plain.status).toBe(200)
    expect(wrong.status).toBe(401)
    expect(wrong.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
  })

  it.each([
    [{ max_tokens: null }, 400, 'invalid_request_error', 'max_tokens'],
    [{ messages: [] }, 400, 'invalid_request_error', 'messages'],
    [{ model: 'nobody' }, 404, 'not_found_error', 'nobody'],
    [{ thread: { type: 'create' } }, 400, 'invalid_request_error', 'thread_unsupported_request'],
  ] as [JsonObject, number, string, string][])('refuses %j with what is wrong', async (body, status, type, words) => {
    const answer = await ask('gpt:ok', body)

    expect(answer.status).toBe(status)
    expect(answer.json()).toMatchObject({ type: 'error', error: { type } })
    expect(answer.text).toContain(words)
  })

  it('refuses what is no JSON, other methods and batches in its own words', async () => {
    const broken = await machine.call({ path: '/v1/messages', key, body: Buffer.from('{') } as never)
    const got = await get('/v1/messages', {})
    const batches = await machine.call({ path: '/v1/messages/batches', key, json: { requests: [] } } as never)

    expect(broken).toMatchObject({ status: 400 })
    expect(got).toMatchObject({ status: 405 })
    expect(batches).toMatchObject({ status: 404 })
    for (const answer of [broken, got, batches]) expect(answer.json()).toMatchObject({ type: 'error', error: {} })
    expect(batches.text).toContain('/v1/messages')
  })
})

describe('POST /v1/messages/count_tokens', () => {
  const path = '/v1/messages/count_tokens'

  it('asks a provider that counts, with its own name of the model and nothing that it refuses', async () => {
    const rest = { fallbacks: 'default', container: 'c', diagnostics: {}, litellm_session_id: 's', tags: ['t'] }
    const answer = await ask('claude-small', { system: 'S', ...rest }, { path, headers: { 'anthropic-beta': 'b' } })

    expect(answer.json()).toEqual({ input_tokens: upstream.seen[0]?.promptTokens })
    expect(answer.headers['x-purser-count']).toBe('provider')
    expect(upstream.seen[0]).toMatchObject({ path, headers: { 'anthropic-beta': 'b', 'x-api-key': 'sk-upstream' } })
    expect(upstream.seen[0]?.body).toEqual({ model: 'ok', system: 'S', messages: [{ role: 'user', content: 'Hello' }] })
    expect(machine.published).toEqual([])
  })

  it.each(['gpt:ok', 'claude:status,status=529', 'claude:status,status=404', 'claude:silent'])(
    'estimates for %s',
    async (model) => {
      const answer = await ask(model, {}, { path })

      expect(answer).toMatchObject({ status: 200, headers: { 'x-purser-count': 'estimate' } })
      expect((answer.json() as unknown as { input_tokens: number }).input_tokens).toBeGreaterThan(3)
      expect(machine.published).toEqual([])
    },
  )

  it('refuses what the provider refuses, and models that the key may not use', async () => {
    const { plain } = await machine.makeKey({ models: ['gpt:ok'] })

    expect(await ask('claude:context', {}, { path })).toMatchObject({ status: 400 })
    expect(await ask('claude:status,status=404,names=1', {}, { path })).toMatchObject({ status: 404 })
    expect(await ask('claude:ok', {}, { path, key: plain })).toMatchObject({ status: 403 })
    expect(await ask('nobody', {}, { path })).toMatchObject({ status: 404 })
  })
})

describe('GET /v1/models', () => {
  it('lists in the shape of the client that asks', async () => {
    const theirs = (await get('/v1/models', version, { limit: '1000' })).json() as unknown as { data: JsonObject[] }
    const plain = (await get('/v1/models', {})).json() as unknown as { data: JsonObject[] }

    expect(theirs).toMatchObject({ has_more: false, first_id: theirs.data[0]?.id, last_id: theirs.data.at(-1)?.id })
    expect(theirs.data.map(({ id }) => id)).toEqual(plain.data.map(({ id }) => id))
    expect(theirs.data.find(({ id }) => id === 'claude-small')).toEqual({
      type: 'model',
      id: 'claude-small',
      display_name: 'claude-small',
      created_at: '2023-02-28T18:56:42Z',
      max_input_tokens: null,
      max_tokens: 4000,
    })
    expect(plain).toMatchObject({ object: 'list' })
  })

  it('goes through its pages', async () => {
    const all = (await get('/anthropic/v1/models', {}, { limit: '1000' })).json() as unknown as {
      data: { id: string }[]
    }
    const ids: string[] = []
    for (let after: string | undefined, more = true; more;) {
      const page = (
        await get('/v1/models', version, { limit: '3', ...(after && { after_id: after }) })
      ).json() as unknown
      const {
        data,
        has_more: hasMore,
        last_id: last,
      } = page as { data: { id: string }[]; has_more: boolean; last_id: string }
      ids.push(...data.map(({ id }) => id))
      more = hasMore
      after = last
    }

    expect(ids).toEqual(all.data.map(({ id }) => id))
  })

  it('shows one, or says in its own words that there is none', async () => {
    const one = await get('/v1/models/claude-small', version)
    const none = await get('/v1/models/nobody', version)

    expect(one.json()).toMatchObject({ type: 'model', id: 'claude-small' })
    expect(none).toMatchObject({ status: 404 })
    expect(none.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
  })

  it('tells an Anthropic SDK in its own shape of what is not served', async () => {
    const theirs = await get('/v1/files', version)
    const plain = await get('/v1/files', {})

    expect(theirs.status).toBe(404)
    expect(theirs.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
    expect(plain.json()).toMatchObject({ error: { code: '404' } })
  })
})
