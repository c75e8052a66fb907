import { readFile } from 'node:fs/promises'
import { GatewayError } from '../core/errors.ts'
import type { AwsCredentials, AwsRole, Clock, Upstream } from '../core/ports.ts'
import { signV4 } from './sigv4.ts'

type Lent = { keys: AwsCredentials; expires: number }
type Asking = { role: AwsRole; region: string; keys: () => Promise<AwsCredentials>; whose: string }

/** Credentials are replaced this long before they expire, so that no signature arrives with stale ones. */
const marginMs = 5 * 60_000
const patienceMs = 10_000

/** Credentials of roles, by AWS's Security Token Service: asked for once at a time, kept until shortly before they expire. */
export function assumedRoles(upstream: Upstream, clock: Clock): (asking: Asking) => Promise<AwsCredentials> {
  const kept = new Map<string, Promise<Lent>>()
  return async (asking) => {
    const name = JSON.stringify([asking.role, asking.region, asking.whose])
    const before = kept.get(name)
    const known = before && (await before.catch(() => undefined))
    if (known && known.expires - marginMs > clock.now()) return known.keys
    // Who waited for the same old ones finds new ones already asked for.
    const latest = kept.get(name)
    if (latest && latest !== before) return (await latest).keys
    const asked = assume(upstream, clock, asking)
    kept.set(name, asked)
    return (await asked).keys
  }
}

/** `AssumeRole`, or with the token of another identity `AssumeRoleWithWebIdentity`, which nobody signs (API reference of AWS STS). */
async function assume(upstream: Upstream, clock: Clock, { role, region, keys }: Asking): Promise<Lent> {
  const url = role.stsEndpoint ?? `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`
  const token = role.webIdentity === undefined ? undefined : await tokenOf(role.webIdentity)
  const body = new URLSearchParams({
    Action: token === undefined ? 'AssumeRole' : 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role.arn,
    RoleSessionName: role.sessionName ?? 'purser',
    ...(token !== undefined && { WebIdentityToken: token }),
    ...(token === undefined && role.externalId !== undefined && { ExternalId: role.externalId }),
  }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const request = { method: 'POST' as const, url, headers, body }
  const signing = { scheme: 'sigv4', service: 'sts', region } as const
  const signed = token === undefined ? await signV4(signing, request, { keys: await keys(), at: clock.now() }) : {}
  const reply = await upstream({
    ...request,
    headers: { ...headers, ...signed },
    connectTimeoutMs: patienceMs,
    headersTimeoutMs: patienceMs,
    signal: AbortSignal.timeout(patienceMs),
  })
  const parts: Uint8Array[] = []
  for await (const part of reply.body) parts.push(part)
  return lent(role, reply.status, Buffer.concat(parts).toString())
}

/** The answer's XML is flat where it matters. */
function lent({ arn }: AwsRole, status: number, xml: string): Lent {
  const said = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]
  const [accessKeyId, secretAccessKey] = [said('AccessKeyId'), said('SecretAccessKey')]
  const sessionToken = said('SessionToken')
  const expires = Date.parse(said('Expiration') ?? '')
  if (status === 200 && accessKeyId && secretAccessKey && sessionToken && !Number.isNaN(expires))
    return { keys: { accessKeyId, secretAccessKey, sessionToken }, expires }
  throw new GatewayError('upstream_auth', {
    message: `AWS does not let the gateway assume ${arn} (status ${status}${said('Code') ? `, ${said('Code')}` : ''}): its operator must let the role trust the gateway's identity, which needs the right sts:AssumeRole on it.`,
  })
}

/** A token, or the path of a file that holds one: read anew each time, for whoever writes it renews it. */
async function tokenOf(written: string): Promise<string> {
  const path = written.replace(/^oidc\/file\//, '/').replace(/^\/\//, '/')
  if (!path.startsWith('/')) return written.trim()
  const read = await readFile(path, 'utf8').catch(() => undefined)
  if (read !== undefined) return read.trim()
  throw new GatewayError('upstream_auth', {
    message: `The gateway cannot read the token at ${path}: its operator must correct aws_web_identity_token.`,
  })
}
