import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { newAttemptId } from '../../lib/core/attempt-id.ts'
import type { ScopeKind, ScopeRecord } from '../../lib/core/records.ts'
import { windowOf } from '../../lib/core/windows.ts'
import { countMoney } from '../../lib/flows/count.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { spendFlow } from '../../lib/flows/spend.ts'
import { type Admin, startAdmin } from '../support/admin.ts'
import { config } from '../support/configuration.ts'
import { noon, spendEvent } from '../support/spend.ts'
import { messageOf } from '../support/spend-world.ts'
import { freshStore } from '../support/store.ts'

type Line = [level: string, message: string, fields?: Record<string, unknown>]
const lines: Line[] = []
const log = (...line: Line) => void lines.push(line)

let admin: Admin
beforeAll(async () => {
  admin = await startAdmin()
})
afterAll(() => admin.stop())
beforeEach(() => {
  lines.length = 0
})

const reads: string[] = []
const count = (settings = config()) => {
  const { directory, budgets } = admin.ports
  const counting = {
    read: (key: Parameters<typeof budgets.read>[0]) => {
      reads.push(key.pk)
      return budgets.read(key)
    },
  }
  return countMoney(settings, { directory, budgets: counting, clock: { now: () => admin.time.now }, log })
}

async function windowIn(kind: ScopeKind, id: string, at = admin.time.now) {
  const record: ScopeRecord | undefined = await admin.ports.directory.scope(kind, id)
  if (!record) throw new Error(`no ${kind} ${id}`)
  const { key } = windowOf(record, at, 'UTC')
  await admin.ports.budgets.create(key, 10e9, record.terms.v)
  return { key, v: record.terms.v }
}

describe('money that is held', () => {
  it('is counted once per attempt, whatever number of budgets it is held on, and only where windows are open', async () => {
    const { token } = (await admin.call('POST /key/generate', { max_budget: 10, budget_duration: '1mo' })).body
    const { team_id } = (await admin.call('POST /team/new', { max_budget: 10, budget_duration: '1mo' })).body
    await admin.call('POST /key/generate', { key_alias: 'without a budget' })
    const [keyId] = (await admin.ports.directory.list('key')).filter(({ hash }) => hash === token).map(({ id }) => id)
    const ofKey = await windowIn('key', keyId ?? '')
    const ofTeam = await windowIn('team', team_id)
    const past = await windowIn('key', keyId ?? '', admin.time.now - 60 * 86_400_000)
    const { budgets } = admin.ports
    const [one, two, lost, old] = Array.from({ length: 4 }, () => newAttemptId(admin.time.now + 600_000, Math.random))
    if (!one || !two || !lost || !old) throw new Error('no ids')
    await budgets.take(ofKey.key, one, 2e9, ofKey.v)
    await budgets.take(ofTeam.key, one, 2.5e9, ofTeam.v)
    await budgets.take(ofTeam.key, two, 1e9, ofTeam.v)
    await budgets.take(ofKey.key, lost, 0.5e9, ofKey.v)
    await budgets.expire(ofKey.key, lost, 0.5e9, 0.5e9)
    await budgets.cancel(ofKey.key, newAttemptId(admin.time.now + 600_000, Math.random))
    await budgets.take(past.key, old, 4e9, past.v)
    reads.length = 0

    const counted = await count()

    expect(counted).toEqual({ budgets: 2, holds: 2, held_usd: 3.5, unsettled: 1, unsettled_usd: 0.5 })
    expect(lines).toEqual([['info', 'money counted', counted]])
    // One read a budget: what it costs is what its docstring says.
    expect(reads.sort()).toEqual([ofKey.key.pk, ofTeam.key.pk].sort())
  })

  it('says nothing where there is none: a metric without data costs nothing', async () => {
    const empty = await startAdmin()
    try {
      await countMoney(config(), { ...empty.ports, log })
    } finally {
      await empty.stop()
    }

    expect(lines).toEqual([])
  })
})

describe('a batch of spend events', () => {
  it('says how long each cost was on its way, once it is in the ledger', async () => {
    const store = await freshStore()
    const dynamo = sdkDynamo(store.client)
    let tableIsThere = true
    const ledger = ledgerStore(dynamo, store.table)
    const flow = spendFlow(config(), {
      budgets: budgetStore(dynamo, store.table),
      ledger: {
        ...ledger,
        record: (events) => (tableIsThere ? ledger.record(events) : Promise.reject(new Error('away'))),
      },
      records: admin.ports.directory,
      clock: { now: () => noon + 5000, sleep: () => Promise.resolve() },
      random: Math.random,
      alert: () => Promise.resolve(),
      log,
    })
    const ids = Array.from({ length: 2 }, () => newAttemptId(noon + 600_000, Math.random))
    const messages = ids.map((id, i) =>
      messageOf(`m${i}`, { type: 'spend.v1', detail: spendEvent(id, 1000, [], { end: noon + i * 1000 }) }),
    )
    try {
      tableIsThere = false
      expect(await flow.handle(messages)).toEqual(['m0', 'm1'])
      expect(lines.map(([, message]) => message)).not.toContain('spend settled')

      tableIsThere = true
      expect(await flow.handle(messages)).toEqual([])
    } finally {
      await store.stop()
    }

    expect(lines).toContainEqual(['info', 'spend settled', { settled_events: 2, settlement_lag_ms: [5000, 4000] }])
  })
})
