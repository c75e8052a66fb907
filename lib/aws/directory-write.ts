import { randomUUID } from 'node:crypto'
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import type { ScopeRecord } from '../core/records.ts'
import { listingKey, recordItem } from './directory-item.ts'
import { type Store, unavailableOr } from './directory-read.ts'
import { DynamoError } from './dynamo.ts'
import { isBusy, ordinaryPace, pauseMs } from './ledger-pace.ts'
import { keyAttributes, keys, toAttributes } from './schema.ts'

type Key = { pk: string; sk: string }

const put = (table: string, key: Key, id: string): TransactWriteItem => ({
  Put: {
    TableName: table,
    Item: toAttributes({ ...key, id }),
    ConditionExpression: 'attribute_not_exists(pk)',
  },
})

/** Only while it still points to this record: a name may have passed on. */
const drop = (table: string, key: Key, id: string): TransactWriteItem => ({
  Delete: {
    TableName: table,
    Key: keyAttributes(key),
    ConditionExpression: 'attribute_not_exists(pk) OR id = :id',
    ExpressionAttributeValues: { ':id': { S: id } },
  },
})

/** The record is still as it was read. `updatedAt` grows with every edit, `v` with those of money alone. */
const unchanged = (record: ScopeRecord) => ({
  ConditionExpression: 'v = :v AND updatedAt = :updatedAt',
  ExpressionAttributeValues: { ':v': { N: String(record.terms.v) }, ':updatedAt': { N: String(record.updatedAt) } },
})

const aliasOf = (record: ScopeRecord) => (record.kind === 'key' ? record.alias : undefined)

/** The pointers of a key: its hash, and its alias where it has one. Other kinds have none. */
const pointers = (record: ScopeRecord): Key[] => {
  const alias = aliasOf(record)
  return [
    ...(record.kind === 'key' ? [keys.token(record.hash)] : []),
    ...(alias === undefined ? [] : [keys.alias(alias)]),
  ]
}

/** All items of a new record, in one transaction: its own, its line in the directory, what points to it. */
export const createActions = (table: string, record: ScopeRecord): TransactWriteItem[] => [
  { Put: { TableName: table, Item: recordItem(record), ConditionExpression: 'attribute_not_exists(pk)' } },
  { Put: { TableName: table, Item: toAttributes({ ...listingKey(record), id: record.id }) } },
  ...pointers(record).map((key) => put(table, key, record.id)),
]

const missing = (from: Key[], key: Key): boolean => !from.some((other) => other.pk === key.pk)

export function replaceActions(
  table: string,
  change: { before: ScopeRecord; after: ScopeRecord },
): TransactWriteItem[] {
  const { before, after } = change
  const names = { old: pointers(before), now: pointers(after) }
  return [
    { Put: { TableName: table, Item: recordItem(after), ...unchanged(before) } },
    ...names.old.filter((key) => missing(names.now, key)).map((key) => drop(table, key, before.id)),
    ...names.now.filter((key) => missing(names.old, key)).map((key) => put(table, key, after.id)),
  ]
}

/** All items of a record, as it was read: one that was edited meanwhile is not removed. */
export const removeActions = (table: string, record: ScopeRecord): TransactWriteItem[] => [
  { Delete: { TableName: table, Key: keyAttributes(keys.record(record.kind, record.id)), ...unchanged(record) } },
  { Delete: { TableName: table, Key: keyAttributes(listingKey(record)) } },
  ...pointers(record).map((key) => drop(table, key, record.id)),
]

const tries = 6

/**
 * One transaction, repeated under one idempotency token while the store is busy or its answer is lost. `refused`: a condition
 * does not hold. `unclear`: the same, but an earlier answer was lost, and an engine that forgets tokens may have refused its own work.
 */
export async function transact(
  { dynamo }: Pick<Store, 'dynamo'>,
  actions: TransactWriteItem[],
): Promise<'done' | 'refused' | 'unclear'> {
  const input = { TransactItems: actions, ClientRequestToken: randomUUID() }
  let lost = false
  for (let attempt = 1; ; attempt++) {
    try {
      await dynamo('TransactWriteItems', input)
      return 'done'
    } catch (error) {
      if (!(error instanceof DynamoError)) throw error
      if (error.reasons.includes('ConditionalCheckFailed')) return lost ? 'unclear' : 'refused'
      lost ||= error.certainty === 'lost'
      const again = error.certainty === 'lost' || isBusy(error.code) || error.reasons.some(isBusy)
      if (!again || attempt >= tries) throw unavailableOr(error)
      await ordinaryPace.sleep(pauseMs(ordinaryPace, attempt))
    }
  }
}
