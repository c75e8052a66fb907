import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { config, deployment } from '../support/configuration.ts'
import { type Machine, startMachine } from '../support/machine.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

let upstream: ScriptedUpstream
let machine: Machine
let key: string

const price = { input: 1_000_000, output: 1_000_000, source: 'test' }
const served = (group: string, model: string, over: Partial<Deployment> = {}) =>
  deployment({
    group,
    model,
    id: `${group}-${model}`,
    apiBase: { value: `${upstream.url}/v1` },
    price,
    maxOutputTokens: 100,
    ...over,
  })

/** A dead deployment that is preferred, and one that serves only where it is alone. */
const pair = (group: string, dead: string) => [served(group, dead, { weight: 1 }), served(group, 'ok', { weight: 0 })]

beforeAll(async () => {
  upstream = await startUpstream()
  machine = await startMachine(
    config({
      deployments: [
        ...pair('refusing', 'status,status=503'),
        ...pair('limited', 'status,status=429,retry-after=30'),
        ...pair('locked', 'status,status=401'),
        ...pair('hurried', 'ok,wait=300'),
        ...pair('breaking', 'cut,after=2'),
        served('tiers', 'status,status=500', { order: 1 }),
        served('tiers', 'ok', { order: 2 }),
        served('alone', 'status,status=500'),
        served('guarded', 'reset'),
        served('spare', 'ok'),
      ],
      fallbacks: { guarded: ['spare'] },
      retries: 2,
      streamTimeoutMs: 1000,
      timeoutMs: 2000,
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

const ask = (model: string, over: Record<string, unknown> = {}) =>
  machine.call({
    path: '/v1/chat/completions',
    key,
    json: { model, messages: [{ role: 'user', content: 'Hello' }], max_tokens: 20, ...over },
  } as never)

async function times(count: number, model: string, over: Record<string, unknown> = {}) {
  const answers = []
  for (let n = 0; n < count; n++) answers.push(await ask(model, over))
  return answers
}
const askedFor = () => upstream.seen.map(({ body }) => body.model)

describe('a deployment that keeps failing', () => {
  it.each([
    ['refusing', 'status,status=503', 2],
    ['limited', 'status,status=429,retry-after=30', 1],
    ['locked', 'status,status=401', 1],
  ])('is left for its sibling by the requests that follow: %s', async (group, dead, most) => {
    const answers = await times(6, group)

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    expect(askedFor().filter((model) => model === dead).length).toBeLessThanOrEqual(most)
    expect(answers.at(-1)?.headers['x-purser-attempts']).toBe('1')
    expect(machine.logged.join()).toContain(`"deployment":"${group}-${dead}"`)
  })

  it('is left for the next tier', async () => {
    await times(3, 'tiers')
    upstream.seen.length = 0

    const [answer] = await times(1, 'tiers')

    expect(answer?.headers['x-litellm-model-id']).toBe('tiers-ok')
    expect(askedFor()).toEqual(['ok'])
  })

  it('is left for its fallback, without being asked first', async () => {
    await times(3, 'guarded')
    upstream.seen.length = 0

    const [answer] = await times(1, 'guarded')

    expect(answer?.status).toBe(200)
    expect(askedFor()).toEqual(['ok'])
  })

  it('is left where its streams begin and break off', async () => {
    await times(2, 'breaking', { stream: true })
    upstream.seen.length = 0

    const [answer] = await times(1, 'breaking', { stream: true })

    expect(answer?.text).toContain('[DONE]')
    expect(askedFor()).toEqual(['ok'])
  })

  it('answers at once with the reason and when to come back, where nobody else is there', async () => {
    await times(5, 'alone')
    upstream.seen.length = 0

    const [answer] = await times(1, 'alone')

    expect(answer?.status).toBe(503)
    expect(Number(answer?.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(Number(answer?.headers['retry-after'])).toBeLessThanOrEqual(20)
    expect(answer?.json().error?.message).toContain('resting after failures; the last reason: server, status 500')
    expect(upstream.seen).toEqual([])
    expect(machine.spends()).toEqual([])
  })
})

it('a caller in a hurry does not close a deployment for the others', async () => {
  const hurried = await times(6, 'hurried', { timeout: 0.05 })
  upstream.seen.length = 0

  const [patient] = await times(1, 'hurried')

  expect(hurried.length).toBe(6)
  expect(patient?.headers['x-litellm-model-id']).toBe('hurried-ok,wait=300')
})
