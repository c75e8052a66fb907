import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Dynamo, DynamoError } from '../../lib/aws/dynamo.ts'
import { routeStore } from '../../lib/aws/routing.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { trialStore } from '../../lib/aws/trials.ts'
import type { CanaryMessage } from '../../lib/core/notice.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { type CanaryPorts, judgeCanaries } from '../../lib/flows/canary.ts'
import { config, deployment } from '../support/configuration.ts'
import { startMachine } from '../support/machine.ts'
import { attempt, noon, spendEvent } from '../support/spend.ts'
import { spendWorld, messageOf } from '../support/spend-world.ts'
import { freshStore } from '../support/store.ts'
import { startUpstream, type ScriptedUpstream } from '../support/upstream.ts'

let engine: Awaited<ReturnType<typeof freshStore>>
let upstream: ScriptedUpstream
let dynamo: Dynamo
beforeAll(async () => {
  engine = await freshStore()
  dynamo = sdkDynamo(engine.client)
  upstream = await startUpstream()
})
afterAll(async () => {
  await upstream.stop()
  await engine.stop()
})
beforeEach(async () => {
  await dynamo('DeleteItem', { TableName: engine.table, Key: { pk: { S: 'ROUTE#state' }, sk: { S: '-' } } })
})

const members = (model: string, canary = 0.5) =>
  ['old', 'new'].map((id) => ({
    ...deployment({ group: 'g', id, model: id === 'new' ? model : 'ok', apiBase: { value: `${upstream.url}/v1` } }),
    ...(id === 'new' && { canary }),
  }))
const settings = (model = 'status,status=500', canary = 0.5) => ({ deployments: members(model, canary) })
const trials = () => trialStore({ dynamo, table: engine.table })
const routes = () => routeStore({ dynamo, table: engine.table, now: Date.now })

const call = (name: string, id: string, more: Partial<SpendEvent> = {}) =>
  spendEvent(attempt(name), 0, [], { deployment_id: id, model_group: 'g', ...more })
const failing = { outcome: 'failed' as const, error: 'upstream_error' }
const bad = (name = '') => [
  ...Array.from({ length: 60 }, (_, n) => call(`o${name}${n}`, 'old')),
  ...Array.from({ length: 10 }, (_, n) => call(`n${name}${n}`, 'new', failing)),
]

function judge(over: Partial<CanaryPorts> = {}) {
  const told: CanaryMessage[] = []
  let now = noon
  const log: string[] = []
  const ports: CanaryPorts = {
    trials: trials(),
    tell: async (message) => void told.push(message),
    clock: { now: () => now },
    log: (level, message) => void log.push(`${level} ${message}`),
    ...over,
  }
  return {
    told,
    log,
    pass: (ms: number) => void (now += ms),
    take: (events: SpendEvent[]) => judgeCanaries(config(settings()), ports, events),
  }
}

describe('a canary that does worse', () => {
  it('is rolled back from events that the gateway sends, and asked by nobody any more', async () => {
    const { deployments } = settings()
    const machine = await startMachine(config({ deployments }), {
      routes: routes(),
      random: () => 0.1,
    })
    const world = spendWorld(dynamo, {}, { deployments })
    const ask = () => machine.call({ path: '/v1/chat/completions', key: 'sk-master', json: request } as never)
    const request = { model: 'g', messages: [{ role: 'user', content: 'x' }] }
    try {
      // Behind a canary that fails stands its baseline: no caller notices.
      for (let n = 0; n < 3; n++) expect((await ask()).status).toBe(200)
      const events = machine.spends()
      const own = events.filter(({ deployment_id: id }) => id === 'new')
      expect(own.length).toBeGreaterThan(0)
      expect(own.every(({ outcome, cost, holds }) => outcome === 'failed' && cost === 0 && !holds.length)).toBe(true)

      const body = (detail: SpendEvent) => messageOf(detail.id, { type: 'spend.v1', detail })
      expect(await world.born().handle([...events, ...bad()].map(body))).toEqual([])
      expect(world.rolledBack.map(({ kind, scope_id, label }) => [kind, scope_id, label])).toEqual([
        ['canary', 'g', 'new'],
      ])

      const other = await startMachine(config({ deployments }), { routes: routes(), random: () => 0.1 })
      await other.call({ path: '/v1/models', method: 'GET', key: 'sk-master' } as never)
      await expect.poll(async () => Object.keys((await routes().read()).rolledBack ?? {})).toEqual(['new@0.5'])
      upstream.seen.length = 0
      for (let n = 0; n < 5; n++)
        expect(
          (await other.call({ path: '/v1/chat/completions', key: 'sk-master', json: request } as never)).status,
        ).toBe(200)
      expect(upstream.seen.map(({ body: { model } }) => model)).toEqual(Array.from({ length: 5 }, () => 'ok'))
      await other.stop()
    } finally {
      await machine.stop()
    }
  })

  it('is told of once, by whoever rolled it back, and stays where it is', async () => {
    const both = [judge(), judge()]

    await Promise.all(both.map((one, n) => one.take(bad(String(n)))))
    await both[0]?.take(bad('later'))

    const told = both.flatMap((one) => one.told)
    expect(told.length).toBe(1)
    expect(told[0]).toMatchObject({ share: 0.5, reason: "10 of 10 calls failed, of its baseline's 0 of 60 calls" })
    expect((await trials().read())['new@0.5']?.rolledBack).toMatchObject({ told: true })
  })

  it('is told of later, under the same id, where telling has failed', async () => {
    const ids: string[] = []
    let works = false
    const one = judge({
      tell: async ({ id }) => {
        ids.push(id)
        if (!works) throw new Error('no topic')
      },
    })

    await one.take(bad())
    works = true
    await one.take([call('soon', 'old')])
    expect(ids.length).toBe(1)
    one.pass(61_000)
    // No calls since: the sweep looks.
    await one.take([])
    await one.take([])

    expect(ids.length).toBe(2)
    expect(new Set(ids).size).toBe(1)
    expect(one.log.join()).toContain('its end not be told')
  })

  it('gets its share again once its trial is forgotten, or its share is another', async () => {
    await judge().take(bad())
    expect((await routes().read()).rolledBack).toEqual({ 'new@0.5': noon })

    await trials().remove('new@0.5')

    expect((await routes().read()).rolledBack).toBeUndefined()
    expect(await trials().read()).toEqual({})
  })
})

it('events of other groups, and a store that does not answer, change nothing and fail nothing', async () => {
  const refusing: Dynamo = async () => {
    throw new DynamoError('ThrottlingException', 'no')
  }
  const deaf = judge({ trials: trialStore({ dynamo: refusing, table: engine.table }) })

  await deaf.take(bad())
  await judge().take([call('x', 'another')])

  expect(deaf.log.join()).toContain("a canary's trial could not be written")
  expect(await trials().read()).toEqual({})
})

it('batches that are counted at once lose nothing', async () => {
  const lanes = Array.from({ length: 4 }, () => judge())

  await Promise.all(lanes.map((one, n) => one.take([call(`a${n}`, 'old'), call(`b${n}`, 'new')])))

  const [window] = (await trials().read())['new@0.5']?.windows ?? []
  expect([window?.canary.calls, window?.baseline.calls]).toEqual([4, 4])
})

it('a deadline that a caller sets is told as its own, and counts against nobody', async () => {
  const slow = deployment({ group: 'g', id: 'new', model: 'silent', apiBase: { value: `${upstream.url}/v1` } })
  const machine = await startMachine(config({ deployments: [{ ...slow, canary: 1 }] }))
  const json = { model: 'g', messages: [{ role: 'user', content: 'x' }] }
  const call = { path: '/v1/chat/completions', key: 'sk-master', json }
  try {
    await machine.call({ ...call, headers: { 'x-litellm-timeout': '0.1' } })

    expect(machine.spends().map(({ error, hurried }) => [error, hurried])).toEqual([['timeout', true]])
  } finally {
    await machine.stop()
  }
})
