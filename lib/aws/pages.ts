import type { DynamoOperations, Dynamo } from './dynamo.ts'
import { type Pace, patiently, readPace } from './ledger-pace.ts'
import type { Attributes } from './schema.ts'

/**
 * Every item of a Query or a Scan, however many pages it takes (DynamoDB ends one at a megabyte, filtered or not). Each page
 * is asked for again while the store is busy or silent. Rejects with the last error, in the middle of the items if need be.
 */
export async function* itemsOf<Op extends 'Query' | 'Scan'>(
  dynamo: Dynamo,
  { operation, input, pace = readPace }: { operation: Op; input: DynamoOperations[Op]['input']; pace?: Pace },
): AsyncIterable<Attributes> {
  let from: Attributes | undefined
  do {
    const asked: DynamoOperations[Op]['input'] = { ...input, ...(from && { ExclusiveStartKey: from }) }
    const page = await patiently(pace, () => dynamo(operation, asked))
    yield* page.Items ?? []
    from = page.LastEvaluatedKey
  } while (from)
}

/** The same as a list, for what is known to be short. */
export async function listOfItems<Op extends 'Query' | 'Scan'>(
  ...asked: Parameters<typeof itemsOf<Op>>
): Promise<Attributes[]> {
  const found: Attributes[] = []
  for await (const item of itemsOf(...asked)) found.push(item)
  return found
}
