import type { BusEvent } from '../core/spend-event.ts'
import { type Dynamo, DynamoError } from './dynamo.ts'
import { itemsOf } from './pages.ts'
import { type Attributes, keyAttributes, keys, outboxShards } from './schema.ts'

export type Outbox = {
  /** Keeps an event for the relay. Any number of times. Rejects where the table did not take it in three tries. */
  put(id: string, event: BusEvent): Promise<void>
  /**
   * Hands every waiting event to `publish`, oldest shard first, and deletes those it accepted; resolves to how many. An
   * event that it rejects stays, and the others still go. Duplicates are possible and harmless: a final ledger entry is
   * written once.
   */
  relay(publish: (events: readonly BusEvent[]) => Promise<void>): Promise<number>
}

const tries = 3

/** Events that the bus did not take, in the one table, over a few partitions (money protocol, 8). */
export function outboxStore(dynamo: Dynamo, table: string): Outbox {
  return {
    put: (id, event) => put({ dynamo, table }, id, event),
    async relay(publish) {
      let sent = 0
      for (let shard = 0; shard < outboxShards; shard++)
        for await (const item of waiting({ dynamo, table }, shard))
          if (await forward({ dynamo, table }, item, publish)) sent++
      return sent
    },
  }
}

type Store = { dynamo: Dynamo; table: string }

/**
 * `writes` counts how often it was put. The relay deletes the very write that it has published: an event that its own
 * `publish` put back here meanwhile stays.
 */
async function put({ dynamo, table }: Store, id: string, event: BusEvent): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await dynamo('UpdateItem', {
        TableName: table,
        Key: keyAttributes(keys.outbox(shardOf(id), id)),
        UpdateExpression: 'SET event = :event ADD writes :one',
        ExpressionAttributeValues: { ':event': { S: JSON.stringify(event) }, ':one': { N: '1' } },
      })
      return
    } catch (error) {
      if (attempt >= tries) throw error
    }
  }
}

/** Evenly, and always the same for one id. */
function shardOf(id: string): number {
  let sum = 0
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521
  return sum % outboxShards
}

const waiting = ({ dynamo, table }: Store, shard: number): AsyncIterable<Attributes> =>
  itemsOf(dynamo, {
    operation: 'Query',
    input: {
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: keys.outbox(shard, '').pk } },
      ConsistentRead: true,
    },
  })

async function forward(
  { dynamo, table }: Store,
  { pk, sk, event, writes }: Attributes,
  publish: (events: readonly BusEvent[]) => Promise<void>,
): Promise<boolean> {
  if (!pk || !sk || event?.S === undefined || !writes) return false
  try {
    await publish([JSON.parse(event.S) as BusEvent])
  } catch {
    // It stays, and the next relay tries again; how many still wait is what the alarm watches.
    return false
  }
  try {
    await dynamo('DeleteItem', {
      TableName: table,
      Key: { pk, sk },
      ConditionExpression: 'writes = :writes',
      ExpressionAttributeValues: { ':writes': writes },
    })
  } catch (error) {
    // Put back meanwhile, or no answer: it stays or is sent once more, both harmless.
    if (!(error instanceof DynamoError)) throw error
  }
  return true
}
