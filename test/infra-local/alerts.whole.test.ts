import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { alertQueue } from '../../infra/local/alerts.ts'
import { reportNow, reportTimer } from '../../infra/local/reports.ts'
import { openStores } from '../../infra/local/stores.ts'
import { systemClock } from '../../lib/core/clock.ts'
import type { Notice } from '../../lib/core/notice.ts'
import { config } from '../support/configuration.ts'
import { alertOf } from '../support/notices.ts'
import { startReceiver } from '../support/receiver.ts'
import { attemptAt, spendEvent } from '../support/spend.ts'
import { freshStore } from '../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let people: Awaited<ReturnType<typeof startReceiver>>
let dir: string
beforeAll(async () => {
  store = await freshStore()
  people = await startReceiver()
  dir = mkdtempSync(join(tmpdir(), 'purser-alerts-'))
})
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true })
  await people.stop()
  await store.stop()
})
beforeEach(() => {
  people.received.length = 0
  people.answers(() => 200)
})

const log = () => undefined
const settings = config({ slackWebhook: { env: 'SLACK' } })

/** One run of the local server, as far as alerts go. */
async function run() {
  const stores = await openStores(store.endpoint, { PURSER_TABLE: store.table })
  const secrets = { get: (name: string) => Promise.resolve(name === 'SLACK' ? people.url('/slack') : undefined) }
  const ports = { deliveries: stores.deliveries, clock: systemClock, log }
  const queue = await alertQueue({ dir: join(dir, 'alerts'), config: settings, secrets, ...ports })
  queue.start()
  const stop = async () => {
    await queue.stop()
    stores.close()
  }
  return { stores, queue, stop }
}

test('an alert reaches a webhook that was away, once, and a restart does not repeat it', async () => {
  people.answers(() => (people.received.length < 2 ? 503 : 200))
  const first = await run()
  await first.queue.add([alertOf('local-1')])
  await first.queue.drain()
  await first.stop()

  const second = await run()
  await second.queue.add([alertOf('local-1')])
  await second.queue.drain()
  await second.stop()

  expect(people.at('/slack')).toHaveLength(2)
})

test('the report of a week is sent once through restarts and repeated looks, late if need be', async () => {
  const thursday = Date.UTC(2026, 10, 26, 15)
  const end = Date.UTC(2026, 10, 18)
  for (let start = 0; start < 3; start++) {
    const { stores, queue, stop } = await run()
    await stores.ledger.record([spendEvent(attemptAt(end, 'weekly'), 1e9, [], { end, provider: 'openai' })])
    const publish = (one: Notice) => queue.add([one])
    const ports = { ...stores, clock: { now: () => thursday }, log, publish }
    await reportTimer(() => reportNow(settings, ports), log)()
    expect(await reportNow(settings, ports)).toBe('known')
    await queue.drain()
    await stop()
  }

  expect(people.at('/slack')).toHaveLength(1)
  expect(people.at('/slack')[0]?.text).toContain('Weekly spend report, 2026-11-16 to 2026-11-22')
})

test('no report is made where none is wanted', async () => {
  const { stores, stop } = await run()
  const publish = () => Promise.reject(new Error('it was published'))

  expect(await reportNow({ ...settings, report: 'off' }, { ...stores, clock: systemClock, log, publish })).toBe('off')
  await stop()
})

test('a look that fails is a line of the log, and the next look comes all the same', async () => {
  const lines: string[] = []
  await reportTimer(
    () => Promise.reject(new Error('no table')),
    (level, text) => lines.push(`${level} ${text}`),
  )()

  expect(lines).toEqual(['error the spend report could not be made; the next look tries again'])
})
