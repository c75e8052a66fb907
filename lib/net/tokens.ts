import { createSign } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'
import { numberOf, objectOf, stringOf, tryParse } from '../core/json.ts'
import type { Clock, Sign, Signing, Upstream } from '../core/ports.ts'

type Token = { value: string; expires: number }
type Issued = Exclude<Signing, { scheme: 'sigv4' }>

/** A token is replaced this long before it expires, so that no request arrives with a stale one. */
const marginMs = 120_000
const issueMs = 10_000

/** OAuth tokens for Google service accounts and Entra applications: asked for once at a time, kept until shortly before they expire. */
export function tokenSigner(upstream: Upstream, clock: Clock): Sign {
  const kept = new Map<string, Promise<Token>>()
  const tokenOf = async (signing: Issued): Promise<string> => {
    const key = JSON.stringify(signing)
    const known = await kept.get(key)?.catch(() => undefined)
    if (known && known.expires - marginMs > clock.now()) return known.value
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
  const { url, form } =
    signing.scheme === 'google' ? googleForm(signing.serviceAccount, clock.now()) : entraForm(signing)
  const reply = await upstream({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams(form).toString(),
    connectTimeoutMs: issueMs,
    headersTimeoutMs: issueMs,
    signal: AbortSignal.timeout(issueMs),
  })
  const parts: Uint8Array[] = []
  for await (const part of reply.body) parts.push(part)
  const body = objectOf(tryParse(Buffer.concat(parts).toString()))
  const value = stringOf(body.access_token)
  if (reply.status !== 200 || value === undefined) throw refused(signing, reply.status, stringOf(body.error))
  return { value, expires: clock.now() + (numberOf(body.expires_in) ?? 3600) * 1000 }
}

const refused = (signing: Issued, status: number, error: string | undefined) =>
  new GatewayError('upstream_auth', {
    message: `The token service of ${signing.scheme} refused the gateway's credentials (status ${status}${error === undefined ? '' : `, ${error.slice(0, 100)}`}): its operator must correct them.`,
  })

const scope = 'https://www.googleapis.com/auth/cloud-platform'

/** A JWT bearer grant (RFC 7523), as service accounts use it. Throws a GatewayError where the key file is none. */
function googleForm(file: string | undefined, now: number): { url: string; form: Record<string, string> } {
  const account = objectOf(tryParse(file ?? ''))
  const [email, key] = [stringOf(account.client_email), stringOf(account.private_key)]
  const url = stringOf(account.token_uri) ?? 'https://oauth2.googleapis.com/token'
  if (email === undefined || key === undefined)
    throw new GatewayError('upstream_auth', {
      message:
        'The gateway has no Google service account: its operator must set vertex_credentials to the JSON of a key file (client_email, private_key).',
    })
  const seconds = Math.floor(now / 1000)
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = part({
    alg: 'RS256',
    typ: 'JWT',
    ...(typeof account.private_key_id === 'string' && { kid: account.private_key_id }),
  })
  const text = `${head}.${part({ iss: email, scope, aud: url, iat: seconds, exp: seconds + 3600 })}`
  const assertion = `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`
  return { url, form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion } }
}

const entraForm = ({ tenantId, clientId, clientSecret, scope: wanted }: Extract<Issued, { scheme: 'entra' }>) => ({
  url: `https://login.microsoftonline.com/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
  form: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope: wanted },
})
