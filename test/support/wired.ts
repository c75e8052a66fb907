import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { busPublisher, eventBridgeBus } from '../../lib/aws/bus.ts'
import { lambdaDynamo } from '../../lib/aws/clients.ts'
import type { Dynamo } from '../../lib/aws/dynamo.ts'
import { deliveryStore } from '../../lib/aws/deliveries.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import { gatewayPorts, tellLeftovers } from '../../lib/aws/gateway-ports.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { fileNotes } from '../../lib/aws/notes.ts'
import { outboxStore } from '../../lib/aws/outbox.ts'
import { toMessage } from '../../lib/aws/queue.ts'
import { getSecret, secretsManager } from '../../lib/aws/secrets.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { signedDynamo, signedEvents } from '../../lib/aws/signed.ts'
import { publishToSns, readNotice, snsTopic } from '../../lib/aws/topic.ts'
import { secretValue } from '../../lib/config/secrets.ts'
import { systemClock } from '../../lib/core/clock.ts'
import type { Config } from '../../lib/core/config.ts'
import { listOf, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { adminFlow } from '../../lib/flows/admin.ts'
import { alertsFlow } from '../../lib/flows/alerts.ts'
import { gatewayFlow } from '../../lib/flows/gateway.ts'
import { spendFlow } from '../../lib/flows/spend.ts'
import { postJson } from '../../lib/net/post.ts'
import { alertTargets } from '../../lib/steps/alert-targets.ts'
import { alertWording } from '../../lib/steps/alert-wording.ts'
import { type Ask, ask } from './admin.ts'
import { callFlow } from './machine.ts'
import { startNetwork } from './network.ts'
import type { freshStore } from './store.ts'

const masterKey = 'sk-master-of-the-tests'
const topicArn = 'arn:aws:sns:us-east-1:000000000000:alerts'
const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' })

/** SQS shows a message again after this; Lambda repeats a failed notification after as long. */
const againMs = 181_000

/** What happens between the services: who holds what until somebody fetches it. */
type Post = {
  queue: { messageId: string; body: string }[]
  topic: { id: string; message: string }[]
  /** Every spend event that the bus ever took, by its id. */
  accepted: Map<string, SpendEvent>
}

/**
 * The account in one process: every function with the clients it has on AWS, all of whose calls go over a network that can
 * lose them; bus, rule, queue and topic are a few lines here, and deliver what they accepted. People are a webhook.
 */
export async function startWired(config: Config, store: Awaited<ReturnType<typeof freshStore>>) {
  const dir = mkdtempSync(join(tmpdir(), 'purser-wired-'))
  const network = startNetwork()
  const post: Post = { queue: [], topic: [], accepted: new Map() }
  const services = await listen((target, body) => answerOf(post, target, body))
  const told: { id: string; text: string }[] = []
  const people = await listen((_, body) => {
    told.push(JSON.parse(body) as (typeof told)[number])
    return {}
  })
  const env: Record<string, string> = {
    TABLE: store.table,
    BUS: 'purser',
    SECRET: 'purser',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: await network.through('services', services.url),
    AWS_ENDPOINT_URL_DYNAMODB: await network.through('dynamodb', store.endpoint),
  }
  // The SDK's clients read the process's own environment, as they do in a function.
  Object.assign(process.env, env)
  let ahead = 0
  const clock = {
    now: () => Date.now() + ahead,
    sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(Math.min(ms, 5), signal),
  }
  const logged: string[] = []
  const log = (level: string, message: string, fields?: object) =>
    void logged.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const settings: Config = { ...config, masterKey: { env: 'PURSER_MASTER_KEY' } }
  const world = { env, config: settings, clock, log, dir, table: store.table, webhook: people.url }

  return {
    network,
    told,
    logged,
    post,
    clock,
    /** Time passes for every function; what is signed stays of today. */
    pass: (ms: number) => void (ahead += ms),
    /** The functions as after a cold start of each: nothing known, nothing connected. */
    born: () => functionsOf(world, post, () => void (ahead += againMs)),
    /** The store as nobody's network disturbs it. */
    clean: () => {
      const dynamo = sdkDynamo(store.client)
      return {
        directory: recordStore(dynamo, store.table),
        budgets: budgetStore(dynamo, store.table),
        ledger: ledgerStore(dynamo, store.table),
        outbox: outboxStore(dynamo, store.table),
      }
    },
    async stop() {
      await network.stop()
      await services.stop()
      await people.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export type Wired = Awaited<ReturnType<typeof startWired>>
export type Functions = ReturnType<Wired['born']>

type World = {
  env: Record<string, string>
  config: Config
  clock: { now: () => number; sleep: (ms: number, signal?: AbortSignal) => Promise<void> }
  log: (level: string, message: string, fields?: object) => void
  dir: string
  table: string
  webhook: string
}

function functionsOf(world: World, post: Post, wait: () => void) {
  const { env, config, clock, log, dir } = world
  const gateway = {
    ...gatewayPorts({ env, config, publishBeforeEnd: false }),
    clock,
    notes: fileNotes(join(dir, 'notes')),
    bus: busOf(world, signedDynamo({ endpoint: env.AWS_ENDPOINT_URL_DYNAMODB, region: 'us-east-1', credentials })),
    log,
  }
  const flow = gatewayFlow(config, gateway)
  const admin = adminOf(world)
  const spend = spendOf(world)
  const alerts = [alertsOf(world), alertsOf(world)]

  /** Everything that waits is delivered until nothing waits; the topic tells two environments at once, as it may. */
  async function deliver(): Promise<void> {
    for (let times = 0; post.queue.length + post.topic.length > 0; times++) {
      if (times > 8) throw new Error(`never delivered: ${JSON.stringify(post)}`)
      const batch = post.queue.splice(0)
      const failed = new Set(batch.length ? await spend.handle(batch) : [])
      post.queue.push(...batch.filter(({ messageId }) => failed.has(messageId)))
      const notices = post.topic.splice(0)
      const ends = await Promise.allSettled(notices.flatMap((notice) => alerts.map((tell) => tell(notice))))
      post.topic.push(
        ...notices.filter((_, i) => alerts.some((__, j) => ends[i * alerts.length + j]?.status === 'rejected')),
      )
      if (post.queue.length + post.topic.length > 0 && (failed.size || post.topic.length)) wait()
    }
  }
  return {
    chat: (key: string, body: object) =>
      callFlow(flow, { path: '/v1/chat/completions', key, json: body, receivedAt: clock.now() }),
    gateway,
    start: () => tellLeftovers(gateway),
    admin: (line: string, body?: unknown, more?: Ask) => ask(admin, line, body, { key: masterKey, ...more }),
    relay: spend.relay,
    sweep: spend.sweep,
    deliver,
  }
}

/** As a door makes it, but for the clock, whose pauses are short. */
function busOf({ env, table, clock }: World, dynamo: Dynamo) {
  const putEvents = signedEvents({ endpoint: env.AWS_ENDPOINT_URL, region: 'us-east-1', credentials })
  return eventBridgeBus({ putEvents, outbox: outboxStore(dynamo, table), busName: 'purser', clock })
}

function adminOf(world: World) {
  const { config, clock, log, table } = world
  const dynamo = lambdaDynamo()
  const secrets = secretsManager({ read: getSecret('purser'), secretId: 'purser', ttlMs: 300_000, clock })
  return adminFlow(config, {
    directory: recordStore(dynamo, table),
    budgets: budgetStore(dynamo, table),
    ledger: ledgerStore(dynamo, table),
    bus: busOf(world, dynamo),
    clock,
    random: Math.random,
    randomBytes,
    log,
    masterKey: async () => config.masterKey && secretValue(config.masterKey, (name) => secrets.get(name)),
  })
}

function spendOf({ env, config, clock, log, table }: World) {
  const dynamo = lambdaDynamo()
  const publish = busPublisher(
    signedEvents({ endpoint: env.AWS_ENDPOINT_URL, region: 'us-east-1', credentials }),
    'purser',
  )
  const outbox = outboxStore(dynamo, table)
  const flow = spendFlow(config, {
    budgets: budgetStore(dynamo, table),
    ledger: ledgerStore(dynamo, table),
    records: recordStore(dynamo, table),
    clock,
    random: Math.random,
    alert: snsTopic({ publish: publishToSns(), topicArn, wording: alertWording }),
    log,
  })
  return {
    handle: (batch: Post['queue']) => flow.handle(batch.map((message) => toMessage(message as never))),
    sweep: () => flow.sweep(),
    relay: () => outbox.relay(publish),
  }
}

function alertsOf({ config, clock, log, table, webhook }: World) {
  const deliveries = deliveryStore({ dynamo: lambdaDynamo(), table, clock })
  const get = async (name: string) => (name === 'ALERT_WEBHOOK_URL' ? webhook : undefined)
  const targets = alertTargets(config, { get, post: postJson, now: clock.now, log })
  return async ({ id, message }: Post['topic'][number]) =>
    alertsFlow({ targets: await targets, deliveries, clock })(readNotice(message, id))
}

/** EventBridge, Secrets Manager and SNS as far as the functions use them. */
function answerOf(post: Post, target: string, body: string): unknown {
  if (target === 'secretsmanager.GetSecretValue')
    return { SecretString: JSON.stringify({ PURSER_MASTER_KEY: masterKey }) }
  if (target === 'AWSEvents.PutEvents') {
    const entries = listOf(objectOf(tryParse(body)).Entries).map(objectOf)
    for (const entry of entries) {
      const envelope = { 'detail-type': entry.DetailType, detail: tryParse(stringOf(entry.Detail) ?? '') }
      post.queue.push({ messageId: randomUUID(), body: JSON.stringify(envelope) })
      const spent = envelope.detail as SpendEvent
      if (envelope['detail-type'] === 'spend.v1') post.accepted.set(spent.id, spent)
    }
    return { FailedEntryCount: 0, Entries: entries.map(() => ({ EventId: randomUUID() })) }
  }
  const id = randomUUID()
  post.topic.push({ id, message: new URLSearchParams(body).get('Message') ?? '' })
  return `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${id}</MessageId></PublishResult></PublishResponse>`
}

async function listen(answer: (target: string, body: string) => unknown) {
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const said = answer(String(request.headers['x-amz-target'] ?? ''), Buffer.concat(chunks).toString())
      const isText = typeof said === 'string'
      response.writeHead(200, { 'content-type': isText ? 'text/xml' : 'application/x-amz-json-1.1' })
      response.end(isText ? said : JSON.stringify(said))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
