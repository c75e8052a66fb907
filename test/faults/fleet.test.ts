import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../whole/server.ts'
import { type Seen, startFickle, startFleet, traffic } from './fleet.ts'

const size = 20
const healthyMs = 5000
const deadMs = 45_000
const watchedMs = 40_000

let seen: Seen[]
let statuses: number[]
let diedAt: number
let wellAt: number
let stop: () => Promise<void> = async () => {}

beforeAll(async () => {
  const preferred = await startFickle()
  const spare = await startFickle()
  const fleet = await startFleet(size, { preferred: preferred.url, spare: spare.url })
  stop = async () => {
    await fleet.stop()
    await preferred.stop()
    await spare.stop()
  }
  const over = new AbortController()
  const asking = traffic(fleet.servers, over.signal)
  await eventually(
    async () => environments(preferred.seen),
    (count) => count === size,
    60_000,
  )
  await sleep(healthyMs)
  diedAt = preferred.turn(false)
  await sleep(deadMs)
  wellAt = preferred.turn(true)
  await sleep(watchedMs)
  over.abort()
  statuses = await asking
  seen = preferred.seen
})
afterAll(() => stop())

const between = (from: number, to: number) => seen.filter(({ at }) => at >= from && at < to)
/** When and by whom, for whoever has to find out what went wrong. */
const told = (of: readonly Seen[]) => of.map(({ at, of: who }) => `${at - diedAt} ms: ${who}`).join(', ')
const environments = (of: readonly Seen[]) => new Set(of.map((one) => one.of)).size

describe('twenty processes with one store, and a deployment that dies for 45 seconds', () => {
  it('all use it while it is well', () => {
    expect(environments(between(0, diedAt))).toBe(size)
  })

  it('no request fails', () => {
    expect(statuses.length).toBeGreaterThan(size * 30)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  it('is left by all within five seconds', () => {
    const late = between(diedAt + 5000, wellAt)

    // What comes later are probes: after rests of 5, 10 and 20 seconds one each.
    expect(late.length, told(late)).toBeGreaterThanOrEqual(1)
    expect(late.length, told(late)).toBeLessThanOrEqual(6)
  })

  it('is probed by one at a time', () => {
    const probes = between(diedAt + 5000, wellAt)

    for (const [n, probe] of probes.entries()) {
      const before = probes[n - 1]
      if (before) expect(probe.at - before.at, told(probes)).toBeGreaterThan(4000)
    }
  })

  it('is returned to by all within thirty seconds of its recovery', () => {
    expect(environments(between(wellAt, wellAt + 30_000))).toBe(size)
  })
})
