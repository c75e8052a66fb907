import { afterAll, beforeAll, expect, test } from 'vitest'
import { itemsOf as itemsOfTable } from '../../lib/aws/pages.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { fromDollars } from '../../lib/core/money.ts'
import { hashKey } from '../../lib/steps/key-hash.ts'
import { config, deployment } from '../support/configuration.ts'
import { losingEach, losses, sumOf } from '../support/lost-answers.ts'
import { freshStore } from '../support/store.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { type Functions, startWired, type Wired } from '../support/wired.ts'

// Ten output tokens are a tenth of a dollar.
const price = { input: 0, output: 1e10, source: 'test' }
let store: Awaited<ReturnType<typeof freshStore>>
let upstream: ScriptedUpstream
let wired: Wired
beforeAll(async () => {
  store = await freshStore()
  upstream = await startUpstream()
  const model = { apiBase: { value: upstream.url }, apiKey: { value: 'sk-up' }, price }
  const deployments = [deployment({ group: 'ok', model: 'ok,tokens=10', ...model })]
  wired = await startWired(config({ deployments, budgetWaitMs: 100 }), store)
})
afterAll(async () => {
  await wired.stop()
  await upstream.stop()
  await store.stop()
})

const ask = { model: 'ok', messages: [{ role: 'user', content: 'hi' }], max_tokens: 10 }

/** A team and a key of it through every kind of edit; what the caller was told last must be what holds. */
async function edits(functions: Functions, name: string) {
  const done = async (line: string, body: object) => {
    const answer = await functions.admin(line, body)
    expect(`${line} ${answer.status} ${JSON.stringify(answer.body)}`).toContain(`${line} 200 `)
    return answer.body
  }
  const { team_id } = await done('POST /team/new', {
    team_alias: `team ${name}`,
    max_budget: 5,
    budget_duration: '1mo',
  })
  const first = await done('POST /key/generate', { key_alias: name, team_id, max_budget: 1, budget_duration: '1mo' })
  expect((await functions.chat(first.key, ask)).status).toBe(200)
  await functions.deliver()

  await done('POST /key/update', { key: first.key, key_alias: `${name} renamed`, metadata: { note: name } })
  const second = await done('POST /key/regenerate', { key: first.key })
  await done('POST /key/block', { key: second.key })
  await done('POST /key/unblock', { key: second.key })
  await done('POST /key/update', { key: second.key, max_budget: 0.05 })
  await done('POST /team/update', { team_id, max_budget: 0.08 })
  await functions.deliver()
  const brief = await done('POST /key/generate', { key_alias: `${name} brief`, team_id })
  await done('POST /key/delete', { keys: [brief.key] })
  return { team_id, keys: { first: first.key, second: second.key, brief: brief.key } }
}

test.each(losses)(
  'edits hold whole, once each, and are told to their windows, whichever answer is %s',
  async (fate) => {
    const functions = wired.born()
    const lost = await losingEach(wired, fate, async (name) => {
      wired.told.length = 0
      const before = await recordItems()

      const { team_id, keys } = await edits(functions, name)

      const { directory, budgets } = wired.clean()
      const key = await directory.keyByHash(hashKey(keys.second))
      const team = await directory.scope('team', team_id)
      expect(key).toMatchObject({ alias: `${name} renamed`, teamId: team_id, metadata: { note: name } })
      expect(key?.terms).toMatchObject({ limit: fromDollars(0.05), blocked: false, v: 4 })
      expect(team?.terms).toMatchObject({ limit: fromDollars(0.08), v: 2 })
      for (const gone of [keys.first, keys.brief]) expect(await directory.keyByHash(hashKey(gone))).toBeUndefined()
      for (const alias of [name, `${name} brief`]) expect(await directory.keyByAlias(alias)).toBeUndefined()
      expect(await directory.keyByAlias(`${name} renamed`)).toEqual(key)

      const alerts: string[] = []
      const ends = [
        { kind: 'key' as const, id: key?.id ?? '', limit: fromDollars(0.05), v: 4 },
        { kind: 'team' as const, id: team_id, limit: fromDollars(0.08), v: 2 },
      ]
      for (const { kind, id, limit, v } of ends) {
        const [window] = await budgets.windows(kind, id)
        expect(window?.item).toMatchObject({ limit, v, spent: fromDollars(0.1), available: limit - fromDollars(0.1) })
        alerts.push(`${window?.key.pk} ${window?.key.sk} refused@${limit}`)
      }
      expect(wired.told.map(({ id }) => id).toSorted()).toEqual(alerts.toSorted())
      // The key and the team with their listings, the key's hash and alias: nothing of the deleted key, nothing twice.
      expect((await recordItems()) - before).toBe(6)
    })

    expect(sumOf(lost)).toBeGreaterThan(50)
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
