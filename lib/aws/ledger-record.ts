import type { SpendEvent } from '../core/spend-event.ts'
import { type Dynamo, DynamoError } from './dynamo.ts'
import { itemOf } from './ledger-item.ts'
import { isBusy, type Pace, pauseMs } from './ledger-pace.ts'
import { rollupKeys, rollupUpdates } from './ledger-rollups.ts'

/** DynamoDB's limit of one transaction. */
const mostActions = 100

export type RecordPorts = { dynamo: Dynamo; table: string; pace: Pace }

/**
 * `ledger` of the protocol: entries and their roll-ups in one transaction, so that a roll-up is always the sum of its
 * entries. An entry that the store refuses for itself keeps only itself out: the others are written, then it rejects.
 * Rejects at once where the store stays busy. What was written by then is found again as a duplicate.
 */
export async function record(ports: RecordPorts, events: readonly SpendEvent[]): Promise<void> {
  const final = new Map(events.filter((event) => event.outcome !== 'lost').map((event) => [event.id, event]))
  const refused: unknown[] = []
  for (const batch of batches([...final.values()])) refused.push(...(await commitApart(ports, batch)))
  if (refused.length) throw refused[0]
}

/** Resolves with the refusals of single entries, found by halving. */
async function commitApart(ports: RecordPorts, batch: SpendEvent[]): Promise<unknown[]> {
  try {
    await commit(ports, batch)
    return []
  } catch (error) {
    if (!(error instanceof DynamoError) || mayPass(error)) throw error
    if (batch.length === 1) return [error]
    const half = Math.ceil(batch.length / 2)
    return [...(await commitApart(ports, batch.slice(0, half))), ...(await commitApart(ports, batch.slice(half)))]
  }
}

/** As many events in a row as fit into one transaction together with the roll-ups they touch. */
function batches(events: readonly SpendEvent[]): SpendEvent[][] {
  const all: SpendEvent[][] = []
  let batch: SpendEvent[] = []
  let rollups = new Set<string>()
  for (const event of events) {
    const own = rollupKeys(event).map((key) => `${key.pk}\n${key.sk}`)
    const together = new Set([...rollups, ...own])
    if (batch.length && batch.length + 1 + together.size > mostActions) {
      all.push(batch)
      batch = []
      rollups = new Set(own)
    } else rollups = together
    batch.push(event)
  }
  return batch.length ? [...all, batch] : all
}

async function commit(ports: RecordPorts, batch: SpendEvent[]): Promise<void> {
  let left = batch
  for (let attempt = 1; left.length; attempt++) {
    const error = await attemptCommit(ports, left)
    if (!error) return
    const rest = withoutDuplicates(left, error)
    if (rest.length === left.length) {
      if (!mayPass(error) || attempt >= ports.pace.tries) throw error
      await ports.pace.sleep(pauseMs(ports.pace, attempt))
    }
    left = rest
  }
}

async function attemptCommit({ dynamo, table }: RecordPorts, events: SpendEvent[]): Promise<DynamoError | undefined> {
  const entries = events.map((event) => ({
    Put: {
      TableName: table,
      Item: itemOf(event),
      ConditionExpression: 'attribute_not_exists(pk) OR outcome = :lost',
      ExpressionAttributeValues: { ':lost': { S: 'lost' } },
    },
  }))
  try {
    await dynamo('TransactWriteItems', { TransactItems: [...entries, ...rollupUpdates(table, events)] })
    return undefined
  } catch (error) {
    if (error instanceof DynamoError) return error
    throw error
  }
}

/** An entry whose condition failed is final already: by a duplicate, or by this very call when its answer was lost. */
const withoutDuplicates = (events: SpendEvent[], error: DynamoError): SpendEvent[] =>
  events.filter((_, i) => error.reasons[i] !== 'ConditionalCheckFailed')

/** Whether the same transaction may succeed later: no answer, a busy store, or a cancellation for nothing but conflicts. */
function mayPass(error: DynamoError): boolean {
  if (error.certainty === 'lost' || isBusy(error.code)) return true
  const told = error.reasons.filter((reason) => reason !== 'None')
  return told.length > 0 && told.every(isBusy)
}
