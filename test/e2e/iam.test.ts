import { createHash, createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { SignatureV4 } from '@smithy/signature-v4'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeSha256 } from '../../lib/aws/signed.ts'
import { objectOf, tryParse } from '../../lib/core/json.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { type Account, startAccount } from './account.ts'
import type { RunningFunction } from './front.ts'
import { textOf } from './runtime.ts'

const masterKey = 'sk-master-of-the-loopback'
const role = 'arn:aws:iam::123456789012:role/backend'

/** Who signs, by access key, as STS names them; secrets are `secret-` and the access key. */
const sessions: Record<string, string> = {
  ASIABACKEND: 'arn:aws:sts::123456789012:assumed-role/backend/i-0abc',
  ASIAOTHER: 'arn:aws:sts::123456789012:assumed-role/other/i-0abc',
}

const configFor = (upstream: string) => `
model_list:
  - model_name: "*"
    litellm_params:
      model: openai/*
      api_base: ${upstream}/v1
      api_key: sk-upstream
      input_cost_per_token: 0.00001
      output_cost_per_token: 0.001
litellm_settings:
  num_retries: 0
`

/** The OpenAI SDK as a caller inside AWS uses it: the key is nothing, every request is signed. */
function signing(base: string, accessKeyId: string) {
  const credentials = { accessKeyId, secretAccessKey: `secret-${accessKeyId}` }
  const signer = new SignatureV4({ service: 'lambda', region: 'us-east-1', credentials, sha256: nodeSha256 })
  const signedFetch: typeof fetch = async (target, init) => {
    const url = target instanceof Request ? target.url : target
    const { pathname, host, hostname, port } = new URL(url)
    const body = typeof init?.body === 'string' ? init.body : ''
    const { headers } = await signer.sign({
      method: init?.method ?? 'GET',
      protocol: 'http:',
      hostname,
      port: Number(port),
      path: pathname,
      headers: { host, 'content-type': 'application/json' },
      body,
    })
    const { host: _host, ...sent } = headers
    return fetch(url, { method: init?.method ?? 'GET', headers: sent, ...(body !== '' && { body }) })
  }
  return new OpenAI({ baseURL: `${base}/v1`, apiKey: 'unused', maxRetries: 0, fetch: signedFetch })
}

const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const digest = (text: string) => createHash('sha256').update(text).digest('hex')

/** The ARN of who has signed a request, from the specification of Signature Version 4; undefined where nobody has. */
function signerOf(request: IncomingMessage, body: string): string | undefined {
  const { authorization = '' } = request.headers
  const [, id = '', scope = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]+)$/.exec(
      authorization,
    ) ?? []
  const lines = names.split(';').map((name) => `${name}:${String(request.headers[name])}\n`)
  const canonical = [request.method, request.url, '', lines.join(''), names, digest(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, digest(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>(mac, `AWS4secret-${id}`)
  return mac(key, text).toString('hex') === signature ? sessions[id] : undefined
}

/** A function URL of type AWS_IAM before a function: what is not signed never reaches it, and events say who has signed. */
async function startIamUrl(fn: RunningFunction) {
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const userArn = signerOf(request, body)
      if (userArn === undefined) return void response.writeHead(403).end('{"Message":"Forbidden"}')
      const event = {
        version: '2.0',
        rawPath: request.url,
        rawQueryString: '',
        headers: request.headers,
        body,
        isBase64Encoded: false,
        requestContext: {
          http: { method: request.method },
          authorizer: { iam: { accountId: '123456789012', userArn } },
        },
      }
      const [environment] = fn.environments()
      environment?.invoke({
        id: randomUUID(),
        event,
        reply: async (stream) => relay(await textOf(stream), response),
        failed: (error) => void response.writeHead(502).end(error),
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    stop: () => server.close(),
  }
}

function relay(text: string, response: ServerResponse): void {
  const [prelude = '', body = ''] = text.split('\0'.repeat(8), 2)
  const { statusCode, headers } = objectOf(tryParse(prelude))
  response.writeHead(Number(statusCode), objectOf(headers) as Record<string, string>).end(body)
}

describe("a role as a key, under Lambda's runtime client", () => {
  let upstream: ScriptedUpstream
  let account: Account
  let gateway: RunningFunction
  let admin: RunningFunction
  let iamUrl: Awaited<ReturnType<typeof startIamUrl>>

  beforeAll(async () => {
    upstream = await startUpstream()
    account = await startAccount({ configText: configFor(upstream.url), masterKey })
    gateway = await account.start('gateway', 30_000)
    admin = await account.start('admin', 30_000)
    iamUrl = await startIamUrl(gateway)
    // Starts an environment, which the signed requests then use one after another.
    await fetch(`${gateway.url}/health/liveliness`)
  })
  afterAll(async () => {
    iamUrl?.stop()
    await account?.stop()
    await upstream?.stop()
  })

  const chat = (client: OpenAI) =>
    client.chat.completions.create({
      model: 'ok,tokens=2',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'Hi' }],
    })

  it('is refused before it has a key, with the request that makes one', async () => {
    await expect(chat(signing(iamUrl.url, 'ASIABACKEND'))).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining(role) as string,
    })
  })

  it('has a budget from then on, which its sessions spend and which is hard', async () => {
    const made = await fetch(`${admin.url}/key/generate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ key: role, max_budget: 0.015, budget_duration: '1mo' }),
    })
    expect(await made.json()).toMatchObject({ key: role, key_name: role })
    const client = signing(iamUrl.url, 'ASIABACKEND')

    const before = upstream.seen.length
    let refused: unknown
    for (let calls = 0; calls < 20 && refused === undefined; calls++)
      refused = await chat(client).then(
        () => undefined,
        (error: unknown) => error,
      )

    expect(refused).toMatchObject({ status: 429, code: '429', type: 'budget_exceeded' })
    // Two tokens of output cost 0.002 dollars, a budget of 0.015 is for seven answers at most.
    expect(upstream.seen.length - before).toBeGreaterThan(0)
    expect(upstream.seen.length - before).toBeLessThanOrEqual(7)
  })

  it('is nobody else’s: another role, or its ARN sent as a key, gets nothing', async () => {
    const bearer = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: role, maxRetries: 0 })

    await expect(chat(signing(iamUrl.url, 'ASIAOTHER'))).rejects.toMatchObject({ status: 401 })
    await expect(chat(bearer)).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining('SigV4') as string,
    })
    expect((await fetch(`${iamUrl.url}/v1/models`, { headers: { authorization: `Bearer ${masterKey}` } })).status).toBe(
      403,
    )
  })
})
