import { dayOf } from '../core/attempt-id.ts'
import type { Ledger, LedgerEntry, Rollup, RollupKind } from '../core/ledger.ts'
import { type Dynamo, DynamoError } from './dynamo.ts'
import { between } from './ledger-between.ts'
import { entryOf, itemOf } from './ledger-item.ts'
import { ordinaryPace, type Pace, patiently } from './ledger-pace.ts'
import { record } from './ledger-record.ts'
import { listOfItems } from './pages.ts'
import { allDays } from './ledger-rollups.ts'
import { type Attributes, fromAttributes, keyAttributes, keys } from './schema.ts'

/**
 * The ledger in the one table (money protocol, 2 and 3). Every write is conditional on its own absence, so each may be
 * repeated without limit: an answer that was lost costs time, never a second entry.
 */
export function ledgerStore(dynamo: Dynamo, table: string, pace: Pace = ordinaryPace): Ledger {
  const read = async (key: { pk: string; sk: string }): Promise<Attributes | undefined> => {
    const input = { TableName: table, Key: keyAttributes(key), ConsistentRead: true }
    return (await patiently(pace, () => dynamo('GetItem', input))).Item
  }
  return {
    record: (events) => record({ dynamo, table, pace }, events),
    recordLost: (entry) => recordLost(dynamo, { table, pace, entry }),
    async find(id) {
      const item = await read(keys.ledger(dayOf(id), id))
      return item && entryOf(item)
    },
    between: (start, end) => between(dynamo, { table, pace, start, end }),
    rollups: (by, id, range) => rollups(dynamo, { table, pace, by, id, ...range }),
    async total(by, id) {
      const item = await read(keys.rollup(by, id, allDays))
      return item && rollupOf(item)
    },
  }
}

type LostOptions = { table: string; pace: Pace; entry: LedgerEntry }

/** `ledgerLost` of the protocol. A repeat after a lost answer may find its own entry and say `exists`, which callers treat alike. */
async function recordLost(dynamo: Dynamo, { table, pace, entry }: LostOptions): Promise<'written' | 'exists'> {
  const item = itemOf({ ...entry, outcome: 'lost' })
  const input = { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' }
  try {
    await patiently(pace, () => dynamo('PutItem', input))
    return 'written'
  } catch (error) {
    if (error instanceof DynamoError && error.code === 'ConditionalCheckFailedException') return 'exists'
    throw error
  }
}

type RollupQuery = { table: string; pace: Pace; by: RollupKind; id: string; from: string; to: string }

async function rollups(dynamo: Dynamo, { table, pace, by, id, from, to }: RollupQuery): Promise<Rollup[]> {
  const input = {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: { ':pk': { S: keys.rollup(by, id, from).pk }, ':from': { S: from }, ':to': { S: to } },
  }
  return (await listOfItems(dynamo, { operation: 'Query', input, pace })).map(rollupOf)
}

function rollupOf(item: Attributes): Rollup {
  const { sk, ...sums } = fromAttributes(item)
  const of = (name: string) => Number(sums[name] ?? 0)
  return {
    day: String(sk),
    spend: of('spend'),
    requests: of('requests'),
    failed: of('failed'),
    prompt_tokens: of('prompt_tokens'),
    completion_tokens: of('completion_tokens'),
  }
}
