import { setTimeout as sleep } from 'node:timers/promises'
import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { IAMClient } from '@aws-sdk/client-iam'
import { GetFunctionConfigurationCommand, InvokeCommand } from '@aws-sdk/client-lambda'
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { inject } from 'vitest'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { type JsonObject, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import { stackName } from './cdk.ts'
import type { Denial } from './front.ts'
import { account } from './places.ts'

export type Answer = {
  status: number
  headers: Headers
  text: string
  json: JsonObject
  /** When the first and the last piece of the body came. */
  firstMs: number
  lastMs: number
}

export type Stack = Awaited<ReturnType<typeof deployedStack>>

/** The deployed stack, as its operator and its clients see it. */
export async function deployedStack() {
  const { endpoint, outputs, settings, webhookUrl, upstreamUrl } = inject('deployed')
  const client = { endpoint, region: account.region, credentials: account }
  const lambda = new LambdaClient(client)
  const dynamo = new DynamoDBClient({ ...client, maxAttempts: 1 })
  const resources = await resourcesOf(new CloudFormationClient(client))
  const masterKey = await fillSecret(new SecretsManagerClient(client), {
    UPSTREAM_KEY: 'sk-of-the-provider',
    SLACK_WEBHOOK_URL: webhookUrl,
  })
  const table = outputs.TableName ?? ''
  const urlOf = (name: string) => `${endpoint}/_url/${new URL(outputs[name] ?? '').host.split('.')[0]}`

  /** The physical name of what the template calls `prefix...`, of this type. */
  function named(prefix: string, type: string): string {
    const found = resources.find((one) => one.id.startsWith(prefix) && one.type === type)
    if (!found) throw new Error(`the stack has no ${type} named ${prefix}`)
    return found.name
  }

  return {
    masterKey,
    settings,
    upstreamUrl,
    webhookUrl,
    resources,
    table,
    named,
    iam: new IAMClient(client),
    lambda,
    dynamo,
    endpoint,
    outputs,
    // Its own endpoint wins over the queue's URL, which leads past the front.
    sqs: new SQSClient({ ...client, useQueueUrlAsEndpoint: false }),
    ledger: ledgerStore(sdkDynamo(dynamo), table),
    gateway: (path: string, key: string, body?: unknown, method?: string) =>
      call(urlOf('GatewayUrl') + path, key, { body, ...(method && { method }) }),
    admin: (path: string, body?: unknown, key = masterKey) => call(urlOf('AdminUrl') + path, key, { body }),
    /** What people were told. */
    posted: () => listed(webhookUrl),
    /** What the collector of spans was sent. */
    exported: () => listed(settings.otlp ?? ''),
    denials: async (forget = false) =>
      (await (await fetch(`${endpoint}/_denials`, { method: forget ? 'DELETE' : 'GET' })).json()) as Denial[],
    /** Runs a function with an event; rejects with its error. */
    invoke: (prefix: string, event: unknown) => invoke(lambda, named(prefix, 'AWS::Lambda::Function'), event),
    /** The next call of a function meets a new environment, which remembers nothing. */
    renew: (prefix: string) => renew(lambda, named(prefix, 'AWS::Lambda::Function')),
  }
}

const listed = async (url: string) => (await (await fetch(url)).json()) as string[]

async function call(url: string, key: string, { body, method }: { body?: unknown; method?: string }): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const reply = await fetch(url, { headers, ...sent, ...(method && { method }) })
  const decoder = new TextDecoder()
  let [text, firstMs, lastMs] = ['', 0, 0]
  for await (const chunk of reply.body ?? []) {
    lastMs = performance.now()
    firstMs ||= lastMs
    text += decoder.decode(chunk, { stream: true })
  }
  return { status: reply.status, headers: reply.headers, text, json: objectOf(tryParse(text)), firstMs, lastMs }
}

async function resourcesOf(client: CloudFormationClient) {
  const { StackResourceSummaries = [] } = await client.send(new ListStackResourcesCommand({ StackName: stackName }))
  return StackResourceSummaries.map(({ LogicalResourceId = '', PhysicalResourceId = '', ResourceType = '' }) => ({
    id: LogicalResourceId,
    name: PhysicalResourceId,
    type: ResourceType,
  }))
}

/** What an operator does after the first deployment. Gives the master key that the stack has made. */
async function fillSecret(client: SecretsManagerClient, values: Record<string, string>): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: stackName }))
  const made = objectOf(tryParse(SecretString ?? ''))
  const put = { SecretId: stackName, SecretString: JSON.stringify({ ...made, ...values }) }
  await client.send(new PutSecretValueCommand(put))
  return stringOf(made.PURSER_MASTER_KEY) ?? ''
}

async function invoke(lambda: LambdaClient, FunctionName: string, event: unknown): Promise<unknown> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }),
  )
  const text = Buffer.from(Payload ?? []).toString()
  if (FunctionError) throw new Error(text)
  return tryParse(text)
}

async function renew(lambda: LambdaClient, FunctionName: string): Promise<void> {
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
  const Variables = { ...Environment?.Variables, RENEWED: String(Date.now()) }
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }))
}

/** What `look` finds, once it finds something. */
export async function until<T>(look: () => Promise<T | false | undefined>, ms = 20_000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
    const found = await look()
    if (found !== undefined && found !== false) return found
  }
  throw new Error(`nothing came within ${ms} ms`)
}
