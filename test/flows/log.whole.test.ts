import { systemClock } from '../../lib/core/clock.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RequestLine } from '../../lib/core/request-line.ts'
import { GatewayError } from '../../lib/core/errors.ts'
import type { Log } from '../../lib/core/ports.ts'
import { gatewayFlow } from '../../lib/flows/gateway.ts'
import { serve } from '../../lib/net/server.ts'
import { type Admin, startAdmin } from '../support/admin.ts'
import { config, deployment } from '../support/configuration.ts'
import { callFlow, type Machine, startMachine } from '../support/machine.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

type Line = { level: string; message: string } & RequestLine

const lines: Line[] = []
const log: Log = (level, message, fields) => void lines.push({ level, message, ...(fields as RequestLine) })
const requests = () => lines.filter(({ message }) => message.endsWith('request'))

let upstream: ScriptedUpstream
let machine: Machine
let admin: Admin
let key: { plain: string; id: string }

const settings = () => {
  const served = (group: string, model = group) =>
    deployment({
      group,
      model,
      id: `id-${group}`,
      apiBase: { value: `${upstream.url}/v1` },
      price: { input: 1_000_000, output: 1_000_000, source: 'test' },
      maxOutputTokens: 4000,
    })
  return config({
    deployments: [
      ...['ok', 'ok,gap=10', 'ok,wait=60', 'cut', 'status,status=500', 'ok,tokens=200,gap=5'].map((name) =>
        served(name),
      ),
      served('failing', 'status,status=503'),
      served('open/*', '*'),
    ],
    fallbacks: { failing: ['ok'] },
    idleTimeoutMs: 10_000,
  })
}

beforeAll(async () => {
  upstream = await startUpstream()
  // Some of it is measured against the waits of the provider, whose clock this is.
  machine = await startMachine(settings(), { log, clock: systemClock })
  admin = await startAdmin({}, { log })
  const made = await machine.makeKey({ alias: 'backend', limit: 1e9 })
  key = { plain: made.plain, id: made.record.id }
})
afterAll(async () => {
  await machine.stop()
  await admin.stop()
  await upstream.stop()
})
beforeEach(() => {
  lines.length = 0
})

const ask = (model: string, over: Record<string, unknown> = {}, flow = machine.flow) =>
  callFlow(flow, {
    path: '/v1/chat/completions',
    key: key.plain,
    requestId: 'r-1',
    json: { model, messages: [{ role: 'user', content: 'Hello' }], max_tokens: 50, ...over },
  })

describe('the line about a request', () => {
  it('says who asked for what, who answered, how long it took and what it cost', async () => {
    const answer = await ask('ok,wait=60')

    expect(requests()).toHaveLength(1)
    expect(requests()[0]).toMatchObject({
      level: 'info',
      message: 'request',
      request_id: 'r-1',
      method: 'POST',
      path: '/v1/chat/completions',
      status: 200,
      outcome: 'completed',
      key_id: key.id,
      key_alias: 'backend',
      call_type: 'chat',
      stream: false,
      requested_model: 'ok,wait=60',
      model_group: 'ok,wait=60',
      deployment: 'id-ok,wait=60',
      provider: 'openai',
      attempts: 1,
      requests: 1,
      faults: 0,
      output_tokens: 8,
      cost_usd: (machine.spends().at(-1)?.cost ?? Number.NaN) / 1e9,
    })
    const { duration_ms = 0, upstream_ms = 0, overhead_ms = -1 } = requests()[0] ?? {}
    expect(upstream_ms).toBeGreaterThanOrEqual(60)
    expect(overhead_ms).toBeGreaterThanOrEqual(0)
    expect(overhead_ms).toBeGreaterThanOrEqual(Number(answer.headers['x-litellm-overhead-duration-ms']))
    expect(duration_ms).toBeGreaterThanOrEqual(upstream_ms)
  })

  it('of a stream says when its first token came, and counts the rest of it as the provider’s time', async () => {
    await ask('ok,gap=10', { stream: true })

    const [line] = requests()
    expect(line).toMatchObject({ stream: true, status: 200, outcome: 'completed', output_tokens: 8 })
    expect(line?.first_token_ms).toBeGreaterThanOrEqual(0)
    expect(line?.upstream_ms).toBeGreaterThanOrEqual(70)
    expect((line?.upstream_ms ?? 0) + (line?.overhead_ms ?? 0)).toBeLessThanOrEqual((line?.duration_ms ?? 0) + 5)
  })

  it('comes after the last byte, and once the money is settled', async () => {
    const steps: string[] = []
    const flow = gatewayFlow(settings(), {
      ...machine,
      publishBeforeEnd: false,
      log: (_, message) => void steps.push(message),
      bus: {
        publish: async () => {
          await new Promise((resolve) => setTimeout(resolve, 20))
          steps.push('settled')
        },
      },
    })
    const reply = await flow({
      method: 'POST',
      path: '/v1/chat/completions',
      query: {},
      headers: { authorization: `Bearer ${key.plain}` },
      body: Buffer.from(JSON.stringify({ model: 'ok', messages: [{ role: 'user', content: 'x' }] })),
      requestId: 'r-2',
      receivedAt: Date.now(),
    })
    const before = [...steps]

    await reply.done?.()

    expect([before, steps]).toEqual([[], ['settled', 'request']])
  })

  it('of a failover names the one that answered, and counts', async () => {
    await ask('failing')

    expect(requests()).toMatchObject([
      { requested_model: 'failing', model_group: 'ok', fallbacks: 1, attempts: 2, status: 200, faults: 0 },
    ])
    expect(requests()[0]).not.toHaveProperty('errors')
  })

  it('of a wildcard keeps the config’s name for metrics, and what was asked for beside it', async () => {
    await ask('open/ok')

    expect(requests()).toMatchObject([{ model_group: 'open/*', requested_model: 'open/ok', upstream_model: 'ok' }])
  })

  it.each([
    ['an unknown model', { model: 'nothing' }, { status: 400, error_code: 'invalid_model', errors: 1, faults: 0 }],
    [
      'a fault of the provider',
      { model: 'status,status=500' },
      { status: 500, error_code: 'upstream_error', faults: 1 },
    ],
  ])('of %s has its code', async (_, body, expected) => {
    await ask(body.model)

    expect(requests()).toMatchObject([expected])
    expect(requests()[0]?.level).toBe(expected.faults ? 'warn' : 'info')
  })

  it('of a path that cannot be decoded is no fault of ours', async () => {
    await callFlow(machine.flow, { path: '/engines/%zz/chat/completions', key: key.plain, json: {} })

    expect(requests()).toMatchObject([{ level: 'info', status: 400, error_code: 'invalid_request', faults: 0 }])
    expect(lines).toHaveLength(1)
  })

  it('of a cut stream is a fault, though its status was 200', async () => {
    await ask('cut', { stream: true })

    expect(requests()).toMatchObject([
      {
        level: 'warn',
        status: 200,
        error_code: 'upstream_cut',
        outcome: 'partial',
        errors: 1,
        faults: 1,
        estimated: true,
      },
    ])
  })

  it('of a client that left is no error', async () => {
    const left = new AbortController()
    const reply = await machine.flow({
      method: 'POST',
      path: '/v1/chat/completions',
      query: {},
      headers: { authorization: `Bearer ${key.plain}` },
      body: Buffer.from(
        JSON.stringify({ model: 'ok,tokens=200,gap=5', stream: true, messages: [{ role: 'user', content: 'x' }] }),
      ),
      requestId: 'left',
      receivedAt: Date.now(),
      left: left.signal,
    })
    const source = (reply.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    await source.next()
    left.abort()
    await source.return?.()
    await reply.done?.()

    expect(requests()).toMatchObject([{ level: 'info', outcome: 'client_left', faults: 0 }])
    expect(requests()[0]).not.toHaveProperty('errors')
  })

  it('of a budget that refuses or clamps counts that', async () => {
    const poor = await machine.makeKey({ limit: 70_000 })
    const send = (max_tokens: number) =>
      callFlow(machine.flow, {
        path: '/v1/chat/completions',
        key: poor.plain,
        json: { model: 'ok', messages: [{ role: 'user', content: 'x' }], max_tokens },
      })
    await send(4000)
    expect(requests()).toMatchObject([{ error_code: 'budget_exceeded', budget_refusals: 1, errors: 1, faults: 0 }])
    lines.length = 0
    const roomy = await machine.makeKey({ limit: 2_000_000 })
    await callFlow(machine.flow, {
      path: '/v1/chat/completions',
      key: roomy.plain,
      json: { model: 'ok', messages: [{ role: 'user', content: 'x' }], max_tokens: 4000 },
    })

    expect(requests()).toMatchObject([{ status: 200, clamps: 1 }])
  })

  it('of a probe or a preflight is there, and is no metric', async () => {
    await callFlow(machine.flow, { method: 'GET', path: '/health/liveliness' })
    await callFlow(machine.flow, { method: 'OPTIONS', path: '/v1/chat/completions' })

    expect(requests().map(({ status }) => status)).toEqual([200, 204])
    for (const line of requests()) expect(line).not.toHaveProperty('requests')
  })

  it('without a key counts as a request and an error, but tells nothing of how well calls are answered', async () => {
    await callFlow(machine.flow, { path: '/v1/chat/completions', json: {} })

    expect(requests()).toMatchObject([{ status: 401, requests: 1, errors: 1, error_code: 'no_key' }])
    expect(requests()[0]).not.toHaveProperty('faults')
  })
})

it('a body that the server refuses to read has its line, too', async () => {
  const tooLarge = () => new GatewayError('too_large')
  const server = await serve(machine.flow, { port: 0, host: '127.0.0.1', maxBodyBytes: 10, tooLarge, log })
  const body = 'more than ten bytes'
  const url = `http://127.0.0.1:${server.port}/v1/chat/completions?key=sk-secret`
  try {
    expect((await fetch(url, { method: 'POST', body })).status).toBe(413)
  } finally {
    await server.close()
  }

  expect(requests()).toMatchObject([{ path: '/v1/chat/completions', status: 413, error_code: 'too_large', errors: 1 }])
})

describe('the line about a management call', () => {
  it('counts who is not let in', async () => {
    await callFlow(admin.flow, { method: 'GET', path: '/key/list', key: 'sk-wrong-wrong-wrong' })
    await callFlow(admin.flow, { method: 'GET', path: '/key/list', key: 'sk-master-of-the-tests' })

    expect(requests()).toMatchObject([
      {
        message: 'admin request',
        path: '/key/list',
        status: 401,
        admin_requests: 1,
        admin_denied: 1,
        error_code: 'unknown_key',
      },
      { message: 'admin request', path: '/key/list', status: 200, admin_requests: 1, master: true },
    ])
    expect(requests()[1]).not.toHaveProperty('admin_denied')
  })
})
