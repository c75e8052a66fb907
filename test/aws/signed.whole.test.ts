import { createServer } from 'node:http'
import { createServer as createTcpServer, type Server } from 'node:net'
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DynamoError, type Dynamo } from '../../lib/aws/dynamo.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { signedDynamo, signedEvents } from '../../lib/aws/signed.ts'
import { freshStore } from '../support/store.ts'

const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' })
const thin = (endpoint: string, timeoutMs = 1000) =>
  signedDynamo({ endpoint, region: 'us-east-1', credentials, timeoutMs })

const get = (dynamo: Dynamo) => dynamo('GetItem', { TableName: 't', Key: {} })

const errorOf = async (call: Promise<unknown>): Promise<DynamoError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof DynamoError)) throw new Error(`expected a DynamoError, got ${String(error)}`)
  return error
}

let store: Awaited<ReturnType<typeof freshStore>>
beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.stop())

const clients: [string, () => Dynamo][] = [
  ['the thin client', () => thin(store.endpoint)],
  ["the SDK's client", () => sdkDynamo(store.client)],
]

describe.each(clients)('%s', (name, make) => {
  const key = { pk: { S: `client ${name}` }, sk: { S: '-' } }
  const guarded = (value: string) => ({
    TableName: 'purser',
    Item: { ...key, text: { S: value } },
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  })

  it('gives back what was put, whatever the letters', async () => {
    const dynamo = make()

    await dynamo('PutItem', guarded('Zoë 💸 "quoted"'))
    const { Item } = await dynamo('GetItem', { TableName: 'purser', Key: key, ConsistentRead: true })

    expect(Item?.text?.S).toBe('Zoë 💸 "quoted"')
  })

  it('tells a failed condition with the item that failed it', async () => {
    const error = await errorOf(make()('PutItem', guarded('other')))

    expect(error).toMatchObject({ certainty: 'no', code: 'ConditionalCheckFailedException' })
    expect(error.item?.text?.S).toBe('Zoë 💸 "quoted"')
  })

  it('tells the reasons of a cancelled transaction', async () => {
    const fine = { Put: { TableName: 'purser', Item: { pk: { S: `fine ${name}` }, sk: { S: '-' } } } }

    const error = await errorOf(make()('TransactWriteItems', { TransactItems: [fine, { Put: { ...guarded('x') } }] }))

    expect(error).toMatchObject({ certainty: 'no', code: 'TransactionCanceledException' })
    expect(error.reasons).toEqual(['None', 'ConditionalCheckFailed'])
  })

  it('calls what the service refuses for another reason a definite no', async () => {
    const error = await errorOf(make()('GetItem', { TableName: 'no-such-table', Key: key }))

    expect(error).toMatchObject({ certainty: 'no', code: 'ResourceNotFoundException' })
  })
})

describe('the thin client without an answer', () => {
  const servers: Server[] = []
  afterEach(() => servers.splice(0).forEach((server) => server.close()))

  const listen = (server: Server) =>
    new Promise<string>((resolve) => {
      servers.push(server)
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`)
      })
    })

  it('counts the answer as lost, and sends once, where the connection breaks after the request', async () => {
    let requests = 0
    const endpoint = await listen(
      createTcpServer((socket) =>
        socket.on('data', (data) => {
          requests += data.toString().split('POST / ').length - 1
          socket.destroy()
        }),
      ),
    )

    const error = await errorOf(get(thin(endpoint)))
    await new Promise((resolve) => setTimeout(resolve, 50))

    expect(error.certainty).toBe('lost')
    expect(requests).toBe(1)
  })

  it('counts it as lost where a kept connection breaks', async () => {
    let requests = 0
    const server = createServer((request, response) => {
      request.resume()
      if (++requests === 1) response.end('{}')
      else request.socket.destroy()
    })
    const dynamo = thin(await listen(server))

    await get(dynamo)
    const error = await errorOf(get(dynamo))
    await new Promise((resolve) => setTimeout(resolve, 50))

    expect(error.certainty).toBe('lost')
    expect(requests).toBe(2)
  })

  it('counts it as lost where none comes in time', async () => {
    const sockets: { destroy(): void }[] = []
    const endpoint = await listen(createTcpServer((socket) => sockets.push(socket)))

    const error = await errorOf(get(thin(endpoint, 50)))
    for (const socket of sockets) socket.destroy()

    expect(error.certainty).toBe('lost')
  })

  it('counts a reply that ends too early as lost', async () => {
    const endpoint = await listen(
      createTcpServer((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"Item":')),
      ),
    )

    expect((await errorOf(get(thin(endpoint)))).certainty).toBe('lost')
  })

  it.each([
    [500, '{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}', 'lost'],
    [503, 'busy', 'lost'],
    [404, '<html>some proxy</html>', 'lost'],
    [200, '<html>some portal</html>', 'lost'],
    [400, '{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}', 'no'],
    [400, '{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException"}', 'no'],
  ])('takes HTTP %i with %s for certainty "%s"', async (status, body, certainty) => {
    const endpoint = await listen(createServer((_, response) => response.writeHead(status).end(body)))

    expect((await errorOf(get(thin(endpoint)))).certainty).toBe(certainty)
  })

  it('knows that nothing happened where nothing could be sent', async () => {
    // Not a port that was just closed, which the next to ask for one may get.
    const nobody = 'http://127.0.0.1:9'

    expect(await errorOf(get(thin(nobody)))).toMatchObject({ certainty: 'no', code: 'NotSent' })
  })

  it('puts events under their own target, signed', async () => {
    let seen: Record<string, unknown> = {}
    const server = createServer((request, response) => {
      seen = request.headers
      request.resume()
      response.end('{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}')
    })

    const answer = await signedEvents({ endpoint: await listen(server), region: 'eu-west-1', credentials })({
      Entries: [{ Source: 'purser', DetailType: 'x', Detail: '{}' }],
    })

    expect(answer.Entries).toEqual([{ EventId: '1' }])
    expect(seen['x-amz-target']).toBe('AWSEvents.PutEvents')
    expect(seen.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=local\/\d{8}\/eu-west-1\/events\/aws4_request/)
  })

  it("signs as AWS's own signer does", async () => {
    let seen: { headers: Record<string, string>; body: string } | undefined
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        seen = { headers: request.headers as Record<string, string>, body }
        response.end('{}')
      })
    })
    const secret = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' }
    const endpoint = await listen(server)

    await get(signedDynamo({ endpoint, region: 'eu-west-1', credentials: async () => secret }))
    const { headers = {}, body = '' } = seen ?? {}
    const date = headers['x-amz-date'] ?? ''
    const { hostname, host } = new URL(endpoint)
    const reference = new SignatureV4({
      service: 'dynamodb',
      region: 'eu-west-1',
      credentials: secret,
      sha256: Sha256,
      applyChecksum: false,
    })
    const signed = await reference.sign(
      {
        method: 'POST',
        protocol: 'http:',
        hostname,
        path: '/',
        query: {},
        headers: { host, 'content-type': headers['content-type'] ?? '', 'x-amz-target': headers['x-amz-target'] ?? '' },
        body,
      },
      { signingDate: new Date(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')) },
    )

    expect(headers.authorization).toBe(signed.headers.authorization)
    expect(headers['x-amz-security-token']).toBe('session')
  })
})
