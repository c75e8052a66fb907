import { randomBytes } from 'node:crypto'
import { default as middy } from '@middy/core'
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  CloudFormationCustomResourceEvent,
  Context,
} from 'aws-lambda'
import { budgetStore } from '../lib/aws/budgets.ts'
import { eventBridgeBus } from '../lib/aws/bus.ts'
import { lambdaDynamo } from '../lib/aws/clients.ts'
import { recordStore } from '../lib/aws/directory.ts'
import { answerDeployment } from '../lib/aws/deployment.ts'
import { bundledConfig, environment } from '../lib/aws/environment.ts'
import { toCall, toResult } from '../lib/aws/lambda.ts'
import { ledgerStore } from '../lib/aws/ledger.ts'
import { metricLog } from '../lib/aws/metrics.ts'
import { outboxStore } from '../lib/aws/outbox.ts'
import { getSecret, secretsManager, withEnvironment } from '../lib/aws/secrets.ts'
import { signedEvents } from '../lib/aws/signed.ts'
import { trialStore } from '../lib/aws/trials.ts'
import { secretValue } from '../lib/config/secrets.ts'
import { systemClock as clock } from '../lib/core/clock.ts'
import { replyOf } from '../lib/core/reply-of.ts'
import { type AdminPorts, adminFlow, ensureGlobal } from '../lib/flows/admin.ts'
import { behindFront } from '../lib/flows/origin.ts'

/** The management API behind a function URL, and what a deployment has to see to. */
const env = environment(process.env, ['TABLE', 'BUS', 'SECRET'])
const config = bundledConfig(import.meta.url)
const { region, credentials, endpoints } = env
const log = metricLog(process.env.STACK)
const dynamo = lambdaDynamo()
const putEvents = signedEvents({ endpoint: endpoints.events, region, credentials })
const stored = secretsManager({ read: getSecret(env.SECRET), secretId: env.SECRET, ttlMs: 300_000, clock })
const secrets = withEnvironment(config.environment, stored)
const ports: AdminPorts = {
  directory: recordStore(dynamo, env.TABLE),
  budgets: budgetStore(dynamo, env.TABLE),
  ledger: ledgerStore(dynamo, env.TABLE),
  trials: trialStore({ dynamo, table: env.TABLE }),
  bus: eventBridgeBus({ putEvents, outbox: outboxStore(dynamo, env.TABLE), busName: env.BUS, clock }),
  clock,
  random: Math.random,
  randomBytes: (count) => randomBytes(count),
  log,
  masterKey: async () => config.masterKey && secretValue(config.masterKey, (name) => secrets.get(name)),
}
const flow = behindFront(adminFlow(config, ports), process.env.ORIGIN_SECRETS, log)

type Event = APIGatewayProxyEventV2 | CloudFormationCustomResourceEvent
type Result = APIGatewayProxyStructuredResultV2 | undefined

/** Only CloudFormation may call this function other than through its URL. */
async function handle(event: Event, context: Context): Promise<Result> {
  if ('requestContext' in event) return toResult(await replyOf(flow, toCall(event, context, clock.now()), log))
  await answerDeployment(event, () => ensureGlobal(config, ports))
  return undefined
}

export const handler = middy(handle)
