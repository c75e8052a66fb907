import { entryOf } from '../../lib/aws/ledger-item.ts'
import type { Attributes } from '../../lib/aws/schema.ts'
import type { LedgerEntry } from '../../lib/core/ledger.ts'
import type { AdminStore } from './admin-store.ts'

/** Every entry of the ledger, in no order: a strongly consistent scan, for reconciling. Costs a read of the whole table. */
export async function* allEntries({ dynamo, table }: AdminStore): AsyncIterable<LedgerEntry> {
  let from: Attributes | undefined
  do {
    const page = await dynamo('Scan', {
      TableName: table,
      FilterExpression: 'begins_with(pk, :ledger)',
      ExpressionAttributeValues: { ':ledger': { S: 'LEDGER#' } },
      ConsistentRead: true,
      ...(from && { ExclusiveStartKey: from }),
    })
    for (const item of page.Items ?? []) yield entryOf(item)
    from = page.LastEvaluatedKey
  } while (from)
}
