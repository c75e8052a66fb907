import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Dynamo, DynamoError } from '../../lib/aws/dynamo.ts'
import { routeStore } from '../../lib/aws/routing.ts'
import { signedDynamo } from '../../lib/aws/signed.ts'
import { defaultRouting } from '../../lib/core/routing.ts'
import { config, deployment } from '../support/configuration.ts'
import { type HandClock, environment, failure, handClock } from '../support/routing.ts'
import { freshStore } from '../support/store.ts'

let engine: Awaited<ReturnType<typeof freshStore>>
let dynamo: Dynamo
let calls: string[]
let away: boolean

beforeAll(async () => {
  engine = await freshStore()
  // The data plane's own client.
  const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' })
  const real = signedDynamo({ endpoint: engine.endpoint, region: 'us-east-1', credentials })
  dynamo = async (operation, input) => {
    calls.push(operation)
    if (away) throw new DynamoError('lost', 'no answer', { lost: true })
    return real(operation, input)
  }
})
afterAll(() => engine.stop())
beforeEach(async () => {
  calls = []
  away = false
  await dynamo('DeleteItem', { TableName: engine.table, Key: { pk: { S: 'ROUTE#state' }, sk: { S: '-' } } })
})

const pair = config({ deployments: ['a', 'b'].map((id) => deployment({ group: 'g', id })) })
const routesAt = (clock: HandClock) => routeStore({ dynamo, table: engine.table, now: clock.now })

/** Environments that each send a request every 500 ms, while `a` answers or not. One step is 100 ms. */
function fleet(size: number, isUp: (now: number) => boolean) {
  const clock = handClock()
  const began = clock.now()
  const asked: { env: number; at: number; probe: boolean }[] = []
  const members = Array.from({ length: size }, (_, n) => ({
    ...environment(pair, { clock, routes: routesAt(clock) }),
    n,
  }))

  async function request(member: (typeof members)[number]) {
    const ids = await member.candidates()
    for (const id of ids) {
      const up = id === 'b' || isUp(clock.now() - began)
      if (id === 'a') asked.push({ env: member.n, at: clock.now() - began, probe: ids.length === 2 && ids[0] === 'a' })
      member.attempt(id, up ? undefined : failure('connection'))
      if (up) break
    }
    await member.flushed()
  }

  return {
    asked,
    async run(ms: number) {
      for (let step = 0; step < ms / 100; step++) {
        const due = members.filter(({ n }) => n % 5 === step % 5)
        await Promise.all(due.map(request))
        clock.pass(100)
      }
    },
  }
}

describe('twenty environments with one store', () => {
  it('leave a dead deployment within five seconds, probe it one at a time, and are back within thirty of its recovery', async () => {
    const diesAt = 40_000
    const wellAt = 100_000
    const many = fleet(20, (at) => at < diesAt || at >= wellAt)

    await many.run(130_000)
    const { asked } = many

    const inDeath = asked.filter(({ at }) => at >= diesAt + 5000 && at < wellAt)
    expect(asked.filter(({ at }) => at < diesAt).length).toBeGreaterThan(50)
    // Rests of 5, 10 and 20 seconds: a probe each, and never two at once.
    expect(inDeath.length).toBeGreaterThanOrEqual(3)
    expect(inDeath.length).toBeLessThanOrEqual(6)
    expect(inDeath.every(({ at }, n) => n === 0 || at - (inDeath[n - 1]?.at ?? 0) >= 5000)).toBe(true)
    const back = new Set(asked.filter(({ at }) => at >= wellAt && at < wellAt + 30_000).map(({ env }) => env))
    expect(back.size).toBe(20)
  })

  it('write on change only, and read once in two seconds at most', async () => {
    const few = fleet(4, () => true)

    await few.run(20_000)

    expect(calls.filter((operation) => operation !== 'GetItem')).toEqual(['DeleteItem'])
    expect(calls.length - 1).toBeLessThanOrEqual(4 * 10)
  })
})

describe('a request', () => {
  it('does not wait for the store, unless it is to probe', async () => {
    const clock = handClock()
    let answer = () => {}
    const slow = new Promise<void>((resolve) => (answer = resolve))
    const held: Dynamo = async (operation, input) => {
      await slow
      return dynamo(operation, input)
    }
    const one = environment(pair, { clock, routes: routeStore({ dynamo: held, table: engine.table, now: clock.now }) })

    expect((await one.candidates()).toSorted()).toEqual(['a', 'b'])
    one.attempt('a', failure('quota'))
    expect(await one.candidates()).toEqual(['b'])

    answer()
    await one.flushed()
    expect(await one.candidates()).toEqual(['b'])
  })
})

describe('an environment that was idle', () => {
  it('knows what the others have learned before its next request is routed, if it looks when that arrives', async () => {
    const clock = handClock()
    const idle = environment(pair, { clock, routes: routesAt(clock) })
    const busy = environment(pair, { clock, routes: routesAt(clock) })
    await idle.candidates()
    await idle.flushed()
    clock.pass(600_000)
    busy.attempt('a', failure('quota'))
    await busy.flushed()

    idle.look()
    await idle.flushed()

    expect(await idle.candidates()).toEqual(['b'])
  })
})

describe('a store that does not answer', () => {
  it('means state of its own for each environment, not an outage', async () => {
    const clock = handClock()
    const one = environment(pair, { clock, routes: routesAt(clock) })
    away = true

    one.attempt('a', failure('quota'))
    await one.flushed()
    expect(await one.candidates()).toEqual(['b'])
    clock.pass(5000)
    expect((await one.candidates())[0]).toBe('a')
    one.attempt('a')
    await one.flushed()

    expect((await one.candidates()).toSorted()).toEqual(['a', 'b'])
    expect(one.logged).toContain('warn the shared state of routing does not answer: this environment goes by its own')
  })

  it('is asked again after five seconds, and then tells what the others know', async () => {
    const clock = handClock()
    const one = environment(pair, { clock, routes: routesAt(clock) })
    const other = environment(pair, { clock, routes: routesAt(clock) })
    away = true
    await one.candidates()
    await one.flushed()
    away = false
    other.attempt('a', failure('quota', { retryAfterMs: 60_000 }))
    await other.flushed()

    clock.pass(4999)
    await one.candidates()
    await one.flushed()
    expect(await one.candidates()).toContain('a')
    clock.pass(1)
    await one.candidates()
    await one.flushed()

    expect(await one.candidates()).toEqual(['b'])
  })
})

it('orders by what the aggregator has measured, as far as this environment has not seen it itself', async () => {
  const clock = handClock()
  const routing = { ...defaultRouting, strategy: 'latency-based-routing' as const }
  const routes = routesAt(clock)
  const timing = (ewmaMs: number) => ({ ewmaMs, at: clock.now(), histogram: [] })
  const base = { at: clock.now(), minute: 0, requests: 0, tokens: 0, errors: 0, durationMs: 0 }
  await routes.measure(() => ({ a: { ...base, firstToken: timing(900) }, b: { ...base, firstToken: timing(300) } }))
  const one = environment({ ...pair, routing }, { clock, routes })
  await one.candidates()
  await one.flushed()

  expect(await one.candidates()).toEqual(['b', 'a'])
  one.attempt('b', undefined, 2000)
  expect(await one.candidates()).toEqual(['a', 'b'])
})
