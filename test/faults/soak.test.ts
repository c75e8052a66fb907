import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../lib/core/ledger.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { eventually, type KeyInfo } from '../whole/server.ts'
import { ledgerSince, localFacts } from './books.ts'
import { type Gateway, modelOf, startGateway } from './gateway.ts'
import { connectionsTo, counter, drive, footprint, hosts, median, mix, type Tally } from './soak.ts'

/** SOAK_SECONDS sets how long; 50 streams at a time. */
const soakMs = Number(process.env.SOAK_SECONDS ?? 600) * 1000
const lanes = 50
const warmMs = Math.min(soakMs / 4, 60_000)
/** Until what clients left behind is over, and connections that nobody uses are closed. */
const quietMs = 12_000

let upstream: ScriptedUpstream
let gateway: Gateway
let books: ReturnType<typeof counter>
let tally: Tally
let keys: string[]
let infos: KeyInfo[]
let ledger: LedgerEntry[]
const megabytes: number[] = []
let filesBefore: number
let filesAfter: number
let toProvider: number

beforeAll(async () => {
  const startedAt = Date.now()
  upstream = await startUpstream()
  books = counter(upstream)
  const models = hosts.flatMap((host) =>
    mix.map(({ script }) => modelOf(upstream.url, host, `${script},h=${host}`, `${host} ${script}`)),
  )
  gateway = await startGateway(models, {
    // Patience for what never comes is short, so that many such requests fit into the time. Nobody is left alone: all must be asked.
    router_settings: { num_retries: 1, timeout: 15, stream_timeout: 8, disable_cooldowns: true },
    general_settings: { stream_idle_timeout: 8, total_timeout: 50 },
  })
  const { pid } = localFacts(gateway.dataDir)
  keys = await Promise.all(
    Array.from({ length: 5 }, () => gateway.makeKey({ max_budget: 10_000, budget_duration: '1mo' })),
  )
  await drive(gateway, keys, { at: Date.now() + warmMs, lanes })
  await sleep(quietMs)
  filesBefore = footprint(pid).files - connectionsTo(gateway.url)
  const watch = setInterval(() => {
    megabytes.push(footprint(pid).megabytes)
    books.fold()
  }, 2000)
  tally = await drive(gateway, keys, { at: Date.now() + soakMs - warmMs, lanes })
  clearInterval(watch)

  await sleep(quietMs)
  filesAfter = footprint(pid).files - connectionsTo(gateway.url)
  toProvider = connectionsTo(upstream.url)
  books.fold(true)
  const billable = [...books.counts.values()].reduce((sum, one) => sum + one.billable, 0)
  ledger = await eventually(
    () => ledgerSince(gateway.dataDir, startedAt),
    (entries) => entries.length >= billable,
    120_000,
  )
  infos = await Promise.all(keys.map((key) => gateway.info(key)))
}, soakMs + 300_000)
afterAll(async () => {
  await gateway.stop()
  await upstream.stop()
})

describe('fifty streams at a time over a mix of faults', () => {
  it('nobody is left hanging, and nothing that was cut is told as whole', () => {
    expect(tally.wrong.slice(0, 20)).toEqual([])
  })

  it('whoever is answered by the provider is answered by the gateway', () => {
    // A machine that is too slow for a deadline says so with a true status; that must be an exception.
    expect(tally.refused.length, tally.refused.slice(0, 20).join('\n')).toBeLessThanOrEqual(tally.asked / 50)
    expect(tally.asked).toBeGreaterThan((soakMs - warmMs) / 1000)
    expect(tally.left).toBeGreaterThan(0)
  })

  it('memory stays flat', () => {
    console.log(`memory: ${megabytes.map(Math.round).join(' ')}`)
    const third = Math.floor(megabytes.length / 3)
    const middle = median(megabytes.slice(third, 2 * third))
    const end = median(megabytes.slice(2 * third))
    console.log(
      `memory: ${Math.round(middle)} MB in the middle, ${Math.round(end)} MB at the end, ${tally.asked} requests`,
    )

    expect(end).toBeLessThan(middle * 1.1 + 15)
  })

  it('no socket is left open', () => {
    expect(toProvider).toBe(0)
    // What stays open is the clients' own, which is not counted, and the pool to the store, as large as after the first of it.
    expect(filesAfter).toBeLessThanOrEqual(filesBefore + 10)
  })

  it('no money is left held', () => {
    for (const { purser } of infos) expect(purser).toMatchObject({ held: 0, unsettled: 0 })
  })

  it('the ledger has what the provider counted, attempt by attempt', () => {
    const entries = Map.groupBy(ledger, ({ upstream_model: model }) => model)
    const found = [...books.counts].map(([script, { billable }]) => {
      const of = entries.get(script) ?? []
      // Of what was broken off before its first token nobody can know whether the provider has seen it: it counts.
      const unsure = of.filter(({ outcome, first_token: first }) => outcome !== 'completed' && first === undefined)
      return { script, entries: of.length, unsure: unsure.length, billable }
    })

    expect(found.filter((one) => one.entries < one.billable || one.entries - one.unsure > one.billable)).toEqual([])
    expect(new Set(ledger.map(({ id }) => id)).size).toBe(ledger.length)
  })

  it('what is charged is never less than what the provider bills, and the budgets say the same as the ledger', () => {
    const entries = Map.groupBy(ledger, ({ upstream_model: model }) => model)
    const charged = (of: readonly LedgerEntry[] = []) => of.reduce((sum, { cost }) => sum + cost, 0)
    const short = [...books.counts].filter(([script, { owed }]) => charged(entries.get(script)) < owed)

    expect(short).toEqual([])
    const spent = infos.reduce((sum, { spend }) => sum + Math.round(spend * 1e9), 0)
    expect(spent).toBe(charged(ledger))
  })
})
