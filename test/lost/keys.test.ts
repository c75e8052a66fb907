import { expect, test } from 'vitest'
import { itemsOf as itemsOfTable } from '../../lib/aws/pages.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { fromDollars } from '../../lib/core/money.ts'
import { hashKey } from '../../lib/steps/key-hash.ts'
import { losingEach, losses, sumOf } from '../support/lost-answers.ts'
import { askOk, lostStage, type LostStage } from '../support/lost-stage.ts'
import type { Functions, Wired } from '../support/wired.ts'

// Ten output tokens are a tenth of a dollar.
const price = { input: 0, output: 1e10, source: 'test' }
let wired: Wired
let store: LostStage['store']
lostStage({ price, budgetWaitMs: 100 }, (stage) => {
  wired = stage.wired
  store = stage.store
})

/** The management API, where every call has to succeed. */
const adminOf = (functions: Functions) => async (line: string, body: object) => {
  const answer = await functions.admin(line, body)
  expect(`${line} ${answer.status} ${JSON.stringify(answer.body)}`).toContain(`${line} 200 `)
  return answer.body
}

test.each(losses)(
  'what a caller was told of a key is what holds, whole, whichever answer is %s',
  async (fate) => {
    const admin = adminOf(wired.born())
    const lost = await losingEach(wired, fate, async (name) => {
      const before = await recordItems()

      const { team_id } = await admin('POST /team/new', { team_alias: `team ${name}` })
      const first = await admin('POST /key/generate', { key_alias: name, team_id, max_budget: 1 })
      await admin('POST /key/update', { key: first.key, key_alias: `${name} renamed`, metadata: { note: name } })
      const second = await admin('POST /key/regenerate', { key: first.key })
      await admin('POST /key/block', { key: second.key })
      const brief = await admin('POST /key/generate', { key_alias: `${name} brief`, team_id })
      await admin('POST /key/delete', { keys: [brief.key] })

      const { directory } = wired.clean()
      const key = await directory.keyByHash(hashKey(second.key))
      expect(key).toMatchObject({ alias: `${name} renamed`, teamId: team_id, metadata: { note: name } })
      expect(key?.terms).toMatchObject({ limit: fromDollars(1), blocked: true, v: 2 })
      expect(await directory.keyByAlias(`${name} renamed`)).toEqual(key)
      for (const gone of [first.key, brief.key]) expect(await directory.keyByHash(hashKey(gone))).toBeUndefined()
      for (const alias of [name, `${name} brief`]) expect(await directory.keyByAlias(alias)).toBeUndefined()
      // Key and team with their listings, the key's hash and alias: nothing of the deleted key, nothing twice.
      expect((await recordItems()) - before).toBe(6)
    })

    expect(lost.get('dynamodb TransactWriteItems')).toBeGreaterThan(5)
  },
  300_000,
)

test.each(losses)(
  'a limit below what is spent binds its window, and people are told once, whichever answer is %s',
  async (fate) => {
    const functions = wired.born()
    const admin = adminOf(functions)
    const lost = await losingEach(wired, fate, async (name) => {
      wired.told.length = 0
      const budget = { max_budget: 5, budget_duration: '1mo' }
      const { team_id } = await admin('POST /team/new', { team_alias: `team ${name}`, ...budget })
      const { key } = await admin('POST /key/generate', { key_alias: name, team_id, ...budget })
      expect((await functions.chat(key, askOk)).status).toBe(200)
      await functions.deliver()

      await admin('POST /key/update', { key, max_budget: 0.05 })
      await admin('POST /team/update', { team_id, max_budget: 0.08 })
      await functions.deliver()

      const { directory, budgets } = wired.clean()
      const id = (await directory.keyByAlias(name))?.id ?? ''
      const alerts: string[] = []
      for (const [kind, of, dollars] of [['key', id, 0.05] as const, ['team', team_id, 0.08] as const]) {
        const limit = fromDollars(dollars)
        const spent = fromDollars(0.1)
        const [window] = await budgets.windows(kind, of)
        expect(window?.item).toMatchObject({ limit, v: 2, spent, available: limit - spent })
        alerts.push(`${window?.key.pk} ${window?.key.sk} refused@${limit}`)
      }
      expect(wired.told.map((notice) => notice.id).toSorted()).toEqual(alerts.toSorted())
    })

    expect(sumOf(lost)).toBeGreaterThan(30)
  },
  300_000,
)

const recordKinds = new Set(['KEY', 'TEAM', 'TOKEN', 'ALIAS', 'LIST'])

/** How many items the records have in all. */
async function recordItems(): Promise<number> {
  let count = 0
  const input = { TableName: store.table, ProjectionExpression: 'pk' }
  for await (const { pk } of itemsOfTable(sdkDynamo(store.client), { operation: 'Scan', input }))
    if (recordKinds.has(pk?.S?.split('#')[0] ?? '')) count++
  return count
}
