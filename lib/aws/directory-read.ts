import { GatewayError } from '../core/errors.ts'
import type { RecordOf, ScopeKind } from '../core/records.ts'
import { listingPartition, recordOf } from './directory-item.ts'
import { type Dynamo, DynamoError } from './dynamo.ts'
import { patiently, readPace } from './ledger-pace.ts'
import { listOfItems } from './pages.ts'
import { type Attributes, fromAttributes, keyAttributes, keys } from './schema.ts'

export type Store = { dynamo: Dynamo; table: string }

/** Repeats what may be repeated; what still fails is `unavailable`, with the reason kept inside. */
async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await patiently(readPace, call)
  } catch (error) {
    throw unavailableOr(error)
  }
}

/** A store that does not answer, or is too busy to, is `unavailable`; a mistake of ours (a condition, a type) stays what it is. */
export function unavailableOr(error: unknown): unknown {
  const ours = ['ConditionalCheckFailedException', 'ValidationException']
  if (!(error instanceof DynamoError) || ours.includes(error.code)) return error
  return new GatewayError('unavailable', { cause: error })
}

export async function readItem(
  { dynamo, table }: Store,
  key: { pk: string; sk: string },
): Promise<Attributes | undefined> {
  const input = { TableName: table, Key: keyAttributes(key), ConsistentRead: true }
  return (await answered(() => dynamo('GetItem', input))).Item
}

/** Every record of a kind, oldest first: the listing gives ids, then the records are read a hundred at a time. */
export async function readListed<K extends ScopeKind>(store: Store, kind: K): Promise<RecordOf<K>[]> {
  const ids = await listedIds(store, kind)
  const found = new Map<string, RecordOf<K>>()
  for (let at = 0; at < ids.length; at += 100) {
    for (const item of await readMany(store, { kind, ids: ids.slice(at, at + 100) })) {
      const record = recordOf(item) as RecordOf<K>
      found.set(record.id, record)
    }
  }
  return ids.flatMap((id) => found.get(id) ?? [])
}

async function listedIds({ dynamo, table }: Store, kind: ScopeKind): Promise<string[]> {
  const input = {
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: listingPartition(kind) } },
    ConsistentRead: true,
  }
  try {
    const items = await listOfItems(dynamo, { operation: 'Query', input })
    return items.map((item) => String(fromAttributes(item)['id']))
  } catch (error) {
    throw unavailableOr(error)
  }
}

/** One BatchGetItem, and again for what it left out (16 MB a reply, or throttling). */
async function readMany({ dynamo, table }: Store, of: { kind: ScopeKind; ids: string[] }): Promise<Attributes[]> {
  const found: Attributes[] = []
  let rest = of.ids.map((id) => keyAttributes(keys.record(of.kind, id)))
  for (let tries = 0; rest.length; tries++) {
    if (tries > 0) await readPace.sleep(20 * 2 ** Math.min(tries, 6))
    if (tries > 20) throw new GatewayError('unavailable', { cause: `BatchGetItem leaves ${rest.length} keys unread` })
    const asked = { RequestItems: { [table]: { Keys: rest, ConsistentRead: true } } }
    const page = await answered(() => dynamo('BatchGetItem', asked))
    found.push(...(page.Responses?.[table] ?? []))
    rest = page.UnprocessedKeys?.[table]?.Keys ?? []
  }
  return found
}
