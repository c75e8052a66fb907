import { budgetStore } from '../../lib/aws/budgets.ts'
import { deliveryStore } from '../../lib/aws/deliveries.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { routeStore } from '../../lib/aws/routing.ts'
import { lazySeals } from '../../lib/aws/lazy-seals.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { signedDynamo } from '../../lib/aws/signed.ts'
import { dynamoClient, ensureTable } from '../../lib/aws/table.ts'
import { trialStore } from '../../lib/aws/trials.ts'
import { turnStore } from '../../lib/aws/turns.ts'
import { systemClock } from '../../lib/core/clock.ts'

type Env = Record<string, string | undefined>

/**
 * Everything that is kept in the table, on the engine at `endpoint`, with the same two clients as on AWS: the thin one for
 * the data plane, the SDK's for the rest. Creates the table where it does not exist (PURSER_TABLE, `purser`).
 */
export async function openStores(endpoint: string, env: Env) {
  const table = env.PURSER_TABLE ?? 'purser'
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1'
  const credentials = credentialsOf(env)
  const client = dynamoClient({ endpoint, region, credentials })
  try {
    await ensureTable(client, table)
  } catch (error) {
    client.destroy()
    throw new Error(`The table ${table} at ${endpoint} cannot be used: ${String(error)}`, { cause: error })
  }
  const thin = signedDynamo({ endpoint, region, credentials: () => Promise.resolve(credentials) })
  const full = sdkDynamo(client)
  return {
    table,
    gateway: {
      budgets: budgetStore(thin, table),
      records: recordStore(thin, table),
      routes: routeStore({ dynamo: thin, table, now: systemClock.now }),
      turns: turnStore({ dynamo: thin, table, now: systemClock.now }),
      seals: lazySeals({ dynamo: thin, table, now: systemClock.now }),
    },
    routes: routeStore({ dynamo: full, table, now: systemClock.now }),
    trials: trialStore({ dynamo: full, table }),
    budgets: budgetStore(full, table),
    directory: recordStore(full, table),
    ledger: ledgerStore(full, table),
    deliveries: deliveryStore({ dynamo: full, table, clock: systemClock }),
    close: () => client.destroy(),
  }
}

/** An engine on this machine takes any credentials; AWS itself, named by AWS_ENDPOINT_URL_DYNAMODB, takes the environment's. */
const credentialsOf = (env: Env) => ({
  accessKeyId: env.AWS_ACCESS_KEY_ID ?? 'local',
  secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? 'local',
  ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
})
