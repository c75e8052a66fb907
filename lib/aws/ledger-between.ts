import type { LedgerEntry } from '../core/ledger.ts'
import type { Dynamo } from './dynamo.ts'
import { entryOf } from './ledger-item.ts'
import type { Pace } from './ledger-pace.ts'
import { itemsOf } from './pages.ts'
import { keys } from './schema.ts'

const dayMs = 86_400_000

/** The last characters an id may have: each day of the ledger is spread over as many partitions. */
const lastCharacters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.split('')

/** Queries under way at once: enough to read a day in a blink, few enough not to starve the store of this machine. */
const atOnce = 16

type Range = { table: string; pace: Pace; start: number; end: number }

/**
 * Entries by the time they started, newest first. The day in the key is that of the hold's expiry, which lies after the
 * start by the request's total deadline and 15 minutes: so one day more is read than was asked for.
 */
export async function between(dynamo: Dynamo, range: Range): Promise<LedgerEntry[]> {
  const partitions = daysOf(range).flatMap((day) => lastCharacters.map((last) => keys.ledger(day, last).pk))
  const found: LedgerEntry[] = []
  const worker = async () => {
    for (let pk = partitions.pop(); pk !== undefined; pk = partitions.pop())
      for await (const item of startedIn(dynamo, range, pk)) found.push(entryOf(item))
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return found.sort((a, b) => b.start - a.start || (a.id < b.id ? 1 : -1))
}

function daysOf({ start, end }: Range): string[] {
  const days: string[] = []
  const last = Math.floor(end / dayMs) + 1
  for (let day = Math.floor(start / dayMs); day <= last; day++)
    days.push(new Date(day * dayMs).toISOString().slice(0, 10))
  return days
}

const startedIn = (dynamo: Dynamo, { table, pace, start, end }: Range, pk: string) =>
  itemsOf(dynamo, {
    operation: 'Query',
    pace,
    input: {
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      FilterExpression: '#start BETWEEN :start AND :end',
      ExpressionAttributeNames: { '#start': 'start' },
      ExpressionAttributeValues: { ':pk': { S: pk }, ':start': { N: String(start) }, ':end': { N: String(end) } },
    },
  })
