import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { admin } from '../../../infra/cli/admin.ts'
import { budgetStore } from '../../../lib/aws/budgets.ts'
import type { Dynamo } from '../../../lib/aws/dynamo.ts'
import { ledgerStore } from '../../../lib/aws/ledger.ts'
import { keys } from '../../../lib/aws/schema.ts'
import { sdkDynamo } from '../../../lib/aws/sdk-dynamo.ts'
import { attemptAt, spendEvent } from '../../support/spend.ts'
import { booksOf, holdAll } from '../../support/spend-world.ts'
import { freshStore } from '../../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let dynamo: Dynamo
let dir: string
beforeAll(async () => {
  store = await freshStore()
  dynamo = sdkDynamo(store.client)
  dir = mkdtempSync(join(tmpdir(), 'purser-admin-'))
  writeFileSync(join(dir, 'local.json'), JSON.stringify({ endpoint: store.endpoint, table: store.table }))
})
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await store.stop()
})

async function run(...args: string[]) {
  const said: string[] = []
  const complained: string[] = []
  const code = await admin(args, {
    env: { PURSER_DATA_DIR: dir, PURSER_CONFIG: join(dir, 'none.yaml') },
    print: (text) => said.push(text),
    complain: (text) => complained.push(text),
  })
  return { code, said: said.join('\n'), complained: complained.join('\n') }
}

const minute = 60_000
const key = { pk: 'BUDGET#key#k1', sk: '1mo#2026-11' }
const team = { pk: 'BUDGET#team#t1', sk: '1mo#2026-11' }
const gone = attemptAt(Date.now() - 5 * minute, 'gone')
const dying = attemptAt(Date.now() + 20 * minute, 'dying')
const running = attemptAt(Date.now() + 20 * minute, 'running')

describe('orphans', () => {
  test('says so where there are none', async () => {
    const { code, said } = await run('orphans')

    expect([code, said]).toEqual([0, `No lost attempts in the server running on ${dir}.`])
  })

  test('lists what expired and what is known to be lost, not what is under way', async () => {
    const both = [
      { ...key, amount: 0.4e9 },
      { ...team, amount: 0.4e9 },
    ]
    const one = [{ ...key, amount: 0.2e9 }]
    await holdAll(budgetStore(dynamo, store.table), 10e9, [
      { id: gone, on: both },
      { id: dying, on: one },
      { id: running, on: one },
    ])
    const note = spendEvent(dying, 0, one, { outcome: 'lost', key_alias: 'svc-a', model_group: 'fast' })
    await ledgerStore(dynamo, store.table).recordLost({ ...note, unsettled: 0.2e9 })

    const list = JSON.parse((await run('orphans', 'list', '--json')).said) as unknown

    expect(list).toEqual([
      expect.objectContaining({ id: gone, counted: 0.4, windows: [expect.anything(), expect.anything()] }),
      expect.objectContaining({
        id: dying,
        key: 'svc-a',
        model: 'fast',
        windows: [{ scope: 'key', label: 'k1', window: '1mo#2026-11', amount: 0.2, state: 'held' }],
      }),
    ])
  })

  test('are swept by hand, and then read as unsettled', async () => {
    expect((await run('sweep')).said).toBe('2 expired holds are now lost attempts, 0 tombstones removed.')

    const { said } = await run('orphans')

    expect(said).toMatch(new RegExp(`${gone} +unsettled +\\$0.40 .* key k1 1mo#2026-11`))
    expect(said).toContain('2 lost attempts')
  })

  test('count what the operator found out from then on', async () => {
    const { code, said } = await run('orphans', 'resolve', gone, '--cost', '0.1')

    expect(code).toBe(0)
    expect(said).toContain('counts $0.10 for it (was $0.40)')
    expect(await booksOf(budgetStore(dynamo, store.table), key)).toMatchObject({
      unsettled: 0.1e9,
      lost: { [gone]: 0.1e9 },
    })
    expect((await booksOf(budgetStore(dynamo, store.table), team)).unsettled).toBe(0.1e9)
  })

  test.each([
    ['more than is counted', [gone, '--cost', '0.5'], 'is more than what is counted'],
    ['what is still held', [dying, '--cost', '0'], 'is held until'],
    ['what does not exist', [attemptAt(Date.now(), 'nobody'), '--cost', '0'], 'There is no lost attempt'],
  ])('%s cannot be resolved, and the words say why', async (_name, args, words) => {
    const { code, complained } = await run('orphans', 'resolve', ...args)

    expect(code).toBe(1)
    expect(complained).toContain(words)
    expect(complained).toContain('Remedy')
  })
})

test('outbox counts the events that wait', async () => {
  for (const [shard, id] of [
    [0, 'a'],
    [5, 'b'],
  ] as const) {
    const { pk, sk } = keys.outbox(shard, id)
    await dynamo('PutItem', { TableName: store.table, Item: { pk: { S: pk }, sk: { S: sk } } })
  }

  expect((await run('outbox')).said).toContain('2 events wait in the outbox.')
})

test.each([
  [[], 'A command is missing'],
  [['orphan'], 'Not understood: orphan'],
  [['orphans', 'resolve', 'x'], 'needs --cost'],
  [['orphans', 'resolve', 'x', '--cost', '-1'], '--cost'],
  [['orphans', 'resolve', 'x', '--cost', '1e9'], 'not an amount in US dollars'],
  [['orphans', '--cost', '1'], 'belongs to `orphans resolve`'],
  [['sweep', '--fast'], '--fast'],
])('%j is answered with what is wrong and the usage', async (args, words) => {
  const { code, complained } = await run(...args)

  expect(code).toBe(2)
  expect(complained).toContain(words)
  expect(complained).toContain('Usage: npm run admin')
})

test('a data directory that is not there is named, with the remedy', async () => {
  const complained: string[] = []

  const code = await admin(['orphans'], {
    env: { PURSER_DATA_DIR: join(dir, 'nowhere') },
    print: () => undefined,
    complain: (text) => complained.push(text),
  })

  expect(code).toBe(1)
  expect(complained.join()).toMatch(/no data directory .*nowhere.*PURSER_DATA_DIR/)
})

test('without a server the data directory itself is opened, and closed again', async () => {
  const own = mkdtempSync(join(tmpdir(), 'purser-admin-own-'))
  const said: string[] = []

  const world = {
    env: { PURSER_DATA_DIR: own },
    print: (text: string) => said.push(text),
    complain: (text: string) => said.push(text),
  }
  const codes = [await admin(['orphans'], world), await admin(['orphans'], world)]

  rmSync(own, { recursive: true })
  expect(said).toEqual([`No lost attempts in the data in ${own}.`, `No lost attempts in the data in ${own}.`])
  expect(codes).toEqual([0, 0])
})
