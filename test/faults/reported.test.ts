import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, clients } from '../support/faults.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { ask, type Gateway, type Host, modelOf, type Outcome, seenOf, startGateway } from './gateway.ts'
import { whole } from './scenarios.ts'

/**
 * What users report against every gateway, with where it was seen. `most`: attempts on the deployment that fails. `safe`: content
 * has been sent before, so that a stream which is not held back ends in an error.
 */
type Fault = { seen: string; script: string; most: number; withinMs?: number; streamOnly?: true; safe?: true }

const long = 'tokens=60,gap=15'
const faults: Record<string, Fault> = {
  'an error as the first event of a 200': { seen: 'bifrost 5395', script: 'error-first', most: 2, streamOnly: true },
  'an error event after content': {
    seen: 'litellm 26015',
    script: `error-late,after=20,${long}`,
    most: 2,
    streamOnly: true,
    safe: true,
  },
  'a 200 whose body is an error': { seen: 'portkey 267', script: 'error-body', most: 2 },
  'comments, and never a token': {
    seen: 'bifrost 7034',
    script: 'comments',
    most: 1,
    withinMs: 20_000,
    streamOnly: true,
  },
  'one byte a second': { seen: 'bifrost 6472', script: 'drip,gap=1000', most: 1, withinMs: 40_000 },
  'a key that the provider does not know any more': {
    seen: 'openrouter, February 2026',
    script: 'status,status=401',
    most: 1,
    withinMs: 8000,
  },
  'an account whose quota is used up': { seen: 'envoy 1571', script: 'quota', most: 1, withinMs: 8000 },
  'half a tool call': { seen: 'litellm 27967', script: 'tool-cut', most: 2, streamOnly: true, safe: true },
  'two megabytes of HTML': { seen: 'proxies in between', script: 'html,size=2000000', most: 2, withinMs: 15_000 },
  'a complete answer on a connection that stays open': {
    seen: 'providers without an end marker',
    script: `finish-stall,${long}`,
    most: 1,
    withinMs: 8000,
    streamOnly: true,
  },
}

const named = Object.keys(clients) as Client[]
const hosts: Host[] = ['openai', 'anthropic']
const modes = ['streamed', 'held', 'not streamed'] as const
type Case = { id: string; name: string; fault: Fault; client: Client; host: Host; mode: (typeof modes)[number] }

const cases: Case[] = Object.entries(faults).flatMap(([name, fault]) =>
  named.flatMap((client) =>
    hosts.flatMap((host) =>
      modes
        .filter((mode) => mode !== 'not streamed' || !fault.streamOnly)
        .map((mode) => ({ id: `${name}, ${mode}, ${client} of ${host}`, name, fault, client, host, mode })),
    ),
  ),
)

const tools: Record<Client, object> = {
  chat: { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }] },
  messages: { tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }] },
}
const isTool = ({ fault }: Case) => fault.script.startsWith('tool')
const scriptOf = (one: Case) => `${one.fault.script},v=${cases.indexOf(one)}`
const spareOf = (one: Case) => `${isTool(one) ? 'tool' : `ok,${long}`},f=${cases.indexOf(one)}`

const quota = cases.find(({ fault }) => fault.script === 'quota')

/** Six in a row that never answer: in all they would take three minutes, and the request has twenty seconds. */
const chain = Array.from({ length: 6 }, (_, n) => `silent,n=${n}`)

let upstream: ScriptedUpstream
let gateway: Gateway
let key: string
const outcomes = new Map<string, Outcome>()
let chained: Outcome
let again: Outcome

beforeAll(async () => {
  upstream = await startUpstream()
  const { url } = upstream
  const models = cases.flatMap((one) => [
    modelOf(url, one.host, scriptOf(one), one.id),
    modelOf(url, one.host, spareOf(one), `spare for ${one.id}`),
  ])
  const fallbacks = cases.map(({ id }) => ({ [id]: [`spare for ${id}`] }))
  gateway = await startGateway([...models, ...chain.map((script) => modelOf(url, 'openai', script, script))], {
    // As in the bench; the total is the one limit that is shorter than anybody would set it, for the sake of the chain.
    router_settings: {
      num_retries: 2,
      timeout: 30,
      stream_timeout: 10,
      fallbacks: [...fallbacks, { [chain[0] ?? '']: chain.slice(1) }],
    },
    general_settings: { total_timeout: 50 },
  })
  key = await gateway.makeKey({ max_budget: 1000 })
  const running = cases.map(async (one, at) => {
    await sleep(at * 40)
    outcomes.set(one.id, await asked(one))
    // At once: some seconds later one request may find out whether the account was filled up.
    if (one === quota) again = await asked(one)
  })
  chained = await ask(gateway.url, { client: 'chat', key, model: chain[0] ?? '' }, 120_000)
  await Promise.all(running)
})
afterAll(async () => {
  await gateway.stop()
  await upstream.stop()
})

const asked = (one: Case) =>
  ask(
    gateway.url,
    {
      client: one.client,
      key,
      model: one.id,
      body: { stream: one.mode !== 'not streamed', ...(isTool(one) && tools[one.client]) },
      headers: one.mode === 'held' ? { 'x-purser-stream-recovery': 'hold' } : {},
    },
    90_000,
  )

describe.each(cases.map((one) => [one.id, one] as const))('%s', (id, one) => {
  it(`(${one.fault.seen})`, () => {
    const outcome = outcomes.get(id)
    const { kind, told, tookMs } = outcome ?? {}

    if (one.fault.safe && one.mode === 'streamed') {
      expect([kind, told?.ended, told?.finish]).toEqual(['error', false, undefined])
    } else {
      expect([kind, told?.error, told?.ended], outcome?.text.slice(-500)).toEqual(['answer', false, true])
      if (isTool(one)) expect(told?.calls.join('')).toBe('{"city":"Oslo"}')
      else expect(told?.text).toBe(whole)
    }
    expect(tookMs).toBeLessThan(one.fault.withinMs ?? 30_000)
    expect(seenOf(upstream, scriptOf(one)).length).toBeLessThanOrEqual(one.fault.most)
  })
})

it('a chain of silent deployments ends with the request’s own deadline, not with the sum of theirs (manifest 1583)', () => {
  expect([chained.kind, chained.status]).toEqual(['error', 408])
  expect(chained.tookMs).toBeGreaterThan(49_000)
  expect(chained.tookMs).toBeLessThan(60_000)
  const asked = chain.map((script) => seenOf(upstream, script).length)
  expect(asked).toEqual([1, 1, 0, 0, 0, 0])
})

it('a used-up account is left by the requests that follow, which do not ask it first', () => {
  expect(again.kind).toBe('answer')
  expect(again.headers['x-purser-attempts']).toBe('1')
  expect(quota && seenOf(upstream, scriptOf(quota)).length).toBe(1)
})

it('none of it leaves money held', async () => {
  const { purser } = await gateway.info(key)

  expect(purser).toMatchObject({ held: 0, unsettled: 0 })
})
