import { createHash, createHmac } from 'node:crypto'
import type { PutEventsCommandInput, PutEventsCommandOutput } from '@aws-sdk/client-eventbridge'
import { SignatureV4 } from '@smithy/signature-v4'
import { exchange, type Exchanged, NoReply } from '../net/exchange.ts'
import { pool } from '../net/pool.ts'
import type { PutEvents } from './bus.ts'
import { type Dynamo, DynamoError, type DynamoOperations } from './dynamo.ts'
import { replyOf } from './signed-reply.ts'

export type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }

export type SignedOptions = {
  /** Instead of the service's own address in the region. */
  endpoint?: string | undefined
  region: string
  /** Asked for with every call; caching is its own business. */
  credentials: () => Promise<Credentials>
  /** For one call, from waiting for a connection to the last byte. */
  timeoutMs?: number
}

/** Far above the milliseconds that DynamoDB takes, far below the patience of a client: then the answer counts as lost. */
const dynamoTimeoutMs = 1000
const eventsTimeoutMs = 2000
const mostConnections = 128

/**
 * DynamoDB by signed requests over one pool: a quarter of the SDK client's CPU per write (bench), and nothing is ever sent
 * twice (money protocol, rule 1). `lost` is whatever the service has not answered by name: a time-out, a broken
 * connection, a 5xx, a reply that is not DynamoDB's.
 */
export function signedDynamo(options: SignedOptions): Dynamo {
  const call = signedJson({
    service: 'dynamodb',
    contentType: 'application/x-amz-json-1.0',
    timeoutMs: dynamoTimeoutMs,
    ...options,
  })
  return async <Op extends keyof DynamoOperations>(operation: Op, input: DynamoOperations[Op]['input']) =>
    replyOf(await call(`DynamoDB_20120810.${operation}`, input)) as DynamoOperations[Op]['output']
}

/** EventBridge's PutEvents the same way. Rejects where the service did not accept; single entries may fail in the answer. */
export function signedEvents(options: SignedOptions): PutEvents {
  const call = signedJson({
    service: 'events',
    contentType: 'application/x-amz-json-1.1',
    timeoutMs: eventsTimeoutMs,
    ...options,
  })
  return async (input: PutEventsCommandInput) =>
    replyOf(await call('AWSEvents.PutEvents', input)) as PutEventsCommandOutput
}

type Service = SignedOptions & { service: string; contentType: string; timeoutMs: number }

/** The JSON protocol that both services speak: one POST, the operation in `x-amz-target`. */
function signedJson(service: Service) {
  const url = new URL(service.endpoint ?? `https://${service.service}.${service.region}.amazonaws.com`)
  const connections = pool(url.origin, { connections: mostConnections, connectTimeoutMs: service.timeoutMs })
  const { credentials, region } = service
  const signer = new SignatureV4({
    service: service.service,
    region,
    credentials,
    sha256: nodeSha256,
    applyChecksum: false,
  })

  return async (target: string, input: unknown): Promise<Exchanged> => {
    const body = JSON.stringify(input)
    try {
      const { headers } = await signer.sign({
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: {},
        headers: { host: url.host, 'content-type': service.contentType, 'x-amz-target': target },
        body,
      })
      return await exchange(connections, { path: url.pathname, headers, body, timeoutMs: service.timeoutMs })
    } catch (error) {
      if (error instanceof NoReply && error.sent)
        throw new DynamoError('lost', error.message, { lost: true, cause: error })
      throw new DynamoError('NotSent', `${service.service} was not asked: ${String(error)}`, { cause: error })
    }
  }
}

/** What the signer calls with `new`: Node's own SHA-256, ten times as fast as the one in JavaScript. */
const nodeSha256 = function (secret?: string | Uint8Array) {
  const hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret)
  return {
    update: (data: Uint8Array) => void hash.update(data),
    digest: async () => new Uint8Array(hash.digest()),
    reset() {},
  }
} as unknown as ConstructorParameters<typeof SignatureV4>[0]['sha256']
