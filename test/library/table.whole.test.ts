import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServicesOptions, credentials, startServices } from '../e2e/services.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { fromDollars } from '../../lib/core/money.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { createGateway, type Gateway } from '../../lib/library/index.ts'
import { hashKey } from '../../lib/steps/key-hash.ts'
import { freshStore } from '../support/store.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { rejection, scripts } from './gateways.ts'

// Two processes' gateways on one deployed table, as far as a process can tell: a real engine, and AWS's other services as they answer.
let upstream: ScriptedUpstream
let store: Awaited<ReturnType<typeof freshStore>>
let services: Awaited<ReturnType<typeof startServices>>
let gateways: Gateway[]
const delivered: Parameters<ServicesOptions['deliver']>[0] = []

beforeAll(async () => {
  upstream = await startUpstream()
  store = await freshStore()
  services = await startServices({
    secret: { UPSTREAM_KEY: 'sk-from-the-secret' },
    deliver: (envelopes) => void delivered.push(...envelopes),
    published: () => undefined,
  })
  const config = scripts(upstream.url)
  const model_list = (config.model_list ?? []).map((entry) => ({
    ...entry,
    litellm_params: { ...entry.litellm_params, api_key: 'os.environ/UPSTREAM_KEY' },
  }))
  const env = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
    AWS_ENDPOINT_URL_EVENTBRIDGE: services.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: services.url,
  }
  const table = { name: store.table, bus: 'bus', secret: 'Purser' }
  const make = () => createGateway({ config: { ...config, model_list }, env, table })
  gateways = await Promise.all([make(), make()])
})
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()))
  await Promise.all([services.stop(), store.stop(), upstream.stop()])
})

const messages = [{ role: 'user', content: 'Say words.' }]

async function makeKey(dollars: number): Promise<string> {
  const plain = `sk-${dollars}-${delivered.length}`
  await recordStore(sdkDynamo(store.client), store.table).create({
    kind: 'key',
    id: hashKey(plain).slice(0, 12),
    hash: hashKey(plain),
    name: 'sk-...',
    models: [],
    aliases: {},
    metadata: {},
    createdAt: 1,
    updatedAt: 1,
    other: {},
    terms: { v: 1, anchor: 0, blocked: false, limit: fromDollars(dollars) },
  })
  return plain
}

test('one budget holds for all processes on the table, and every attempt is on the bus', async () => {
  const key = await makeKey(0.002)
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, () => gateways).flatMap((both) =>
      both.map((gateway) => gateway.completion({ model: 'ok,tokens=100', messages, max_tokens: 100 }, { key })),
    ),
  )

  const answered = outcomes.filter(({ status }) => status === 'fulfilled')
  const events = delivered.filter((one) => one['detail-type'] === 'spend.v1').map(({ detail }) => detail as SpendEvent)
  const [window] = await budgetStore(sdkDynamo(store.client), store.table).windows('key', hashKey(key).slice(0, 12))
  const { spent = 0, holds = {} } = window?.item ?? {}
  const held = Object.values(holds).reduce((sum, amount) => sum + amount, 0)
  const cost = events.reduce((sum, event) => sum + event.cost, 0)
  expect(answered.length).toBeGreaterThan(0)
  expect(answered.length).toBeLessThan(20)
  expect(events.filter(({ outcome }) => outcome === 'completed')).toHaveLength(answered.length)
  expect(cost).toBeLessThanOrEqual(fromDollars(0.002))
  // What the aggregator has not settled yet stays held, so nobody can spend it again.
  expect(spent + held).toBeGreaterThanOrEqual(cost)
})

test("provider keys that the environment does not have come from the stack's secret", async () => {
  await gateways[0]?.completion({ model: 'ok', messages })

  expect(upstream.seen.at(-1)?.headers.authorization).toBe('Bearer sk-from-the-secret')
})

test('a missing region is named', async () => {
  const table = { name: store.table, bus: 'bus' }

  expect(String(await rejection(createGateway({ config: scripts(upstream.url), env: {}, table })))).toContain(
    'AWS_REGION',
  )
})
