import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAttemptId } from '../../lib/core/attempt-id.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { type Admin, startAdmin } from '../support/admin.ts'
import { spendEvent } from '../support/spend.ts'

let admin: Admin
let key: { token: string; purser: { id: string } }
let oldToken: string
const noon = Date.UTC(2026, 10, 21, 12)

const at = (start: number, cost: number, more: Partial<SpendEvent> = {}) =>
  spendEvent(newAttemptId(start + 25 * 60_000, Math.random), cost, [], { start, end: start + 1000, ...more })

beforeAll(async () => {
  admin = await startAdmin()
  const made = (await admin.call('POST /key/generate', { key_alias: 'svc' })).body
  oldToken = made.token
  key = (await admin.call('POST /key/regenerate', { key: made.token })).body
  const mine = { key_id: key.purser.id, key_hash: oldToken, key_alias: 'svc', user_id: 'ada' }
  const hour = 3_600_000
  await admin.ports.ledger.record([
    at(noon - hour, 1_500_000_000, {
      ...mine,
      first_token: noon - hour + 300,
      request_id: 'r-1',
      usage: { prompt: 10, completion: 5, cached: 4, reasoning: 2 },
    }),
    at(noon - 2 * hour, 250_000_001, {
      ...mine,
      key_hash: key.token,
      call_type: 'embeddings',
      outcome: 'client_left',
      estimated: true,
      upstream_model: 'other',
    }),
    at(noon - 30 * hour, 2_000_000_000, mine),
    at(noon - hour, 7, { key_id: 'else', key_hash: 'e'.repeat(64), user_id: 'bob', team_id: 'red' }),
  ])
})
afterAll(() => admin.stop())

const logs = async (query: Record<string, string> = {}) => admin.call('GET /spend/logs', undefined, { query })
const rows = async (query: Record<string, string> = {}) =>
  (await logs(query)).body as unknown as Record<string, unknown>[]

describe('/spend/logs', () => {
  it("has the last day's attempts, newest first, in LiteLLM's names", async () => {
    const found = await rows()

    expect(found).toHaveLength(3)
    expect(found.find((row) => row['request_id'] === 'r-1')).toMatchObject({
      call_type: 'acompletion',
      api_key: oldToken,
      spend: 1.5,
      total_tokens: 15,
      prompt_tokens: 10,
      completion_tokens: 5,
      startTime: '2026-11-21T11:00:00.000Z',
      completionStartTime: '2026-11-21T11:00:00.300Z',
      endTime: '2026-11-21T11:00:01.000Z',
      user: 'ada',
      request_tags: ['a'],
      status: 'success',
      outcome: 'completed',
      cost_nanodollars: 1_500_000_000,
      metadata: {
        user_api_key_alias: 'svc',
        usage_object: {
          prompt_tokens_details: { cached_tokens: 4 },
          completion_tokens_details: { reasoning_tokens: 2 },
        },
      },
    })
    expect(found[2]).toMatchObject({
      call_type: 'aembedding',
      status: 'failure',
      outcome: 'client_left',
      estimated: true,
      spend: 0.250000001,
    })
  })

  it('finds what a key has spent under a secret that it had before', async () => {
    expect(await rows({ api_key: key.token })).toHaveLength(2)
    expect(await rows({ api_key: 'e'.repeat(64) })).toHaveLength(1)
  })

  it('is filtered by user, team and request', async () => {
    expect(await rows({ user_id: 'bob' })).toHaveLength(1)
    expect(await rows({ team_id: 'red' })).toHaveLength(1)
    expect(await rows({ request_id: 'r-1' })).toHaveLength(1)
    expect(await rows({ user_id: 'nobody' })).toEqual([])
  })

  it('is summed per day where dates are given', async () => {
    const found = await rows({ start_date: '2026-11-20', end_date: '2026-11-21', api_key: key.token })

    expect(found).toMatchObject([
      { startTime: '2026-11-20', spend: 2, users: { ada: 2 }, models: { m: 2 }, [oldToken]: 2 },
      {
        startTime: '2026-11-21',
        spend: 1.750000001,
        users: { ada: 1.750000001 },
        models: { m: 1.5, other: 0.250000001 },
      },
    ])
  })

  it('has rows for dates on request, and says what it left off', async () => {
    const dated = { start_date: '2026-11-20', end_date: '2026-11-21', summarize: 'false' }

    expect(await rows(dated)).toHaveLength(4)
    const some = await logs({ ...dated, limit: '3' })
    expect(some.body).toHaveLength(3)
    expect(some.headers['x-purser-rows-left-off']).toBe('1')
  })

  it.each([
    [{ start_date: '21.11.2026', end_date: '2026-11-21' }, 400, 'start_date'],
    [{ start_date: '2026-02-30', end_date: '2026-11-21' }, 400, 'start_date'],
    [{ start_date: '2026-11-21' }, 400, 'end_date'],
    [{ start_date: '2026-11-21', end_date: '2026-11-20' }, 400, 'end_date'],
    [{ start_date: '2020-11-21', end_date: '2026-11-20' }, 400, 'end_date'],
    [{ limit: '0' }, 422, 'limit'],
  ])('refuses %j', async (query: Record<string, string>, status, param) => {
    const reply = await logs(query)

    expect([reply.status, reply.body.error.param]).toEqual([status, param])
  })
})

describe('the spend of a key without a budget', () => {
  it('is what the ledger adds up to, through all of its secrets', async () => {
    expect((await admin.call(`GET /key/info?key=${key.token}`)).body.info.spend).toBe(3.750000001)
  })
})
