import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../lib/core/ledger.ts'
import { faultRows, ownStatus, type Row, tools } from '../support/fault-rows.ts'
import { type Client, clients } from '../support/faults.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { eventually, type KeyInfo } from '../whole/server.ts'
import { compare, ledgerSince } from './books.ts'
import { ask, type Gateway, type Host, modelOf, type Outcome, seenOf, startGateway } from './gateway.ts'

const hosts: Host[] = ['openai', 'anthropic']
const named = Object.keys(clients) as Client[]
type Case = { id: string; script: string; client: Client; host: Host; streamed: boolean; row?: Row }

/** What one tongue calls a server error and the other an overload, and half a call: no row of the table says it for all. */
const others: [script: string, Row | undefined][] = [
  ['error-first', undefined],
  ['tool-cut', { status: 200, whole: false, attempts: 1, billed: 1 }],
  ['tool-hole', { status: 200, whole: false, attempts: 1, billed: 1 }],
]
const rows = [
  ...Object.entries(faultRows).flatMap(([script, { streamed, plain }]) => [
    { script, streamed: true, row: streamed },
    ...(plain ? [{ script, streamed: false, row: plain }] : []),
  ]),
  ...others.map(([script, row]) => ({ script, streamed: true, ...(row && { row }) })),
]
const cases: Case[] = named.flatMap((client) =>
  hosts.flatMap((host) =>
    rows.map((one) => ({
      ...one,
      client,
      host,
      id: `${one.script}, ${one.streamed ? 'streamed' : 'not streamed'}, ${client} of ${host}`,
    })),
  ),
)
const scriptOf = (one: Case) => `${one.script},c=${cases.indexOf(one)}`

/** Requests at once: many enough to disturb each other, few enough for a small machine. */
const lanes = 12
const startedAt = Date.now()

let upstream: ScriptedUpstream
let gateway: Gateway
const outcomes = new Map<Case, Outcome>()
const keys = new Map<Case, string>()
let ledger: LedgerEntry[]
let alive: Outcome

beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startGateway(
    [
      modelOf(upstream.url, 'openai', 'ok,alive=1', 'alive'),
      ...cases.map((one) => modelOf(upstream.url, one.host, scriptOf(one), one.id)),
    ],
    {
      // Shorter than anybody would set them, and in the same order: first token and idle, attempt, total.
      router_settings: { num_retries: 2, timeout: 4, stream_timeout: 2 },
      general_settings: { stream_idle_timeout: 2, total_timeout: 30 },
    },
  )
  const waiting = [...cases]
  const lane = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const key = await gateway.makeKey({ max_budget: 10, budget_duration: '1mo' })
      keys.set(one, key)
      const body = { stream: one.streamed, ...(one.script.startsWith('tool') && tools[one.client]) }
      outcomes.set(one, await ask(gateway.url, { client: one.client, key, model: one.id, body }, 40_000))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  alive = await ask(gateway.url, { client: 'chat', key: await gateway.makeKey(), model: 'alive' }, 30_000)
  const billable = () => upstream.seen.filter((one) => one.billable).length
  ledger = await eventually(
    () => ledgerSince(gateway.dataDir, startedAt),
    (entries) => entries.length >= billable(),
    60_000,
  )
})
afterAll(async () => {
  await gateway.stop()
  await upstream.stop()
})

describe.each(cases.map((one) => [one.id, one] as const))('%s', (_, one) => {
  it('true status, bounded time, whole or an error', () => {
    const { kind, status, told, tookMs, text } = outcomes.get(one) ?? {}

    expect(kind, text?.slice(-300)).not.toBe('hang')
    expect(tookMs).toBeLessThan(30_000)
    if (!one.row) return expect([kind, [500, 503, 529]]).toEqual(['error', expect.arrayContaining([status])])
    const expected = one.client === 'messages' ? (ownStatus[one.row.status] ?? one.row.status) : one.row.status
    const whole = one.row.whole === true
    expect([status, kind, told?.ended], text?.slice(-300)).toEqual([expected, whole ? 'answer' : 'error', whole])
    if (whole) expect(told?.text).toMatch(/^w0 w1( w\d+)*$/)
    else expect(told?.finish).toBeUndefined()
  })

  it('no storm of attempts, and books that agree with the provider’s', async () => {
    const seen = seenOf(upstream, scriptOf(one))
    const entries = ledger.filter(({ upstream_model: model }) => model === scriptOf(one))
    const books = compare(entries, seen)

    if (one.row) expect(seen).toHaveLength(one.row.attempts)
    else expect(seen.length).toBeLessThanOrEqual(3)
    expect(entries).toHaveLength(books.entries)
    expect([books.entries, books.short]).toEqual([one.row?.billed ?? 0, 0])
    expect(books.billable).toBe(books.entries)
    const charged = entries.reduce((sum, { cost }) => sum + cost, 0)
    const { spend, purser } = await settled(keys.get(one) ?? '')
    expect(purser).toMatchObject({ held: 0, unsettled: 0 })
    expect(Math.round(spend * 1e9)).toBe(charged)
  })
})

const settled = (key: string): Promise<KeyInfo> =>
  eventually(
    () => gateway.info(key),
    ({ purser }) => purser.held === 0,
    30_000,
  )

it('the gateway answers after all of it', () => {
  expect([alive.kind, alive.told.text.slice(0, 5)]).toEqual(['answer', 'w0 w1'])
})
