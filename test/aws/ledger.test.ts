import { expect, test } from 'vitest'
import { type Dynamo, DynamoError, type DynamoOperations } from '../../lib/aws/dynamo.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { pauseMs } from '../../lib/aws/ledger-pace.ts'
import { attempt, spendEvent } from '../support/spend.ts'

type Transaction = DynamoOperations['TransactWriteItems']['input']
type Specified = { on: string; put?: object; update?: string; when?: string; values?: Record<string, unknown> }

// The model is plain JavaScript; what is used of it is said here.
const { requests } = (await import(new URL('../model.mjs', import.meta.url).href)) as {
  requests: { ledger(events: [string, number][]): { tx: Specified[] }; ledgerLost(id: string): Specified }
}

/** Everything that was sent, answered with success. */
function recorder() {
  const sent: { operation: string; input: unknown }[] = []
  const dynamo: Dynamo = (operation, input) => {
    sent.push({ operation, input })
    return Promise.resolve({ $metadata: {} })
  }
  return { sent, ledger: ledgerStore(dynamo, 'purser') }
}

test('the ledger transaction is the one the model was checked with', async () => {
  const { sent, ledger } = recorder()
  const [put, rollup] = requests.ledger([['x', 3]]).tx

  await ledger.record([spendEvent(attempt('a'), 3, [])])

  const TransactItems = (sent[0]?.input as Transaction | undefined)?.TransactItems ?? []
  const entry = TransactItems[0]?.Put
  expect(entry?.ConditionExpression).toBe(put?.when)
  expect(entry?.ExpressionAttributeValues).toEqual({ ':lost': { S: put?.values?.[':lost'] } })
  expect(rollup?.update).toBe('ADD spend :cost, requests :n')
  const updates = TransactItems.slice(1).map(({ Update }) => Update)
  expect(updates).toHaveLength(10)
  for (const update of updates) {
    expect(update?.UpdateExpression).toMatch(/^ADD spend :spend, requests :requests, /)
    expect(update?.ExpressionAttributeValues).toMatchObject({ ':spend': { N: '3' }, ':requests': { N: '1' } })
    expect(update).not.toHaveProperty('ConditionExpression')
  }
})

test('the lost entry has the condition the model was checked with', async () => {
  const { sent, ledger } = recorder()
  const specified = requests.ledgerLost('x')

  await ledger.recordLost({ ...spendEvent(attempt('a'), 0, []), outcome: 'lost', unsettled: 3 })

  expect(sent[0]).toMatchObject({ operation: 'PutItem', input: { ConditionExpression: specified.when } })
})

test('no transaction has more than a hundred actions or names an item twice', async () => {
  const { sent, ledger } = recorder()
  const events = Array.from({ length: 250 }, (_, i) =>
    spendEvent(attempt(`e${i}`), 1, [], { key_id: `k${i % 90}`, team_id: `t${i % 7}`, user_id: `u${i}` }),
  )

  await ledger.record(events)

  const transactions = sent.map(({ input }) => (input as Transaction).TransactItems ?? [])
  for (const actions of transactions) {
    const names = actions.map(({ Put, Update }) => JSON.stringify(Update?.Key ?? [Put?.Item?.pk, Put?.Item?.sk]))
    expect(actions.length).toBeLessThanOrEqual(100)
    expect(new Set(names).size).toBe(names.length)
  }
  expect(transactions.flat().filter(({ Put }) => Put)).toHaveLength(250)
})

test('an error that is not of the store is not repeated', async () => {
  let calls = 0
  const broken: Dynamo = () => {
    calls++
    return Promise.reject(new TypeError('a bug'))
  }

  await expect(ledgerStore(broken, 'purser').record([spendEvent(attempt('a'), 1, [])])).rejects.toThrow('a bug')
  expect(calls).toBe(1)
})

test('a definite no of the store is not repeated', async () => {
  let calls = 0
  const refusing: Dynamo = () => {
    calls++
    return Promise.reject(new DynamoError('ValidationException', 'too big'))
  }

  await expect(ledgerStore(refusing, 'purser').find(attempt('a'))).rejects.toThrow('too big')
  expect(calls).toBe(1)
})

test('pauses grow, are spread, and never exceed a second', () => {
  const pace = { sleep: () => Promise.resolve(), tries: 10 }

  expect([1, 2, 3].map((attempt) => pauseMs({ ...pace, random: () => 0.999_999 }, attempt)).map(Math.ceil)).toEqual([
    50, 100, 200,
  ])
  expect(pauseMs({ ...pace, random: () => 0.5 }, 30)).toBe(500)
})
