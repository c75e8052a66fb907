import { GatewayError } from '../core/errors.ts'
import { numberOf, objectOf, stringOf, tryParse } from '../core/json.ts'
import type { Clock, Sign, Signing, Upstream } from '../core/ports.ts'
import { googleForm, scope as googleScope, type TokenForm } from './google-form.ts'

type Token = { value: string; expires: number }
type Issued = Exclude<Signing, { scheme: 'sigv4' }>

/** A token is replaced this long before it expires, so that no request arrives with a stale one. */
const marginMs = 120_000
const issueMs = 10_000

/** OAuth tokens for Google service accounts, Entra applications and IBM Cloud keys: asked for once at a time, kept until shortly before they expire. */
export function tokenSigner(upstream: Upstream, clock: Clock): Sign {
  const kept = new Map<string, Promise<Token>>()
  const tokenOf = async (signing: Issued): Promise<string> => {
    const key = JSON.stringify(signing)
    const before = kept.get(key)
    const known = before && (await before.catch(() => undefined))
    if (known && known.expires - marginMs > clock.now()) return known.value
    // Who waited for the same old token finds the new one already asked for.
    const latest = kept.get(key)
    if (latest && latest !== before) return (await latest).value
    const asked = issue(upstream, clock, signing)
    kept.set(key, asked)
    return (await asked).value
  }
  return async (signing) => {
    if (signing.scheme === 'sigv4') throw new GatewayError('internal', { cause: 'a signature is no token' })
    return { authorization: `Bearer ${await tokenOf(signing)}` }
  }
}

async function issue(upstream: Upstream, clock: Clock, signing: Issued): Promise<Token> {
  const { url, form, impersonate } = await formOf(signing, clock.now())
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { status, body } = await post(upstream, { url, headers, body: new URLSearchParams(form).toString() })
  const value = stringOf(body.access_token)
  if (status !== 200 || value === undefined) throw refused(signing, status, stringOf(body.error))
  if (impersonate !== undefined) return impersonated(upstream, signing, { url: impersonate, value })
  return { value, expires: clock.now() + (numberOf(body.expires_in) ?? 3600) * 1000 }
}

/** A token of a service account for one that may act as it (IAM Credentials API, generateAccessToken). */
async function impersonated(
  upstream: Upstream,
  signing: Issued,
  { url, value }: { url: string; value: string },
): Promise<Token> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${value}` }
  const { status, body } = await post(upstream, { url, headers, body: JSON.stringify({ scope: [googleScope] }) })
  const token = stringOf(body.accessToken)
  const expires = Date.parse(stringOf(body.expireTime) ?? '')
  if (status === 200 && token !== undefined && !Number.isNaN(expires)) return { value: token, expires }
  throw refused(signing, status, stringOf(objectOf(body.error).status))
}

async function post(upstream: Upstream, of: { url: string; headers: Record<string, string>; body: string }) {
  const reply = await upstream({
    ...of,
    method: 'POST',
    headers: { ...of.headers, accept: 'application/json' },
    connectTimeoutMs: issueMs,
    headersTimeoutMs: issueMs,
    signal: AbortSignal.timeout(issueMs),
  })
  const parts: Uint8Array[] = []
  for await (const part of reply.body) parts.push(part)
  return { status: reply.status, body: objectOf(tryParse(Buffer.concat(parts).toString())) }
}

function formOf(signing: Issued, now: number): TokenForm | Promise<TokenForm> {
  switch (signing.scheme) {
    case 'google':
      return googleForm(signing.serviceAccount, now)
    case 'entra':
      return entraForm(signing)
    case 'ibm_iam':
      return ibmForm(signing.apiKey)
  }
}

const refused = (signing: Issued, status: number, error: string | undefined) =>
  new GatewayError('upstream_auth', {
    message: `The token service of ${signing.scheme} refused the gateway's credentials (status ${status}${error === undefined ? '' : `, ${error.slice(0, 100)}`}): its operator must correct them.`,
  })

const entraForm = ({ tenantId, clientId, clientSecret, scope: wanted }: Extract<Issued, { scheme: 'entra' }>) => ({
  url: `https://login.microsoftonline.com/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
  form: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope: wanted },
})

/** IBM Cloud IAM's grant for API keys (cloud.ibm.com/apidocs/iam-identity-token-api). */
const ibmForm = (apiKey: string) => ({
  url: 'https://iam.cloud.ibm.com/identity/token',
  form: { grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: apiKey },
})
