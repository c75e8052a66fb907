import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { terminalLine } from '../../infra/local/terminal.ts'
import { metricLog } from '../../lib/aws/metrics.ts'
import type { Flow } from '../../lib/core/http.ts'
import type { Log, UpstreamRequest } from '../../lib/core/ports.ts'
import { adminFlow } from '../../lib/flows/admin.ts'
import { gatewayFlow } from '../../lib/flows/gateway.ts'
import { undiciUpstream } from '../../lib/net/upstream.ts'
import { type Admin, startAdmin } from '../support/admin.ts'
import { config, deployment } from '../support/configuration.ts'
import { startEcho } from '../support/echo-upstream.ts'
import { callFlow, type Machine, startMachine } from '../support/machine.ts'

/** Planted where a log must not look. Every one has the word in it, so one search finds them all. */
const canary = {
  prompt: 'CANARY-prompt',
  answer: 'CANARY-answer',
  toolArguments: '{"city":"CANARY-arguments"}',
  provider: 'sk-CANARY-provider-0123456789',
  header: 'CANARY-header',
  master: 'sk-CANARY-master-0123456789',
  wrong: 'sk-CANARY-wrong-0123456789',
  path: 'sk-CANARY-path',
  query: 'CANARY-query',
  crash: 'CANARY-crash',
}

const written: string[] = []
/** Both ways a line can be written: as a function's JSON, and at a terminal. */
const log: Log = (level, message, fields) => {
  const json: Log = (...line) => void written.push(JSON.stringify(line))
  metricLog('Purser', json)(level, message, fields)
  const text = terminalLine(new Date(), level, message, fields)
  if (text !== undefined) written.push(text)
}
const requestLines = () => written.filter((text) => /^\["\w+","(?:admin )?request"/.test(text))

const models = ['whole', 'stream', 'cut', 'malformed', 'error-first', 'error-late', 'no-json', 'html', 'reset'].concat(
  [400, 401, 403, 404, 413, 429, 500, 503].map((status) => `status-${status}`),
)

let echo: Awaited<ReturnType<typeof startEcho>>
let machine: Machine
let admin: Admin
let key: string

const real = undiciUpstream()
/** Something of ours that breaks with the request in its hands. */
const crashing = (request: UpstreamRequest) => {
  if (JSON.stringify(request.body).includes('please crash'))
    throw Object.assign(new TypeError(`${canary.crash} ${String(request.body)}`), {
      input: request.body,
      cause: new Error(`${canary.crash}\n    at ${canary.crash} (file:///x.js:1:2)`),
    })
  return real(request)
}

beforeAll(async () => {
  echo = await startEcho(canary)
  const settings = config({
    masterKey: { value: canary.master },
    streamTimeoutMs: 500,
    idleTimeoutMs: 300,
    deployments: models.map((model) =>
      deployment({
        group: model,
        model,
        apiBase: { value: `${echo.url}/v1` },
        apiKey: { value: canary.provider },
        headers: { 'x-secret': canary.header },
        price: { input: 1_000_000, output: 1_000_000, source: 'test' },
        maxOutputTokens: 100,
      }),
    ),
  })
  machine = await startMachine(settings, { log, upstream: crashing })
  admin = await startAdmin({}, { log, masterKey: async () => canary.master })
  key = (await machine.makeKey({ limit: 1e9 })).plain
})
afterAll(async () => {
  await machine.stop()
  await admin.stop()
  await echo.stop()
})
beforeEach(() => {
  written.length = 0
})

const chat = (model: string, over: Record<string, unknown> = {}) => ({
  model,
  messages: [
    { role: 'user', content: canary.prompt },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: canary.toolArguments } }],
    },
    { role: 'tool', tool_call_id: 'c', content: canary.prompt },
  ],
  ...over,
})
const send = (over: Record<string, unknown>, flow: Flow = machine.flow) =>
  callFlow(flow, { path: '/v1/chat/completions', key, query: { key: canary.query }, ...over })

function expectClean(): void {
  expect(written.filter((text) => text.includes('CANARY'))).toEqual([])
  expect(written.filter((text) => text.includes(key))).toEqual([])
}

describe('nothing that was said and no secret is in the log', () => {
  it.each(models)('of an upstream that answers %s, streamed and whole', async (model) => {
    await send({ json: chat(model) })
    await send({ json: chat(model, { stream: true }) })

    expect(requestLines()).toHaveLength(2)
    expectClean()
  })

  it.each([
    ['a wrong key', { key: canary.wrong, json: chat('whole') }],
    ['no key', { key: '', json: chat('whole') }],
    ['the master key', { key: canary.master, json: chat('whole') }],
    ['a key in the path', { path: `/v1/${canary.path}/chat` }],
    ['a key for a model', { method: 'GET', path: `/v1/models/${canary.path}` }],
    ['a prompt for a model', { json: { ...chat('whole'), model: canary.prompt } }],
    ['broken JSON', { body: Buffer.from(`{"model":"whole","messages":[{"content": ${canary.prompt}`) }],
    ['a body that is none', { body: Buffer.from(canary.prompt) }],
    ['a body too large', { body: Buffer.alloc(1_000_001, canary.prompt) }],
    ['a prompt of the wrong type', { json: { model: 'whole', messages: canary.prompt } }],
    ['a prompt as a parameter', { json: chat('whole', { temperature: canary.prompt }) }],
    ['a prompt as a method', { method: canary.prompt, path: '/v1/chat/completions' }],
    ['a prompt as a trace', { json: chat('whole'), headers: { traceparent: canary.prompt } }],
    ['a crash of ours', { json: chat('whole', { user: 'please crash' }) }],
    ['a path that cannot be decoded', { path: `/engines/%${canary.path}/chat/completions`, json: chat('whole') }],
  ])('of a call with %s', async (_, over) => {
    await send(over)

    expect(requestLines()).toHaveLength(1)
    expectClean()
  })

  it('of a store that breaks with a secret in its words, at any of its calls', async () => {
    const broken = () => Promise.reject(new Error(`${canary.crash} ${key}`))
    const settings = config({ deployments: [deployment({ group: 'whole' })], masterKey: { value: canary.master } })
    const worlds = [
      { ...machine, records: { keyByHash: broken, scope: broken } },
      { ...machine, secrets: { get: broken } },
      { ...machine, bus: { publish: broken } },
      { ...machine, budgets: { ...machine.budgets, take: broken, create: broken } },
    ]
    for (const world of worlds) {
      await send({ json: chat('whole') }, gatewayFlow(settings, world))
      await send({ method: 'GET', path: '/health/readiness' }, gatewayFlow(settings, world))
    }

    expect(requestLines()).toHaveLength(2 * worlds.length)
    expect(written.some((text) => text.includes('"error","a request failed inside the gateway"'))).toBe(true)
    expectClean()
  })
})

describe('nothing secret is in the log of the management plane', () => {
  it.each([
    ['a wrong key', 'GET /key/list', undefined, { key: canary.wrong }],
    ['the master key', 'GET /key/list', undefined, { key: canary.master }],
    ['a key of one’s own', 'POST /key/generate', { key: canary.path, metadata: { a: canary.prompt } }, {}],
    ['a key in the path', `POST /key/${canary.path}/regenerate`, {}, {}],
    ['a key in the query', `GET /key/info?key=${canary.path}`, undefined, {}],
    ['a path that is none', `GET /key/${canary.path}`, undefined, {}],
    ['broken JSON', 'POST /key/generate', undefined, { raw: `{"key": ${canary.path}` }],
    ['wrong types', 'POST /key/generate', { max_budget: canary.prompt }, {}],
  ])('of a call with %s', async (_, line, body, more) => {
    const [method = '', target = ''] = line.split(' ')
    const url = new URL(target, 'http://gateway.test')
    await callFlow(admin.flow, {
      method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      key: 'key' in more ? more.key : canary.master,
      ...('raw' in more ? { body: Buffer.from(more.raw) } : { json: body }),
    })

    expect(requestLines()).toHaveLength(1)
    expectClean()
  })

  it('of a directory that breaks with a secret in its words', async () => {
    const broken = () => Promise.reject(Object.assign(new Error(canary.crash), { item: canary.crash }))
    const ports = { ...admin.ports, directory: { ...admin.ports.directory, list: broken, create: broken } }
    const flow = adminFlow(config(), ports)
    await callFlow(flow, { method: 'GET', path: '/key/list', key: canary.master })
    await callFlow(flow, { path: '/key/generate', key: canary.master, json: { key: canary.path } })

    expect(requestLines()).toHaveLength(2)
    expect(written.some((text) => text.includes('a management call failed'))).toBe(true)
    expectClean()
  })
})
