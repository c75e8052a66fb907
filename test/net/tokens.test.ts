import { createVerify, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import type { SignedRequest, Upstream } from '../../lib/core/ports.ts'
import { tokenSigner } from '../../lib/net/tokens.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const account = {
  type: 'service_account',
  client_email: 'gateway@p-1.iam.gserviceaccount.com',
  private_key: pem,
  private_key_id: 'kid-1',
}
const request: SignedRequest = { method: 'POST', url: 'https://x.example', headers: {}, body: '' }

/** A token service that numbers its tokens, each good for an hour. */
function service(status = 200) {
  const asked: { url: string; form: URLSearchParams; authorization: string | undefined }[] = []
  const time = { now: 1_700_000_000_000 }
  const upstream: Upstream = async ({ url, body, headers }) => {
    asked.push({ url, form: new URLSearchParams(String(body)), authorization: headers.authorization })
    const until = new Date(time.now + 3_600_000).toISOString()
    const token = url.endsWith(':generateAccessToken')
      ? { accessToken: `acting${asked.length}`, expireTime: until }
      : { access_token: `t${asked.length}`, expires_in: 3600 }
    const reply = status === 200 ? token : { error: 'invalid_grant' }
    async function* bytes() {
      yield Buffer.from(JSON.stringify(reply))
    }
    return { status, headers: {}, body: bytes() }
  }
  const sign = tokenSigner(upstream, { now: () => time.now, sleep: async () => {} })
  const google = (credentials: unknown) =>
    sign(
      {
        scheme: 'google',
        serviceAccount: typeof credentials === 'string' ? credentials : JSON.stringify(credentials),
      },
      request,
    )
  return { asked, time, google, sign }
}

describe('a token for a Google service account', () => {
  it('is asked for with a signed assertion of who wants what', async () => {
    const { google, asked, time } = service()

    expect(await google(account)).toEqual({ authorization: 'Bearer t1' })

    expect(asked[0]?.url).toBe('https://oauth2.googleapis.com/token')
    expect(asked[0]?.form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [head = '', claims = '', signature = ''] = asked[0]?.form.get('assertion')?.split('.') ?? []
    const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(decoded(head)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'kid-1' })
    expect(decoded(claims)).toEqual({
      iss: account.client_email,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: 'https://oauth2.googleapis.com/token',
      iat: time.now / 1000,
      exp: time.now / 1000 + 3600,
    })
    const verified = createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url')
    expect(verified).toBe(true)
  })

  it('is kept until shortly before it expires, and asked for once however many want it', async () => {
    const { google, asked, time } = service()

    await Promise.all([google(account), google(account), google(account)])
    time.now += 3_400_000
    await google(account)
    expect(asked).toHaveLength(1)

    time.now += 100_000
    const renewed = await Promise.all([google(account), google(account)])
    expect(renewed).toEqual([{ authorization: 'Bearer t2' }, { authorization: 'Bearer t2' }])
    expect(asked).toHaveLength(2)
  })

  it('is exchanged for the token of another identity, and that for one of a service account', async () => {
    const { google, asked } = service()
    const file = join(mkdtempSync(join(tmpdir(), 'purser-federated-')), 'token.json')
    writeFileSync(file, JSON.stringify({ id_token: 'theirs' }))
    const federated = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      token_url: 'https://sts.googleapis.com/v1/token',
      credential_source: { file, format: { type: 'json', subject_token_field_name: 'id_token' } },
    }
    const impersonating = {
      ...federated,
      service_account_impersonation_url: 'https://iam.example/v1/sa:generateAccessToken',
    }

    expect(await google(federated)).toEqual({ authorization: 'Bearer t1' })
    expect(asked[0]?.url).toBe(federated.token_url)
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: federated.audience,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      subject_token_type: federated.subject_token_type,
      subject_token: 'theirs',
    })
    expect(await google(impersonating)).toEqual({ authorization: 'Bearer acting3' })
    expect(asked[2]?.authorization).toBe('Bearer t2')
  })

  it.each([
    [{ environment_id: 'aws1' }, /credential_source is environment_id, and only a file is read/],
    [{ file: '/nowhere/token' }, /credential_source \/nowhere\/token cannot be read/],
  ])('of a federation that says %j is refused with what is missing', async (source, words) => {
    const { google, asked } = service()

    await expect(google({ type: 'external_account', credential_source: source })).rejects.toThrow(words)
    expect(asked).toEqual([])
  })

  it('takes a key whose line breaks went through the environment, and the path of a file', async () => {
    const { google, asked } = service()
    const file = join(mkdtempSync(join(tmpdir(), 'google-')), 'key.json')
    writeFileSync(file, JSON.stringify(account))

    await google({ ...account, private_key: pem.replaceAll('\n', '\\n') })
    await google(file)

    expect(asked).toHaveLength(2)
  })

  it('is had with a refresh token where somebody logged in by hand', async () => {
    const { google, asked } = service()

    await google({ type: 'authorized_user', client_id: 'i', client_secret: 's', refresh_token: 'r' })

    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      grant_type: 'refresh_token',
      client_id: 'i',
      client_secret: 's',
      refresh_token: 'r',
    })
  })

  it.each([
    ['/no/such/file.json', /neither JSON nor the path/],
    ['', /there is none/],
    [{ type: 'external_account' }, /credential_source is empty/],
    [{ ...account, private_key: 'secret-but-no-key' }, /private_key is no key/],
  ])('that cannot be had says what to set, and no secret (%#)', async (credentials, words) => {
    const { google } = service()

    const refusal = await google(credentials).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'upstream_auth' })
    expect(String(refusal)).toMatch(words)
    expect(String(refusal)).not.toContain('secret-but-no-key')
  })

  it('that was refused is asked for anew by the next request', async () => {
    const { google, asked } = service(401)

    await expect(google(account)).rejects.toMatchObject({ code: 'upstream_auth' })
    await expect(google(account)).rejects.toThrow(/invalid_grant/)
    expect(asked).toHaveLength(2)
  })
})

describe('a token of IBM Cloud', () => {
  it('is asked for with the key, and kept', async () => {
    const { asked, sign } = service()
    const signing = { scheme: 'ibm_iam', apiKey: 'ibm-key' } as const

    expect(await sign(signing, request)).toEqual({ authorization: 'Bearer t1' })
    expect(await sign(signing, request)).toEqual({ authorization: 'Bearer t1' })

    expect(asked).toHaveLength(1)
    expect(asked[0]?.url).toBe('https://iam.cloud.ibm.com/identity/token')
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      grant_type: 'urn:ibm:params:oauth:grant-type:apikey',
      apikey: 'ibm-key',
    })
  })

  it('is refused with words that hold no key', async () => {
    const { sign } = service(400)

    await expect(sign({ scheme: 'ibm_iam', apiKey: 'ibm-key' }, request)).rejects.toThrow(
      /^The token service of ibm_iam refused the gateway's credentials \(status 400, invalid_grant\)/,
    )
  })
})
