import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { dynamoClient } from '../../lib/aws/table.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LedgerEntry } from '../../lib/core/ledger.ts'
import { objectOf, tryParse } from '../../lib/core/json.ts'
import type { SeenRequest } from '../support/upstream.ts'
import { owedFor } from './gateway.ts'

/** What the running server tells the operator's commands: where its engine is, and which process it is. */
export function localFacts(dataDir: string): { endpoint: string; table: string; pid: number } {
  const facts = tryParse(readFileSync(join(dataDir, 'local.json'), 'utf8'))
  const { endpoint, table, pid } = objectOf(facts)
  if (typeof endpoint !== 'string' || typeof table !== 'string' || typeof pid !== 'number')
    throw new Error('local.json does not say where the engine is, or who runs it')
  return { endpoint, table, pid }
}

/** Every entry of the ledger since `start`, from the engine itself: the management API gives so many rows at most. */
export async function ledgerSince(dataDir: string, start: number): Promise<LedgerEntry[]> {
  const { endpoint, table } = localFacts(dataDir)
  const client = dynamoClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  try {
    return await ledgerStore(sdkDynamo(client), table).between(start, Date.now() + 60_000)
  } finally {
    client.destroy()
  }
}

/** Ledger and provider, script by script. `short`: nano-dollars that the provider bills and the ledger does not have. */
export type Books = { entries: number; billable: number; short: number }

export function compare(entries: readonly LedgerEntry[], seen: readonly SeenRequest[]): Books {
  const charged = entries.reduce((sum, { cost }) => sum + cost, 0)
  return {
    entries: new Set(entries.map(({ id }) => id)).size,
    billable: seen.filter(({ billable }) => billable).length,
    short: Math.max(owedFor(seen) - charged, 0),
  }
}
