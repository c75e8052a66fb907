import { createHash, createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listOf, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import { textOf } from './runtime.ts'

export const credentials = { accessKeyId: 'AKIALOOPBACK', secretAccessKey: 'loopback-secret' }

/** Where a process finds credentials that it was not started with, and what it must say there. */
export const credentialsPath = '/credentials'
export const credentialsToken = 'token-of-the-environment'

/** What EventBridge would hand to a rule's target. */
export type BusEnvelope = { id: string; source: string; 'detail-type': string; detail: unknown }

export type ServicesOptions = {
  /** Values of the one JSON secret. */
  secret: Record<string, string>
  deliver: (envelopes: BusEnvelope[]) => void
  /** What was published to the topic: its message and its attributes. */
  published: (message: string, attributes: Record<string, string>) => void
}

/**
 * EventBridge, Secrets Manager and SNS as far as the functions use them, on one loopback port. Every request must be signed
 * with the credentials above: a wrong signature is refused, as AWS does.
 */
export async function startServices(options: ServicesOptions) {
  let refuseEvents = false
  let accepted = credentials
  let asked = 0
  // Idle connections stay open: the SDK has no idea when they would be closed, and may write to one at that moment.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    textOf(request)
      .then((body) => {
        if (request.url === credentialsPath) {
          asked++
          return giveCredentials(request, response, accepted)
        }
        if (!signed(request, body, accepted)) return json(response, 403, { __type: 'InvalidSignatureException' })
        const target = String(request.headers['x-amz-target'] ?? '')
        if (target === 'AWSEvents.PutEvents')
          return refuseEvents
            ? json(response, 500, { __type: 'InternalException' })
            : putEvents(options, body, response)
        if (target === 'secretsmanager.GetSecretValue')
          return json(response, 200, { Name: 'loopback', SecretString: JSON.stringify(options.secret) })
        return publish(options, body, response)
      })
      .catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    /** From now on PutEvents fails, or works again. */
    refuseEvents: (refuse: boolean) => void (refuseEvents = refuse),
    /** From now on only new credentials are accepted; whoever asks for them gets those. */
    rotate: () => void (accepted = { accessKeyId: `AKIA${randomUUID()}`, secretAccessKey: randomUUID() }),
    /** How often somebody asked for credentials. */
    asked: () => asked,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const json = (response: ServerResponse, status: number, body: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))

function putEvents(options: ServicesOptions, body: string, response: ServerResponse): void {
  const envelopes = listOf(objectOf(tryParse(body)).Entries).map((given): BusEnvelope => {
    const entry = objectOf(given)
    return {
      id: randomUUID(),
      source: stringOf(entry.Source) ?? '',
      'detail-type': stringOf(entry.DetailType) ?? '',
      detail: tryParse(stringOf(entry.Detail) ?? ''),
    }
  })
  options.deliver(envelopes)
  json(response, 200, { FailedEntryCount: 0, Entries: envelopes.map(({ id }) => ({ EventId: id })) })
}

/** SNS speaks the query protocol: a form in, XML out. */
function publish(options: ServicesOptions, body: string, response: ServerResponse): void {
  const form = new URLSearchParams(body)
  const attributes: Record<string, string> = {}
  for (let at = 1; form.has(`MessageAttributes.entry.${at}.Name`); at++)
    attributes[form.get(`MessageAttributes.entry.${at}.Name`) ?? ''] =
      form.get(`MessageAttributes.entry.${at}.Value.StringValue`) ?? ''
  options.published(form.get('Message') ?? '', attributes)
  const xml = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>`
  response.writeHead(200, { 'content-type': 'text/xml' }).end(xml)
}

/** As AWS gives them to a process that outlives them: to whoever has the token, for so short that each use asks again. */
function giveCredentials(request: IncomingMessage, response: ServerResponse, given: typeof credentials): void {
  if (request.headers.authorization !== credentialsToken) return json(response, 401, { message: 'who are you?' })
  json(response, 200, {
    AccessKeyId: given.accessKeyId,
    SecretAccessKey: given.secretAccessKey,
    Token: 'session',
    Expiration: new Date(Date.now() + 60_000).toISOString(),
  })
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** Signature Version 4, computed from the specification and not by the library that signs. */
function signed(request: IncomingMessage, body: string, accepted: typeof credentials): boolean {
  const said = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
    request.headers.authorization ?? '',
  )
  const [, credential = '', names = '', signature] = said ?? []
  const [id, day = '', region = '', service = ''] = credential.split('/')
  if (id !== accepted.accessKeyId) return false
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  const lines = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`)
  const canonical = [request.method, path, query, lines.join(''), names, hash(body)].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, hash(canonical)].join('\n')
  const key = [region, service, 'aws4_request'].reduce<Buffer>(mac, mac(`AWS4${accepted.secretAccessKey}`, day))
  return mac(key, text).toString('hex') === signature
}

export type Services = Awaited<ReturnType<typeof startServices>>
