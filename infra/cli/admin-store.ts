import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import type { Dynamo } from '../../lib/aws/dynamo.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { trialStore } from '../../lib/aws/trials.ts'
import { awsDynamoClient, dynamoClient, ensureTable } from '../../lib/aws/table.ts'
import type { Trials } from '../../lib/core/canary.ts'
import type { Budgets } from '../../lib/core/budget.ts'
import { objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import type { Ledger } from '../../lib/core/ledger.ts'
import type { Directory, Records } from '../../lib/core/records.ts'
import { lockDataDir } from '../local/data-dir.ts'
import { openEngine } from '../local/store.ts'

export type AdminStore = {
  dynamo: Dynamo
  table: string
  budgets: Budgets
  ledger: Ledger
  trials: Trials
  records: Records
  directory: Directory
  /** The folder of a local server, and whether that runs; absent for a table elsewhere. */
  local?: { dir: string; running: boolean }
  /** Where this is, for people. */
  place: string
  close(): Promise<void>
}

/** What the environment says: where the table is, and AWS's own variables. */
export type Environment = Record<string, string | undefined>
type Opened = Pick<AdminStore, 'table' | 'place' | 'local'> & {
  endpoint: string | undefined
  own?: true
  stop: () => Promise<void>
}

/**
 * The store that the environment names: a table of AWS (`PURSER_TABLE`) or of any endpoint, else that of the local server
 * while it runs, else the data directory itself, whose engine is started for as long as it is needed.
 */
export async function openStore(env: Environment): Promise<AdminStore> {
  const { endpoint, table, place, local, own, stop } = await opened(env)
  const client = clientOf(endpoint, env)
  const close = async () => {
    client.destroy()
    await stop()
  }
  try {
    if (own) await ensureTable(client, table)
  } catch (error) {
    await close()
    throw error
  }
  const dynamo = sdkDynamo(client)
  const directory = recordStore(dynamo, table)
  return {
    dynamo,
    table,
    place,
    budgets: budgetStore(dynamo, table),
    ledger: ledgerStore(dynamo, table),
    trials: trialStore({ dynamo, table }),
    records: directory,
    directory,
    ...(local && { local }),
    close,
  }
}

const nothing = () => Promise.resolve()

async function opened(env: Environment): Promise<Opened> {
  const endpoint = env.AWS_ENDPOINT_URL_DYNAMODB
  const table = env.PURSER_TABLE ?? 'purser'
  if (endpoint) return { endpoint, table, place: `table ${table} at ${endpoint}`, stop: nothing }
  if (env.PURSER_TABLE) return { endpoint, table, place: `table ${table} on AWS`, stop: nothing }
  const dir = env.PURSER_DATA_DIR ?? '.purser'
  return (await runningServer(dir)) ?? (await dataDirectory(dir, env))
}

/** What a running server wrote down. A file left by one that was killed names an endpoint that does not answer. */
async function runningServer(dir: string): Promise<Opened | undefined> {
  const file = join(dir, 'local.json')
  if (!existsSync(file)) return undefined
  const told = objectOf(tryParse(readFileSync(file, 'utf8')))
  const endpoint = stringOf(told.endpoint)
  if (!endpoint || !(await answers(endpoint))) return undefined
  const table = stringOf(told.table) ?? 'purser'
  return { endpoint, table, place: `the server running on ${dir}`, local: { dir, running: true }, stop: nothing }
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(1000) })
    return true
  } catch {
    return false
  }
}

async function dataDirectory(dir: string, env: Environment): Promise<Opened> {
  if (!existsSync(dir))
    throw new Error(
      `There is no data directory ${dir}. Start the server once, or set PURSER_DATA_DIR to its folder, ` +
        'or PURSER_TABLE to the name of a table on AWS.',
    )
  const dataDir = lockDataDir(dir)
  try {
    const engine = await openEngine({ dataDir, env, log: () => undefined })
    const stop = async () => {
      await engine.stop()
      dataDir.release()
    }
    const local = { dir, running: false }
    return { endpoint: engine.endpoint, table: 'purser', place: `the data in ${dir}`, local, own: true, stop }
  } catch (error) {
    dataDir.release()
    throw error
  }
}

/** Engines on this machine take any credentials; AWS takes those that the SDK finds in its usual places. */
function clientOf(endpoint: string | undefined, env: Environment) {
  if (endpoint === undefined) return awsDynamoClient()
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1'
  const credentials = {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? 'local',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? 'local',
  }
  const local = !new URL(endpoint).hostname.endsWith('.amazonaws.com')
  return dynamoClient({ endpoint, region, ...(local && { credentials }) })
}
