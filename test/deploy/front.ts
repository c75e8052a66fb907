import { Agent, createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http'
import { IAMClient } from '@aws-sdk/client-iam'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { objectOf, tryParse } from '../../lib/core/json.ts'
import { dynamoAccess } from '../support/dynamo-access.ts'
import { allows } from '../support/iam.ts'
import { functionUrls } from './function-urls.ts'
import { account } from './places.ts'
import { type Roles, roles } from './roles.ts'

/** A call that AWS refused to a role of ours. */
export type Denial = { role: string; action: string }

export type Front = { url: string; stop: () => Promise<void> }

/**
 * AWS on one loopback port, in front of the emulator: `/_url/<id>/...` is a function URL; `/_denials` lists what was refused to our
 * roles (DELETE forgets them); everything else goes to the emulator, marked as TLS, which its policies ask for. What the
 * emulator does not enforce, the condition `dynamodb:LeadingKeys`, is enforced here, from the policies the emulator has.
 */
export async function startFront(port: number, emulatorPort: number): Promise<Front> {
  const url = `http://127.0.0.1:${port}`
  const client = { endpoint: url, region: account.region, credentials: account }
  const [iam, lambda] = [new IAMClient(client), new LambdaClient(client)]
  const known = roles({ iam, lambda })
  const urls = functionUrls({ lambda, endpoint: url, assumed: (accessKeyId, role) => known.learn(accessKeyId, role) })
  // With a `timeout`, it believes the servers' `Keep-Alive` too, and never writes to a connection that is being closed.
  const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: 30_000 })
  const denials: Denial[] = []

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/'
    const [, urlId, rest] = /^\/_url\/([^/]+)(.*)$/.exec(path) ?? []
    if (urlId !== undefined) {
      const address = await urls.addressOf(urlId)
      if (address === undefined) return void response.writeHead(404).end()
      return pass({ request, response, to: new URL(rest || '/', address), agent })
    }
    if (path === '/_denials')
      return void response.end(JSON.stringify(request.method === 'DELETE' ? denials.splice(0) : denials))
    const call = await callOf(request, known)
    if (call.service === 'iam' || call.service === 'cloudformation') known.forget()
    const note = () => void (call.role && denials.push({ role: call.role, action: call.action }))
    const denied = await deniedBy(call, known)
    if (denied !== undefined) {
      denials.push({ role: call.role ?? '', action: denied })
      return refuse(response, denied)
    }
    const to = new URL(path, `http://127.0.0.1:${emulatorPort}`)
    pass({ request, response, to, agent, body: call.body, onDenied: note, forget: () => known.forget() })
  }

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 600_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      process.stderr.write(`front: ${String(error)}\n`)
      response.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url,
    async stop() {
      await urls.stop()
      agent.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Call = { body: Buffer; service: string; action: string; operation: string; role: string | undefined }

async function callOf(request: IncomingMessage, known: Roles): Promise<Call> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const [, accessKeyId = '', service = ''] =
    /Credential=([^/]+)\/[^/]+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? []
  const target = String(request.headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1)
  const operation = target || new URLSearchParams(body.toString()).get('Action') || 'unknown'
  return { body, service, operation, action: `${service}:${operation}`, role: await known.nameOf(accessKeyId) }
}

const arnOf = (table: string) =>
  table.startsWith('arn:') ? table : `arn:aws:dynamodb:${account.region}:${account.id}:table/${table}`

/** The action that the role's policies do not allow, of those one DynamoDB request consists of. */
async function deniedBy({ service, role, operation, body }: Call, known: Roles): Promise<string | undefined> {
  if (service !== 'dynamodb' || role === undefined) return undefined
  const statements = await known.statementsOf(role)
  return dynamoAccess(operation, objectOf(tryParse(body.toString())), arnOf).find(
    (access) => !allows(statements, access),
  )?.action
}

const refuse = (response: ServerResponse, action: string): void =>
  void response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(
    JSON.stringify({
      __type: 'com.amazon.coral.service#AccessDeniedException',
      Message: `not authorized to perform: ${action}`,
    }),
  )

type Passing = {
  request: IncomingMessage
  response: ServerResponse
  to: URL
  agent: Agent
  /** Where it was read already. */
  body?: Buffer
  onDenied?: () => void
  /** Called after the answer: what was changed by the call is changed now. */
  forget?: () => void
}

function pass({ request, response, to, agent, body, onDenied, forget }: Passing): void {
  const { 'transfer-encoding': _chunked, ...headers } = request.headers
  const onward = send(
    to,
    {
      method: request.method,
      agent,
      headers: body ? { ...headers, 'x-forwarded-proto': 'https', 'content-length': body.length } : request.headers,
    },
    (reply) => {
      forget?.()
      response.writeHead(reply.statusCode ?? 502, reply.headers)
      if (onDenied && (reply.statusCode === 400 || reply.statusCode === 403)) {
        let text = ''
        reply.on('data', (chunk: Buffer) => (text += chunk.toString()))
        reply.on('end', () => /AccessDenied|AuthorizationError/.test(text) && onDenied())
      }
      reply.on('error', () => response.destroy())
      reply.pipe(response)
    },
  )
  onward.on('error', () => response.destroy())
  if (body) onward.end(body)
  else request.pipe(onward)
}
