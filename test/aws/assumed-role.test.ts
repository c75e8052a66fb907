import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { signers } from '../../lib/aws/signers.ts'
import type { AwsIdentity, AwsRole, UpstreamRequest } from '../../lib/core/ports.ts'

const start = Date.UTC(2026, 10, 21, 12)
const own = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'own-secret' }
const role: AwsRole = { arn: 'arn:aws:iam::1:role/models', sessionName: 'me', externalId: 'x y' }
const request = {
  method: 'POST' as const,
  url: 'https://bedrock-runtime.eu-central-1.amazonaws.com/model/m/converse',
  headers: { 'content-type': 'application/json' },
  body: '{}',
}
const directory = mkdtempSync(join(tmpdir(), 'purser-token-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** A token service that lends other keys every time, for an hour. */
function scene(answer?: { status: number; body: string }) {
  const asked: UpstreamRequest[] = []
  let now = start
  const sign = signers({
    credentials: async () => ({ accessKeyId: 'ROLE', secretAccessKey: 'role-secret', sessionToken: 'session' }),
    clock: { now: () => now, sleep: async () => {} },
    upstream: async (sent) => {
      const nth = asked.push(sent)
      const until = new Date(now + 3_600_000).toISOString()
      const keys = `<AccessKeyId>LENT${nth}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t${nth}</SessionToken>`
      const xml = `<AssumeRoleResponse><AssumeRoleResult><Credentials>${keys}<Expiration>${until}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
      const { status, body } = answer ?? { status: 200, body: xml }
      return { status, headers: {}, body: pieces(body) }
    },
  })
  const by = async (identity: AwsIdentity, region = 'eu-central-1') =>
    sign({ scheme: 'sigv4', service: 'bedrock', region, ...identity }, request)
  return { asked, by, wait: (ms: number) => (now += ms) }
}

async function* pieces(text: string) {
  yield Buffer.from(text)
}
const formOf = ({ body }: UpstreamRequest) => Object.fromEntries(new URLSearchParams(String(body)))

describe('a role', () => {
  it('is assumed by the function’s own, and signs with what was lent', async () => {
    const { asked, by } = scene()

    const headers = await by({ role })

    expect(headers.authorization).toContain('Credential=LENT1/20261121/eu-central-1/bedrock/')
    expect(headers['x-amz-security-token']).toBe('t1')
    expect(asked[0]?.url).toBe('https://sts.eu-central-1.amazonaws.com/')
    expect(asked[0]?.headers.authorization).toContain('Credential=ROLE/20261121/eu-central-1/sts/')
    expect(asked[0] && formOf(asked[0])).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: role.arn,
      RoleSessionName: 'me',
      ExternalId: 'x y',
    })
  })

  it('is asked for once at a time, and again five minutes before what was lent expires', async () => {
    const { asked, by, wait } = scene()

    await Promise.all([by({ role }), by({ role }), by({ role })])
    wait(54 * 60_000)
    await by({ role })
    expect(asked).toHaveLength(1)
    wait(2 * 60_000)
    expect((await by({ role })).authorization).toContain('Credential=LENT2/')
  })

  it('is another one for other keys, other sessions and other regions', async () => {
    const { asked, by } = scene()

    await by({ role })
    await by({ role, credentials: own })
    await by({ role: { ...role, sessionName: 'you' } })
    await by({ role }, 'cn-north-1')

    expect(asked).toHaveLength(4)
    expect(asked[1]?.headers.authorization).toContain('Credential=AKIDEXAMPLE/')
    expect(asked[3]?.url).toBe('https://sts.cn-north-1.amazonaws.com.cn/')
  })

  it.each(['the token', 'file'])('is assumed with the token of another identity, unsigned: %s', async (written) => {
    const file = join(directory, 'token')
    writeFileSync(file, 'the token\n')
    const { asked, by } = scene()
    const webIdentity = written === 'file' ? `oidc/file${file}` : written

    await by({ role: { arn: role.arn, webIdentity, stsEndpoint: 'https://sts.example/' } })

    expect(asked[0]?.url).toBe('https://sts.example/')
    expect(asked[0]?.headers).not.toHaveProperty('authorization')
    expect(asked[0] && formOf(asked[0])).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      WebIdentityToken: 'the token',
      RoleSessionName: 'purser',
    })
  })

  it('that must not be assumed says so, without words of the service, and is asked for again', async () => {
    const { asked, by } = scene({
      status: 403,
      body: '<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: secret</Message></Error></ErrorResponse>',
    })

    for (const _ of [1, 2])
      await expect(by({ role })).rejects.toThrow(
        /^AWS does not let the gateway assume arn:aws:iam::1:role\/models \(status 403, AccessDenied\)/,
      )
    expect(asked).toHaveLength(2)
  })
})

describe('a profile', () => {
  it('that is not there says what to do', async () => {
    const { by } = scene()

    await expect(by({ profile: 'nobody-has-this' })).rejects.toThrow(/no AWS credentials in profile `nobody-has-this`/)
  })
})
