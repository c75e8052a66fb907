import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { signedSecrets } from '../../lib/aws/signed.ts'

type Answer = { status: number; body: object } | 'reset'

let answers: Answer[] = []
const heard: { target: unknown; body: string; signed: boolean }[] = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const { authorization = '', 'x-amz-target': target } = request.headers
    heard.push({ target, body, signed: authorization.includes('/us-east-1/secretsmanager/aws4_request') })
    const answer = answers.shift() ?? { status: 200, body: { SecretString: '{"A":"1"}' } }
    if (answer === 'reset') request.socket.destroy()
    else response.writeHead(answer.status).end(JSON.stringify(answer.body))
  })
})

let endpoint = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  endpoint = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  answers = []
  heard.length = 0
})

const read = () => {
  const credentials = async () => ({ accessKeyId: 'id', secretAccessKey: 'secret' })
  return signedSecrets({ endpoint, region: 'us-east-1', credentials })('purser')
}

describe('signedSecrets', () => {
  it('reads a secret by one signed call', async () => {
    expect(await read()).toBe('{"A":"1"}')
    expect(heard).toEqual([{ target: 'secretsmanager.GetSecretValue', body: '{"SecretId":"purser"}', signed: true }])
  })

  it('asks again where no answer came, and where the service asks to come back', async () => {
    answers = ['reset', { status: 400, body: { __type: 'ThrottlingException' } }]

    expect(await read()).toBe('{"A":"1"}')
    expect(heard).toHaveLength(3)
  })

  it('gives up after three tries', async () => {
    answers = Array.from({ length: 5 }, () => ({ status: 503, body: {} }))

    await expect(read()).rejects.toThrow('503')
    expect(heard).toHaveLength(3)
  })

  it("tells the service's word where asking again is of no use", async () => {
    answers = [
      { status: 400, body: { __type: 'AccessDeniedException', Message: 'no identity-based policy allows it' } },
    ]

    await expect(read()).rejects.toThrow('no identity-based policy allows it')
    expect(heard).toHaveLength(1)
  })
})
