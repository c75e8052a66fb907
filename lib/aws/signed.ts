import { createHash, createHmac, createSecretKey } from 'node:crypto'
import type { PutEventsCommandInput, PutEventsCommandOutput } from '@aws-sdk/client-eventbridge'
import type { GetSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager'
import { SignatureV4 } from '@smithy/signature-v4'
import { systemClock } from '../core/clock.ts'
import type { AwsCredentials } from '../core/ports.ts'
import { exchange, type Exchanged, NoReply } from '../net/exchange.ts'
import { renewedPool } from '../net/renewed.ts'
import type { PutEvents } from './bus.ts'
import { type Dynamo, DynamoError, type DynamoOperations } from './dynamo.ts'
import { replyOf } from './signed-reply.ts'

export type SignedOptions = {
  /** Instead of the service's own address in the region. */
  endpoint?: string | undefined
  region: string
  /** Asked for with every call; caching is its own business. */
  credentials: () => Promise<AwsCredentials>
  /** For one call, from waiting for a connection to the last byte. */
  timeoutMs?: number
}

/** Far above the milliseconds that DynamoDB takes, far below the patience of a client: then the answer counts as lost. */
const dynamoTimeoutMs = 1000
const eventsTimeoutMs = 2000
const secretsTimeoutMs = 2000
const secretsTries = 3
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

/**
 * Reads the current text of a secret the same way: the SDK's client would cost more to load than all the rest of a cold start.
 * A read is repeated where the service did not answer, or asked to come back. Rejects with its own word otherwise.
 */
export function signedSecrets(options: SignedOptions): (secretId: string) => Promise<string | undefined> {
  const call = signedJson({
    service: 'secretsmanager',
    contentType: 'application/x-amz-json-1.1',
    timeoutMs: secretsTimeoutMs,
    ...options,
  })
  return async (secretId) => {
    for (let attempt = 1; ; attempt++) {
      try {
        const reply = replyOf(await call('secretsmanager.GetSecretValue', { SecretId: secretId }))
        return (reply as GetSecretValueCommandOutput).SecretString
      } catch (error) {
        if (attempt === secretsTries || !isPassing(error)) throw error
        await systemClock.sleep(100 * attempt)
      }
    }
  }
}

/** Trouble that may be over in a moment, unlike a secret that is not there or not ours. */
const isPassing = (error: unknown): boolean =>
  error instanceof DynamoError && (error.certainty === 'lost' || /^NotSent$|Throttl/.test(error.code))

type Service = SignedOptions & { service: string; contentType: string; timeoutMs: number }

/** The JSON protocol that these services speak: one POST, the operation in `x-amz-target`. */
function signedJson(service: Service) {
  const url = new URL(service.endpoint ?? `https://${service.service}.${service.region}.amazonaws.com`)
  const lease = renewedPool(
    url.origin,
    { connections: mostConnections, connectTimeoutMs: service.timeoutMs },
    systemClock.now,
  )
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
      const { dispatcher, over } = lease()
      const post = { path: url.pathname, headers, body, timeoutMs: service.timeoutMs }
      return await exchange(dispatcher, post).finally(over)
    } catch (error) {
      if (error instanceof NoReply && error.sent)
        throw new DynamoError('lost', error.message, { lost: true, cause: error })
      throw new DynamoError('NotSent', `${service.service} was not asked: ${String(error)}`, { cause: error })
    }
  }
}

/** What the signer calls with `new`: Node's own SHA-256, ten times as fast as the one in JavaScript. */
export const nodeSha256 = function (secret?: string | Uint8Array) {
  // Bytes that are no key object cost 15 us: whether they are one is asked by an exception (Node 24).
  const key = secret instanceof Uint8Array ? createSecretKey(secret) : secret
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  return {
    update: (data: Uint8Array) => void hash.update(data),
    digest: async () => new Uint8Array(hash.digest()),
    reset() {},
  }
} as unknown as ConstructorParameters<typeof SignatureV4>[0]['sha256']
