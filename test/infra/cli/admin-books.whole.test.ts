import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest'
import { admin } from '../../../infra/cli/admin.ts'
import { budgetStore } from '../../../lib/aws/budgets.ts'
import type { Dynamo } from '../../../lib/aws/dynamo.ts'
import { ledgerStore } from '../../../lib/aws/ledger.ts'
import { outboxStore } from '../../../lib/aws/outbox.ts'
import { keyAttributes } from '../../../lib/aws/schema.ts'
import { sdkDynamo } from '../../../lib/aws/sdk-dynamo.ts'
import type { Hold } from '../../../lib/core/budget.ts'
import type { SpendEvent } from '../../../lib/core/spend-event.ts'
import { attemptAt, spendEvent } from '../../support/spend.ts'
import { holdAll } from '../../support/spend-world.ts'
import { freshStore } from '../../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let dynamo: Dynamo
let dir: string
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'purser-books-'))
})
afterAll(() => rmSync(dir, { recursive: true }))
beforeEach(async () => {
  store = await freshStore()
  dynamo = sdkDynamo(store.client)
  writeFileSync(join(dir, 'local.json'), JSON.stringify({ endpoint: store.endpoint, table: store.table }))
  return () => store.stop()
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

const key = { pk: 'BUDGET#key#k1', sk: '1mo#2026-11' }
const team = { pk: 'BUDGET#team#t1', sk: '1mo#2026-11' }
const soon = Date.now() + 20 * 60_000
const idOf = (name: string) => attemptAt(soon, name)
const both = (amount: number): Hold[] => [
  { ...key, amount },
  { ...team, amount },
]

/** An attempt from its hold to its entry, as gateway and aggregator do it. */
async function booked(
  name: string,
  cost: number,
  more: Partial<SpendEvent> = {},
  steps = { settle: true, record: true },
) {
  const budgets = budgetStore(dynamo, store.table)
  const on = both(1e9)
  await holdAll(budgets, 10e9, [{ id: idOf(name), on }])
  const event = spendEvent(idOf(name), cost, on, { start: Date.now(), end: Date.now(), ...more })
  if (steps.settle) for (const hold of on) await budgets.settle(hold, [[event.id, hold.amount, cost]])
  if (steps.record) await ledgerStore(dynamo, store.table).record([event])
  return event
}

describe('reconcile', () => {
  it('finds nothing where the books are right, with calls under way', async () => {
    await booked('one', 0.25e9)
    await booked('two', 0.5e9, { outcome: 'failed' })
    await booked('three', 0, {}, { settle: false, record: false })
    // An attempt that was cancelled before it took anything holds nothing.
    await budgetStore(dynamo, store.table).cancel(key, idOf('four'))

    const { code, said } = await run('reconcile', '--wait', '0')

    expect(said).toContain('2 windows, 2 ledger entries and 5 roll-ups')
    expect(said).toContain('agree. 2 holds under way, 0 events in the outbox.')
    expect(code).toBe(0)
  })

  it('names the window that has booked what no entry explains, and waits for an event under way', async () => {
    const late = await booked('late', 0.25e9, {}, { settle: true, record: false })

    const missing = await run('reconcile', '--wait', '0')
    const waited = run('reconcile', '--wait', '20')
    await ledgerStore(dynamo, store.table).record([late])

    expect(missing.code).toBe(1)
    expect(missing.said).toMatch(/BUDGET#key#k1 1mo#2026-11 +spent +\$0.00 +\$0.25 +\$0.25 +booked without an entry/)
    expect((await waited).code).toBe(0)
  })

  it('names an entry that was not booked, and the hold that is left of it', async () => {
    await booked('unbooked', 0.25e9, {}, { settle: false, record: true })

    const { code, said } = await run('reconcile', '--json', '--wait', '0')

    expect(code).toBe(1)
    const { differences } = JSON.parse(said) as {
      differences: { where: string; what: string; expected: number; found: number }[]
    }
    expect(differences.map(({ where, what, expected, found }) => [where.split(' ')[0], what, expected, found])).toEqual(
      [
        ['BUDGET#key#k1', 'spent', 0.25e9, 0],
        ['BUDGET#team#t1', 'spent', 0.25e9, 0],
        ['BUDGET#key#k1', `hold ${idOf('unbooked')}`, 0, 1e9],
        ['BUDGET#team#t1', `hold ${idOf('unbooked')}`, 0, 1e9],
      ],
    )
  })

  it('names a window that does not add up, and a roll-up that is not its entries', async () => {
    await booked('one', 0.25e9)
    const update = (on: { pk: string; sk: string }, words: string) =>
      dynamo('UpdateItem', {
        TableName: store.table,
        Key: keyAttributes(on),
        UpdateExpression: words,
        ExpressionAttributeValues: { ':n': { N: '7' } },
      })
    await update(team, 'SET available = available - :n')
    await update({ pk: 'ROLLUP#provider#p', sk: 'total' }, 'ADD spend :n')

    const { code, said } = await run('reconcile', '--wait', '0')

    expect(code).toBe(1)
    expect(said).toContain('2 differences')
    expect(said).toMatch(/BUDGET#team#t1 1mo#2026-11 +limit/)
    expect(said).toMatch(/roll-up provider p +spend/)
  })

  it("compares the ledger with a provider's file, and exits 1 where they differ", async () => {
    const at = Date.UTC(2026, 10, 21, 12)
    await booked('one', 0.25e9, { start: at, end: at, usage: { prompt: 10, completion: 5 } })
    const file = join(dir, 'usage.csv')
    const columns = ['--day-column', 'Day', '--model-column', 'Model', '--cost-column', 'USD', '--input-column', 'In']
    writeFileSync(file, 'Day,Model,In,USD\n2026-11-21,m,10,0.25\n')

    const agreed = await run('reconcile', '--usage', file, ...columns)
    writeFileSync(file, 'Day,Model,In,USD\n2026-11-21,m,10,0.50\n')
    const differing = await run('reconcile', '--usage', file, ...columns)

    expect([agreed.code, differing.code]).toEqual([0, 1])
    expect(agreed.said).toContain('1 days and models agree')
    expect(differing.said).toMatch(/2026-11-21 +m +10 +10 +\$0.25 +\$0.50 +cost/)
  })
})

test('spend sums the ledger by what was asked for, most first', async () => {
  await booked('one', 0.25e9, { model_group: 'fast' })
  await booked('two', 0.5e9, { model_group: 'slow', outcome: 'failed' })
  await booked('three', 0.5e9, { model_group: 'fast' })
  const lost = spendEvent(idOf('lost'), 0, [], { outcome: 'lost', start: Date.now(), model_group: 'slow' })
  await ledgerStore(dynamo, store.table).recordLost({ ...lost, unsettled: 0.1e9 })

  const { said } = await run('spend', '--by', 'model')
  const days = JSON.parse((await run('spend', '--by', 'day', '--json')).said) as unknown

  expect(
    said
      .split('\n')
      .slice(2)
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    ['model', 'spend', 'attempts', 'failed', 'input tokens', 'output tokens', 'lost, at most'],
    ['fast', '$0.75', '2', '0', '20', '10', '-'],
    ['slow', '$0.50', '2', '2', '20', '10', '$0.10'],
    ['total', '$1.25', '4', '2', '40', '20', '$0.10'],
  ])
  expect(days).toEqual([expect.objectContaining({ spend: 1.25, requests: 4, unsettled: 0.1 })])
})

test('the outbox lists what waits, and is replayed only where there is a bus', async () => {
  const event = spendEvent(idOf('waiting'), 0.25e9, [], { key_alias: 'svc-a' })
  await outboxStore(dynamo, store.table).put(event.id, { type: 'spend.v1', detail: event })

  const { said } = await run('outbox', 'list')
  const replayed = await run('outbox', 'replay')

  expect(said).toContain('1 events wait in the outbox.')
  expect(said).toMatch(new RegExp(`spend.v1 +${event.id} .* svc-a +fast +\\$0.25`))
  expect([replayed.code, replayed.complained]).toEqual([1, expect.stringContaining('Remedy: --stack NAME')])
})

describe('dead letters of one machine', () => {
  const letter = { id: '00000001-3', body: { type: 'spend.v1', detail: spendEvent(idOf('dead'), 0.25e9, []) } }

  it('are listed and shown, and handed on by a start of the server', async () => {
    mkdirSync(join(dir, 'journal'), { recursive: true })
    writeFileSync(join(dir, 'journal', 'dead.jsonl'), `${JSON.stringify(letter)}\n`)

    const list = await run('dead', 'list')
    const shown = await run('dead', 'show', '00000001-3')
    const redriven = await run('dead', 'redrive')

    expect(list.said).toMatch(new RegExp(`spend +00000001-3 +spend.v1 +${idOf('dead')}`))
    expect(JSON.parse(shown.said)).toEqual({ queue: 'spend', ...letter })
    expect([redriven.code, redriven.complained]).toEqual([1, expect.stringContaining('stop it and start it again')])
  })

  it('are put back into the journal where no server runs', async () => {
    const own = mkdtempSync(join(tmpdir(), 'purser-dead-'))
    mkdirSync(join(own, 'journal'), { recursive: true })
    writeFileSync(join(own, 'journal', 'dead.jsonl'), `${JSON.stringify(letter)}\n`)
    const said: string[] = []
    const world = {
      env: { PURSER_DATA_DIR: own },
      print: (text: string) => said.push(text),
      complain: (text: string) => said.push(text),
    }

    const codes = [await admin(['dead', 'redrive'], world), await admin(['dead', 'list'], world)]

    rmSync(own, { recursive: true })
    expect([codes, said]).toEqual([
      [0, 0],
      ['1 dead letters will be handed on at the next start.', 'No dead letters.'],
    ])
  })

  it('that do not exist are named, with where to look', async () => {
    const { code, complained } = await run('dead', 'show', 'nobody')

    expect([code, complained]).toEqual([1, expect.stringContaining('There is no dead letter nobody. Remedy')])
  })
})

test.each([
  [['spend', '--by', 'colour'], '--by colour is not known. Remedy: one of key, team'],
  [['spend', '--from', '2026-02-30'], '--from 2026-02-30 is not a day'],
  [['spend', '--from', '2026-11-21', '--to', '2026-11-20'], '--from 2026-11-21 is after --to 2026-11-20'],
  [['reconcile', '--provider', 'x'], 'belongs to `reconcile --usage FILE`'],
  [['reconcile', '--usage', 'nowhere.csv'], '--usage nowhere.csv: there is no such file'],
  [['reconcile', '--wait', 'long'], '--wait long is not a number'],
  [['dead', 'list', '--limit', 'x'], '--limit x is not a number'],
  [['outbox', 'empty'], 'takes no words. Received: empty'],
  [['sweep', '--by', 'key'], '--by belongs to `spend`'],
])('%j is refused with the option, its value and the remedy', async (args, words) => {
  const { code, complained } = await run(...args)

  expect([code, complained]).toEqual([2, expect.stringContaining(words)])
})
