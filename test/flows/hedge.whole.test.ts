import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import type { RouteStore } from '../../lib/core/routing.ts'
import { timed } from '../../lib/steps/statistics.ts'
import { config, deployment } from '../support/configuration.ts'
import { dollars, type Machine, startMachine } from '../support/machine.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

let upstream: ScriptedUpstream
let machine: Machine

const price = { input: 1_000_000, output: 1_000_000, source: 'test' }

/** Two deployments of a group, asked in this order. The cap makes what an attempt holds a known amount. */
const pairOf = (group: string, models: [string, string], over: Partial<Deployment> = {}) =>
  models.map((model, n) =>
    deployment({
      group,
      model,
      id: `${group}-${n}`,
      weight: n ? 0 : 1,
      apiBase: { value: `${upstream.url}/v1` },
      price,
      maxOutputTokens: 100,
      ...over,
    }),
  )

/** What the aggregator would have found: the first of each pair usually begins after 200 ms. */
const routes = (): RouteStore => {
  let usual: ReturnType<typeof timed> | undefined
  for (let n = 0; n < 30; n++) usual = timed(usual, 200, Date.now())
  const base = { at: 0, minute: 0, requests: 0, tokens: 0, errors: 0, durationMs: 0 }
  const snapshot = { open: {}, statistics: usual ? { 'usual-0': { ...base, firstToken: usual } } : {} }
  return {
    read: async () => snapshot,
    open: async () => snapshot,
    claim: async () => ({ mine: false, snapshot }),
    close: async () => {},
    measure: async () => {},
  }
}

beforeAll(async () => {
  upstream = await startUpstream()
  const seconds = { hedgeAfter: 150 }
  machine = await startMachine(
    config({
      deployments: [
        ...pairOf('late', ['slow,wait=3000', 'ok,tokens=4'], seconds),
        ...pairOf('whole', ['ok,wait=3000', 'ok,tokens=4'], seconds),
        ...pairOf('both-late', ['slow,wait=500', 'slow,wait=3000'], seconds),
        ...pairOf('late-and-broken', ['slow,wait=500', 'status,status=500'], seconds),
        ...pairOf('dead', ['silent', 'silent'], seconds),
        ...pairOf('quick', ['ok,tokens=4', 'ok,tokens=4'], seconds),
        ...pairOf('after-content', ['ok,tokens=4,gap=200', 'ok,tokens=4'], seconds),
        ...pairOf('usual', ['slow,wait=3000', 'ok,tokens=4'], { hedgeAfter: 'p95' }),
        ...pairOf('unknown', ['slow,wait=600', 'ok,tokens=4'], { hedgeAfter: 'p95' }),
        ...pairOf('plain', ['slow,wait=600', 'ok,tokens=4']),
      ],
      streamTimeoutMs: 2000,
      timeoutMs: 5000,
    }),
    { routes: routes() },
  )
})
afterAll(async () => {
  await machine.stop()
  await upstream.stop()
})
beforeEach(() => {
  machine.published.length = 0
  upstream.seen.length = 0
})

async function ask(model: string, { stream = true, limit }: { stream?: boolean; limit?: number } = {}) {
  const { plain, record } = await machine.makeKey(limit === undefined ? {} : { limit })
  const began = machine.clock.now()
  const messages = [{ role: 'user', content: 'Hello' }]
  const answer = await machine.call({
    path: '/v1/chat/completions',
    key: plain,
    json: { model, messages, max_tokens: 50, ...(stream && { stream }) },
  } as never)
  return { answer, tookMs: machine.clock.now() - began, id: record.id }
}

const spends = () => machine.spends().map(({ deployment_id: id, outcome, error }) => ({ id, outcome, error }))

describe('a first token that is later than hedge_after', () => {
  it('is asked for elsewhere, and the first to answer is the answer', async () => {
    const { answer, tookMs } = await ask('late')

    expect(answer.status).toBe(200)
    expect(answer.headers['x-litellm-model-id']).toBe('late-1')
    expect(answer.text).toContain('w3')
    expect(tookMs).toBeLessThan(2000)
    expect(upstream.seen.map(({ left }) => left)).toEqual([true, false])
  })

  it('costs what both cost: the loser is an entry of its own, and no hold is left', async () => {
    const { id } = await ask('late', { limit: dollars(1) })

    expect(spends()).toEqual([
      { id: 'late-0', outcome: 'client_left', error: 'hedge_lost' },
      { id: 'late-1', outcome: 'completed', error: undefined },
    ])
    const holds = machine.spends().map(({ id, holds }) => [id, holds.length])
    expect(new Set(holds.map(([name]) => name)).size).toBe(2)
    expect(holds.map(([, count]) => count)).toEqual([1, 1])
    const spent = machine.spends().reduce((sum, { cost }) => sum + cost, 0)
    for (const { id: name, cost, holds: on } of machine.spends())
      for (const { pk, sk, amount } of on) await machine.budgets.settle({ pk, sk }, [[name, amount, cost]])
    const [window] = await machine.budgets.windows('key', id)
    expect(window?.item).toMatchObject({ holds: {}, spent, available: dollars(1) - spent })
  })

  it('is the same for a whole reply', async () => {
    const { answer, tookMs } = await ask('whole', { stream: false })

    expect(answer.headers['x-litellm-model-id']).toBe('whole-1')
    expect(tookMs).toBeLessThan(2500)
    expect(spends().map(({ id }) => id)).toEqual(['whole-0', 'whole-1'])
  })

  it('is waited for where it comes first after all', async () => {
    const { answer } = await ask('both-late')

    expect(answer.headers['x-litellm-model-id']).toBe('both-late-0')
    expect(upstream.seen).toHaveLength(2)
    expect(spends()).toContainEqual({ id: 'both-late-1', outcome: 'client_left', error: 'hedge_lost' })
  })

  it('is waited for where the other one fails', async () => {
    const { answer } = await ask('late-and-broken')

    expect(answer.status).toBe(200)
    expect(answer.headers['x-litellm-model-id']).toBe('late-and-broken-0')
    expect(spends()).toEqual([{ id: 'late-and-broken-0', outcome: 'completed', error: undefined }])
  })

  it('fails once where neither answers, and each attempt is booked', async () => {
    const { answer } = await ask('dead')

    expect(answer.status).toBe(408)
    expect(spends().map(({ id }) => id)).toEqual(expect.arrayContaining(['dead-0', 'dead-1']))
    expect(new Set(machine.spends().map(({ id }) => id)).size).toBe(machine.spends().length)
  })

  it('is waited for where there is no money for a second attempt', async () => {
    // One attempt holds 50 tokens of answer and a bound of the prompt: two do not fit.
    const { answer } = await ask('both-late', { limit: dollars(0.0002) })

    expect(answer.status).toBe(200)
    expect(upstream.seen).toHaveLength(1)
  })
})

describe('no second attempt is made', () => {
  it.each(['quick', 'after-content'])('once there is content: %s', async (model) => {
    const { answer } = await ask(model)

    expect(answer.text).toContain('w3')
    expect(upstream.seen).toHaveLength(1)
    expect(spends()).toEqual([{ id: `${model}-0`, outcome: 'completed', error: undefined }])
  })

  it.each(['unknown', 'plain'])('without a p95 to go by, or the wish for it: %s', async (model) => {
    await ask(model)

    expect(upstream.seen).toHaveLength(1)
  })
})

it('hedges by the p95 that the spend events have told', async () => {
  // The snapshot is read beside a request, and known to the next one.
  await ask('quick')

  const { answer, tookMs } = await ask('usual')

  expect(answer.headers['x-litellm-model-id']).toBe('usual-1')
  expect(tookMs).toBeLessThan(2000)
})
