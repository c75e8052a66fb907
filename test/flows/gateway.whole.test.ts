import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { config, deployment } from '../support/configuration.ts'
import { type Answer, dollars, type Machine, startMachine } from '../support/machine.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

let upstream: ScriptedUpstream
let machine: Machine
let key: string

/** A model group per script: calling `cut,after=3` is served by the deployment that does it. */
const price = { input: 1_000_000, output: 1_000_000, source: 'test' }
const served = (url: string, group: string, over: Partial<Deployment> = {}) =>
  deployment({
    group,
    model: group,
    id: `id-${group}`,
    apiBase: { value: `${url}/v1` },
    price,
    maxOutputTokens: 4000,
    ...over,
  })

const scripts = [
  'ok',
  'ok,tokens=200,gap=5',
  'ok,tokens=2000',
  'finish-stall',
  'redirect',
  'tool',
  'ok,tokens=40',
  'status,status=500',
  'status,status=500,times=1',
  'status,status=429,retry-after=7',
  'status,status=401',
  'reset',
  'silent',
  'slow,wait=5000',
  'cut',
  'stall',
  'clean-cut',
  'malformed',
  'error-first',
  'error-late',
  'error-body',
  'no-done',
  'no-usage',
  'html',
  'context',
  'filter',
]

beforeAll(async () => {
  upstream = await startUpstream()
  const { url } = upstream
  const claude = (group: string, model: string) =>
    served(url, group, { provider: 'anthropic', model, apiBase: { value: url } })
  machine = await startMachine(
    config({
      deployments: [
        ...scripts.map((name) => served(url, name)),
        ...scripts.map((name) => claude(`claude:${name}`, name)),
        served(url, 'chat-default', { model: 'ok' }),
        served(url, 'embedder', { model: 'ok', mode: 'embedding' }),
        ...['a', 'b'].map((id) => served(url, 'pair', { id, model: id === 'a' ? 'status,status=503' : 'ok' })),
        served(url, 'ordered', { id: 'o1', model: 'status,status=500', order: 1 }),
        served(url, 'ordered', { id: 'o2', model: 'ok', order: 2 }),
        served(url, 'closed', { apiBase: { value: 'http://127.0.0.1:9/v1' } }),
        served(url, 'forbidden'),
        deployment({ group: 'maximum unknown', model: 'ok', apiBase: { value: `${url}/v1` }, price }),
      ],
      fallbacks: {
        'status,status=500': ['ok'],
        'status,status=429,retry-after=7': ['ok'],
        reset: ['ok'],
        silent: ['ok'],
        'error-first': ['ok'],
        'claude:error-first': ['ok'],
        'clean-cut': [],
        closed: ['forbidden', 'ok'],
      },
      contextWindowFallbacks: { context: ['ok,tokens=40'] },
      contentPolicyFallbacks: { filter: ['ok,tokens=40'] },
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

const ask = (model: string, over: Record<string, unknown> = {}, withKey = key) =>
  machine.call({
    path: '/v1/chat/completions',
    key: withKey,
    json: { model, messages: [{ role: 'user', content: 'Hello' }], ...over },
  } as never)
const stream = (model: string, over: Record<string, unknown> = {}) => ask(model, { stream: true, ...over })
const events = (answer: Answer) =>
  answer.text.split('\n\n').flatMap((e) =>
    e.startsWith('data: {')
      ? [
          JSON.parse(e.slice(6)) as {
            choices?: { delta: { content?: string }; finish_reason: string | null }[]
            error?: { message: string; code: string }
            usage?: { cost: number }
          },
        ]
      : [],
  )
const contentOf = (answer: Answer) =>
  events(answer)
    .map((e) => e.choices?.[0]?.delta.content ?? '')
    .join('')
const tongues = ['', 'claude:']

describe.each(tongues)('an answer from %s"ok"', (tongue) => {
  it('comes whole, with its cost, and is booked', async () => {
    const answer = await ask(`${tongue}ok`)
    const body = answer.json() as unknown as {
      choices: { message: { content: string }; finish_reason: string }[]
      usage: { cost: number; prompt_tokens: number; completion_tokens: number }
    }

    expect(answer.status).toBe(200)
    expect(body.choices[0]).toMatchObject({ message: { content: 'w0 w1 w2 w3 w4 w5 w6 w7' }, finish_reason: 'stop' })
    expect(body.usage.cost).toBeCloseTo((body.usage.prompt_tokens + 8) / 1e6, 9)
    expect(answer.headers['x-litellm-response-cost']).toBe(String(body.usage.cost))
    expect(machine.spends()).toMatchObject([
      {
        outcome: 'completed',
        estimated: false,
        cost: Math.round(body.usage.cost * 1e9),
        usage: { completion: 8 },
        call_type: 'chat',
        stream: false,
      },
    ])
  })

  it('comes streamed, piece by piece, ends with [DONE], and is booked once', async () => {
    const answer = await stream(`${tongue}ok`, { stream_options: { include_usage: true } })

    expect(answer.headers['content-type']).toContain('text/event-stream')
    expect(contentOf(answer)).toBe('w0 w1 w2 w3 w4 w5 w6 w7')
    expect(answer.text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(events(answer).at(-1)?.usage?.cost).toBeGreaterThan(0)
    expect(machine.spends()).toMatchObject([{ outcome: 'completed', estimated: false, stream: true }])
  })

  it('has no usage event the client did not ask for', async () => {
    const answer = await stream(`${tongue}ok`)

    expect(events(answer).some((e) => e.choices?.length === 0)).toBe(false)
    expect(machine.spends()[0]?.usage.completion).toBe(8)
  })

  it('calls tools in parallel', async () => {
    const tools = ['a', 'b'].map((name) => ({
      type: 'function',
      function: { name, parameters: { type: 'object', properties: {} } },
    }))
    const answer = await ask(`${tongue}tool`, { tools })
    const message = (
      answer.json() as unknown as {
        choices: {
          message: { tool_calls: { function: { name: string; arguments: string } }[] }
          finish_reason: string
        }[]
      }
    ).choices[0]

    expect(message?.finish_reason).toBe('tool_calls')
    expect(JSON.parse(message?.message.tool_calls[0]?.function.arguments ?? '')).toEqual({ city: 'Oslo' })
  })
})

describe.each(tongues)('a provider that misbehaves, spoken to as %s', (tongue) => {
  it.each(['cut', 'stall', 'clean-cut', 'error-late'])(
    '%s after content: an in-band error, never an end',
    async (script) => {
      const answer = await stream(`${tongue}${script}`)

      expect(answer.status).toBe(200)
      expect(contentOf(answer)).toContain('w0')
      expect(events(answer).at(-1)?.error?.message).toBeTruthy()
      expect(events(answer).some((e) => e.choices?.[0]?.finish_reason)).toBe(false)
      expect(machine.spends()).toMatchObject([{ outcome: 'partial', estimated: true }])
      expect(machine.spends()[0]?.usage.completion).toBeGreaterThanOrEqual(3)
    },
  )

  it.each([
    ['silent', 408],
    ['slow,wait=5000', 408],
    ['status,status=401', 502],
    ['error-body', 500],
    ['redirect', 502],
  ])('%s without fallback: its true status', async (script, status) => {
    const answer = await stream(`${tongue}${script}`, { disable_fallbacks: true })

    expect(answer.json().error?.message).toBeTruthy()
    expect(answer.status === status || answer.status >= 500).toBe(true)
  })

  it('passes a limit on, with the provider’s own Retry-After', async () => {
    const answer = await ask(`${tongue}status,status=429,retry-after=7`, { disable_fallbacks: true })

    expect([answer.status, answer.headers['retry-after'], answer.json().error?.code]).toEqual([429, '7', '429'])
  })

  it('is whole where it falls silent after its finish', async () => {
    const answer = await stream(`${tongue}finish-stall`)

    expect(answer.text.trimEnd().endsWith('[DONE]')).toBe(true)
    expect(machine.spends()).toMatchObject([{ outcome: 'completed' }])
  })

  it('is whole without an end marker once it was finished', async () => {
    const answer = await stream(`${tongue}no-done`)

    expect(contentOf(answer)).toBe('w0 w1 w2 w3 w4 w5 w6 w7')
    expect(answer.text.trimEnd().endsWith('[DONE]')).toBe(true)
  })
})

describe('fallbacks', () => {
  it.each([
    'status,status=500',
    'status,status=429,retry-after=7',
    'reset',
    'silent',
    'error-first',
    'claude:error-first',
  ])('serve %s from another model, streamed and whole', async (script) => {
    for (const answer of [await stream(script), ...(script.includes('error-first') ? [] : [await ask(script)])]) {
      expect([answer.status, answer.text.includes('w7'), answer.headers['x-litellm-attempted-fallbacks']]).toEqual([
        200,
        true,
        '1',
      ])
    }
  })

  it('for context and policy are those lists and no other', async () => {
    expect((await ask('context')).text).toContain('w39')
    expect((await ask('filter')).text).toContain('w39')
    expect((await ask('claude:context')).json().error?.code).toBe('context_length_exceeded')
  })

  it('are skipped where the key may not use them', async () => {
    const { plain } = await machine.makeKey({ models: ['closed', 'ok'] })

    const answer = await ask('closed', {}, plain)

    expect(answer.headers['x-litellm-model-group']).toBe('ok')
  })

  it('are not tried for a request that is wrong', async () => {
    const answer = await ask('claude:ok', { n: 2 })

    expect([answer.status, answer.json().error?.param]).toEqual([400, 'n'])
  })
})

describe('deployments', () => {
  it('are left for their siblings when they fail', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('pair', { num_retries: 1 })))

    expect(answers.map((a) => a.status)).toEqual(Array(8).fill(200))
  })

  it('of a higher order serve when the lower fails', async () => {
    const answer = await ask('ordered')

    expect([answer.status, answer.headers['x-litellm-model-id']]).toEqual([200, 'o2'])
  })

  it('are asked again after a failure that may pass', async () => {
    const answer = await ask('status,status=500,times=1', { num_retries: 1 })

    expect([answer.status, answer.headers['x-litellm-attempted-retries']]).toEqual([200, '1'])
  })
})

describe('a request', () => {
  it('shows the alias it used, and nothing else of the bytes changes', async () => {
    const raw = upstream.seen
    const [plain, alias] = [await stream('ok'), await stream('chat-default')]

    expect(plain.text.replaceAll('"model":"ok-2026-01-01"', '"model":"chat-default"')).toBe(alias.text)
    expect(raw).toHaveLength(2)
  })

  it.each([
    ['no key', {}, { authorization: '' }, 401, 'auth_error'],
    ['a wrong key', {}, { authorization: 'Bearer sk-wrong-wrong' }, 401, 'token_not_found_in_db'],
    ['an unknown model', { model: 'nope' }, {}, 400, 'invalid_request_error'],
    ['no messages', { messages: [] }, {}, 400, 'invalid_request_error'],
    ['a temperature that is text', { temperature: 'hot' }, {}, 400, 'invalid_request_error'],
  ])('with %s is refused in LiteLLM’s words', async (_, body, headers, status, type) => {
    const answer = await machine.call({
      path: '/chat/completions',
      body: Buffer.from(JSON.stringify({ model: 'ok', messages: [{ role: 'user', content: 'x' }], ...body })),
      headers: { authorization: `Bearer ${key}`, ...headers },
    })

    expect([answer.status, answer.json().error?.type, typeof answer.json().error?.code]).toEqual([
      status,
      type,
      'string',
    ])
  })

  it('may come by Azure’s path and header, and says where its JSON is broken', async () => {
    const azure = await machine.call({
      path: '/openai/deployments/ok/chat/completions',
      headers: { 'api-key': key },
      body: Buffer.from('{"messages":[{"role":"user","content":"x"}]}'),
    })
    const broken = await machine.call({
      path: '/v1/chat/completions',
      headers: { 'x-api-key': key },
      body: Buffer.from('{"model": "ok",\n  oops}'),
    })
    const large = await machine.call({
      path: '/v1/chat/completions',
      headers: { 'x-api-key': key },
      body: Buffer.alloc(1_000_001),
    })

    expect(azure.status).toBe(200)
    expect([broken.status, broken.json().error?.message]).toEqual([400, expect.stringMatching(/line 2/)])
    expect(large.status).toBe(413)
  })

  it('is refused for a blocked and for an expired key', async () => {
    const blocked = await machine.makeKey({ terms: { v: 1, anchor: 0, blocked: true } })
    const expired = await machine.makeKey({ expires: machine.clock.now() - 1 })

    expect((await ask('ok', {}, blocked.plain)).json().error?.message).toContain('Key is blocked')
    expect((await ask('ok', {}, expired.plain)).json().error?.type).toBe('expired_key')
  })

  it('for embeddings is answered and booked', async () => {
    const answer = await machine.call({
      path: '/v1/embeddings',
      key,
      json: { model: 'embedder', input: ['a', 'b'], encoding_format: 'base64' },
    } as never)

    expect(answer.status).toBe(200)
    expect(answer.text).toContain('"embedding":"AAAAPwAAgL4="')
    expect(machine.spends()).toMatchObject([{ call_type: 'embeddings', outcome: 'completed' }])
  })

  it('for models lists what the key may use', async () => {
    const { plain } = await machine.makeKey({ models: ['ok', 'chat-default'] })
    const answer = await machine.call({ method: 'GET', path: '/v1/models', key: plain } as never)

    expect((answer.json() as unknown as { data: { id: string }[] }).data.map((m) => m.id)).toEqual([
      'ok',
      'chat-default',
    ])
  })
})

describe.each(tongues)('a client that leaves, over %s"ok"', (tongue) => {
  it.each(['ok,tokens=200,gap=5', 'ok,tokens=2000'])(
    'is charged no less of %s than the provider sent',
    async (script) => {
      const left = new AbortController()
      const body = Buffer.from(
        JSON.stringify({
          model: `${tongue}${script}`,
          stream: true,
          max_tokens: 2000,
          messages: [{ role: 'user', content: 'Hello' }],
        }),
      )
      const reply = await machine.flow({
        method: 'POST',
        path: '/v1/chat/completions',
        query: {},
        headers: { authorization: `Bearer ${key}` },
        body,
        requestId: 'left',
        receivedAt: machine.clock.now(),
        left: left.signal,
      })
      const source = (reply.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
      await source.next()

      left.abort()
      await source.return?.()
      await reply.done?.()
      await new Promise((resolve) => setTimeout(resolve, 100))

      const [event] = machine.spends()
      const [seen] = upstream.seen
      expect(event?.outcome).toBe('client_left')
      expect(event?.usage.completion).toBeGreaterThanOrEqual(seen?.completionTokens ?? Infinity)
      expect(seen?.completionTokens).toBeGreaterThan(0)
    },
  )
})

describe('a budget', () => {
  it('refuses in words that name it, once it is spent', async () => {
    const { plain } = await machine.makeKey({ alias: 'svc', limit: 1000 })

    const answer = await ask('ok', { max_tokens: 8 }, plain)

    expect([answer.status, answer.json().error?.type, answer.headers['x-should-retry']]).toEqual([
      429,
      'budget_exceeded',
      'false',
    ])
    expect(answer.json().error?.message).toMatch(/^Budget has been exceeded! Key=svc/)
    expect(machine.published).toMatchObject([{ type: 'look.v1', detail: { refused: true } }])
  })

  it('sends the cap that it holds, where nobody has named one and the model’s maximum is unknown', async () => {
    const { plain } = await machine.makeKey({ limit: dollars(1) })

    const hard = await ask('maximum unknown', {}, plain)
    const free = await ask('maximum unknown')

    expect(hard.headers['x-purser-default-max-tokens']).toBe('4096')
    expect(upstream.seen.map(({ body }) => body.max_tokens)).toEqual([4096, undefined])
    expect(free.headers).not.toHaveProperty('x-purser-default-max-tokens')
  })

  it('refuses a model without a price, and says what to configure', async () => {
    const { plain } = await machine.makeKey({ limit: dollars(1) })
    const unpriced = await startMachine(
      config({ deployments: [deployment({ group: 'mystery', model: 'mystery', apiBase: { value: upstream.url } })] }),
    )
    const other = await unpriced.makeKey({ limit: dollars(1) })

    const answer = await unpriced.call({
      path: '/v1/chat/completions',
      key: other.plain,
      json: { model: 'mystery', messages: [{ role: 'user', content: 'x' }] },
    } as never)

    await unpriced.stop()
    expect(plain).toBeTruthy()
    expect([answer.status, answer.json().error?.message]).toEqual([
      400,
      expect.stringContaining('input_cost_per_token'),
    ])
  })

  it('holds nothing and notes nothing once a request is over, however it ended', async () => {
    const { plain, record } = await machine.makeKey({ limit: dollars(1) })
    for (const script of ['ok', 'cut', 'reset', 'status,status=401', 'claude:error-late'])
      await ask(script, { stream: true, disable_fallbacks: true }, plain)

    const [window] = await machine.budgets.windows('key', record.id)
    const open = new Set(Object.keys(window?.item.holds ?? {}))
    for (const event of machine.spends()) open.delete(event.id)

    expect([...open]).toEqual([])
    expect(machine.notes.leftovers()).toEqual([])
  })
})
