import { afterAll, beforeAll, expect, it } from 'vitest'
import { admin } from '../../infra/cli/admin.ts'
import { routeStore } from '../../lib/aws/routing.ts'
import { trialStore } from '../../lib/aws/trials.ts'
import { serve } from '../../lib/net/server.ts'
import { tooLarge } from '../../lib/flows/gateway.ts'
import { type Admin, deployment, masterKey, startAdmin } from '../support/admin.ts'
import { attempt, noon, spendEvent } from '../support/spend.ts'

const deployments = [deployment({ id: 'old' }), deployment({ id: 'new', canary: 0.1 })]
let api: Admin
let call: Admin['call']
let url: string
let close: () => Promise<void>

beforeAll(async () => {
  api = await startAdmin({ deployments })
  api.ports.trials = trialStore({ dynamo: api.dynamo, table: api.table })
  call = api.call
  const events = ['old', 'new'].map((id, n) =>
    spendEvent(attempt(`c${n}`), 1000, [], { deployment_id: id, stream: true, first_token: noon + 100 * (n + 1) }),
  )
  await api.ports.ledger.record(events)
  const log = () => {}
  const options = { port: 0, host: '127.0.0.1', maxBodyBytes: 100_000, tooLarge, log }
  const server = await serve(api.flow, options)
  url = `http://127.0.0.1:${server.port}`
  close = server.close
})
afterAll(async () => {
  await close()
  await api.stop()
})

const rollBack = () =>
  api.ports.trials?.replace('new@0.1', undefined, {
    id: 'new',
    group: 'fast',
    share: 0.1,
    windows: [],
    rolledBack: { at: noon, reason: 'it was bad', told: true, claimed: 0 },
  })
const routes = () => routeStore({ dynamo: api.dynamo, table: api.table, now: Date.now }).read()

async function typed(...args: string[]) {
  const said: string[] = []
  const print = (text: string) => void said.push(text)
  const code = await admin([...args, '--url', url, '--key', masterKey], { env: {}, print, complain: print })
  return { code, text: said.join('\n') }
}

it('the report compares from the ledger, for days that are named and for one model', async () => {
  const day = await call('GET /canary/report?start_date=2026-11-21&end_date=2026-11-21&model=fast')
  const other = await call('GET /canary/report?start_date=2026-11-20&end_date=2026-11-20')

  expect(day.status).toBe(200)
  expect(day.body).toMatchObject({
    trials: [
      {
        model: 'fast',
        sides: [
          { calls: 1, first_token_p50_ms: 200 },
          { calls: 1, first_token_p50_ms: 100 },
        ],
      },
    ],
  })
  expect(other.body).toMatchObject({ trials: [{ sides: [{ calls: 0 }, { calls: 0 }] }] })
  expect((await call('GET /canary/report?model=none')).body).toMatchObject({ trials: [] })
})

it('a reset gives a canary its share again, and no other deployment anything', async () => {
  await rollBack()
  expect((await call('GET /canary/report')).body).toMatchObject({ trials: [{ canary: { state: 'rolled back' } }] })
  expect((await routes()).rolledBack).toEqual({ 'new@0.1': noon })

  const refused = await call('POST /canary/reset', { id: 'old' })
  const done = await call('POST /canary/reset', { id: 'new' })

  expect([refused.status, refused.body.error.message]).toEqual([400, expect.stringContaining('(new)')])
  expect(done.body).toMatchObject({ id: 'new', state: 'on trial' })
  expect((await routes()).rolledBack).toBeUndefined()
})

it('both are for the master key alone', async () => {
  for (const line of ['GET /canary/report', 'POST /canary/reset'])
    expect((await call(line, line.startsWith('P') ? {} : undefined, { key: 'sk-another' })).status).toBe(401)
})

it('the command prints a table, and takes a canary back', async () => {
  await rollBack()

  const shown = await typed('canary', '--from', '2026-11-21', '--to', '2026-11-21')
  const reset = await typed('canary', 'reset', 'new')

  expect(shown.code).toBe(0)
  expect(shown.text).toMatch(/fast +canary +new +10% +1 +0 \(0%\) +200 \/ 200 ms/)
  expect(shown.text).toMatch(/fast +baseline +old/)
  expect(shown.text).toContain('new was rolled back: it was bad.')
  expect(reset).toEqual({ code: 0, text: 'new gets 10% of fast again.' })
  expect((await typed('canary', 'reset', 'old')).code).toBe(1)
})
