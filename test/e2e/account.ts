import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle, type DoorName } from '../../infra/bundle.ts'
import type { Config } from '../../lib/core/config.ts'
import { loadConfig } from '../../lib/config/load.ts'
import { freshStore } from '../support/store.ts'
import { type RunningFunction, startFunction } from './front.ts'
import { type BusEnvelope, credentials, credentialsPath, credentialsToken, startServices } from './services.ts'
import { startWebServer, type WebServer } from './web-server.ts'

export type AccountOptions = {
  configText: string
  masterKey: string
  secret?: Record<string, string>
  /** Where functions find the table, given where it is: a connection that a test can cut. */
  through?: (endpoint: string) => string
}

/**
 * The stack's functions as they are deployed (bundled by the same code), each under Lambda's own runtime client, on a real
 * DynamoDB engine; rule, queue and topic are a few lines here. What spends cross is what crosses on AWS.
 */
export async function startAccount({ configText, masterKey, secret = {}, through }: AccountOptions) {
  const dir = mkdtempSync(join(tmpdir(), 'purser-account-'))
  const store = await freshStore()
  const queue: BusEnvelope[] = []
  const alerts: { message: string; attributes: Record<string, string> }[] = []
  const services = await startServices({
    secret: { PURSER_MASTER_KEY: masterKey, ...secret },
    deliver: (envelopes) => void queue.push(...envelopes),
    published: (message, attributes) => void alerts.push({ message, attributes }),
  })
  const config = readConfig(configText)
  const lines: string[] = []
  const running: Pick<RunningFunction, 'stop'>[] = []

  /** A function's code and environment, without credentials. */
  function prepare(name: DoorName) {
    const codeDir = join(dir, name)
    const tmp = join(dir, `${name}-tmp`)
    for (const made of [codeDir, tmp]) mkdirSync(made, { recursive: true })
    bundle(name, codeDir, config)
    const env = {
      TMPDIR: tmp,
      TABLE: store.table,
      BUS: 'purser',
      TOPIC: 'arn:aws:sns:us-east-1:000000000000:alerts',
      SECRET: 'purser',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: services.url,
      AWS_ENDPOINT_URL_DYNAMODB: through?.(store.endpoint) ?? store.endpoint,
    }
    return { name, codeDir, env, onLine: (line: string) => void lines.push(`${name} ${line}`) }
  }

  async function start(name: DoorName, timeoutMs = 900_000): Promise<RunningFunction> {
    const { env, ...prepared } = prepare(name)
    const made = await startFunction({
      ...prepared,
      env: { ...env, AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
      timeoutMs,
    })
    running.push(made)
    return made
  }

  /** The data plane as a web function: its credentials come from an address, as they do to a process that outlives them. */
  async function startWeb(env: Record<string, string> = {}): Promise<WebServer> {
    const prepared = prepare('server')
    const own = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: services.url + credentialsPath,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: credentialsToken,
    }
    const made = await startWebServer({ ...prepared, env: { ...prepared.env, ...own, ...env } })
    running.push(made)
    return made
  }

  return {
    start,
    startWeb,
    store,
    services,
    queue,
    alerts,
    /** Files that a function keeps in /tmp of attempts under way. */
    notes: (name: DoorName) => readdirSync(join(dir, `${name}-tmp`, 'notes')),
    /** What the functions printed. */
    lines,
    async stop() {
      await Promise.all(running.map((one) => one.stop()))
      await services.stop()
      await store.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export type Account = Awaited<ReturnType<typeof startAccount>>

function readConfig(text: string): Config {
  const { config, problems } = loadConfig(text, { file: 'config.yaml', env: {} })
  if (!config) throw new Error(problems.map((p) => `${p.line}: ${p.message}`).join('\n'))
  return { ...config, masterKey: config.masterKey ?? { env: 'PURSER_MASTER_KEY' } }
}

/** Envelopes as the queue would hand them to a function. */
export const sqsEvent = (envelopes: readonly unknown[]) => ({
  Records: envelopes.map((envelope) => ({
    messageId: randomUUID(),
    receiptHandle: 'r',
    body: typeof envelope === 'string' ? envelope : JSON.stringify(envelope),
    attributes: {},
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:spend',
    awsRegion: 'us-east-1',
  })),
})

export const snsEvent = (message: string) => ({
  Records: [{ EventSource: 'aws:sns', Sns: { Message: message, MessageId: randomUUID() } }],
})
