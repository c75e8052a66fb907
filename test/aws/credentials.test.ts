import { createServer } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { credentialsOf } from '../../lib/aws/credentials.ts'

let asked: (string | undefined)[] = []
let lifeMs = 0
const server = createServer((request, response) => {
  asked.push(request.headers.authorization)
  const Expiration = new Date(Date.now() + lifeMs).toISOString()
  const given = { AccessKeyId: `id-${asked.length}`, SecretAccessKey: 'secret', Token: 'token', Expiration }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(given))
})

let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/credentials`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
afterEach(() => vi.unstubAllEnvs())

/** The SDK's chain reads the environment of the process itself. */
function containerEnvironment(): Record<string, string | undefined> {
  asked = []
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
  vi.stubEnv('AWS_PROFILE', undefined)
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere')
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', url)
  vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'Bearer of-the-process')
  return process.env
}

describe('credentials', () => {
  it('are those of the environment at the moment they are asked for', async () => {
    const env: Record<string, string> = { AWS_ACCESS_KEY_ID: 'old', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' }
    const credentials = credentialsOf(env)
    const before = await credentials()
    env.AWS_ACCESS_KEY_ID = 'new'
    delete env.AWS_SESSION_TOKEN

    expect(before).toEqual({ accessKeyId: 'old', secretAccessKey: 's', sessionToken: 't' })
    expect(await credentials()).toEqual({ accessKeyId: 'new', secretAccessKey: 's' })
  })

  it('are fetched from the address of the environment with its token, and kept while they last', async () => {
    lifeMs = 3_600_000
    const credentials = credentialsOf(containerEnvironment())

    const first = await Promise.all([credentials(), credentials()])
    const second = await credentials()

    expect(second).toEqual({ accessKeyId: 'id-1', secretAccessKey: 'secret', sessionToken: 'token' })
    expect(first).toEqual([second, second])
    expect(asked).toEqual(['Bearer of-the-process'])
  })

  it('are fetched anew in their last minutes, behind those that still serve', async () => {
    lifeMs = 60_000
    const credentials = credentialsOf(containerEnvironment())

    const ids = [(await credentials()).accessKeyId, (await credentials()).accessKeyId]
    await expect.poll(async () => (await credentials()).accessKeyId).not.toBe('id-1')

    expect(ids).toEqual(['id-1', 'id-1'])
  })

  it('that have expired are not used again', async () => {
    lifeMs = -1000
    const credentials = credentialsOf(containerEnvironment())

    const ids = [(await credentials()).accessKeyId, (await credentials()).accessKeyId]

    expect(ids).toEqual(['id-1', 'id-2'])
  })

  it('that are nowhere are an error that says where they are looked for', async () => {
    await expect(credentialsOf({})()).rejects.toThrow(/AWS_ACCESS_KEY_ID.*AWS_CONTAINER_CREDENTIALS_FULL_URI/)
  })
})
