import { GatewayError } from '../core/errors.ts'
import type { AwsCredentials, Clock, Sign, Signing, Upstream } from '../core/ports.ts'
import type { assumedRoles } from './assumed-role.ts'

export type SignerOptions = {
  /** Of the function's own role, or of whoever runs the local gateway. */
  credentials: () => Promise<AwsCredentials>
  upstream: Upstream
  clock: Clock
}

/** Credentials that are made for a call. What makes them is loaded by the first call that needs it, and keeps its tokens. */
export function signers({ credentials, upstream, clock }: SignerOptions): Sign {
  let tokens: Promise<Sign> | undefined
  let roles: Promise<ReturnType<typeof assumedRoles>> | undefined
  const profiles = new Map<string, Promise<() => Promise<AwsCredentials>>>()
  const lender = async () => (await import('./assumed-role.ts')).assumedRoles(upstream, clock)
  const inProfile = async (name: string) => {
    const known = profiles.get(name) ?? import('./credentials.ts').then(({ profileOf }) => profileOf(name))
    profiles.set(name, known)
    return (await known)()
  }
  const keysOf = async ({ role, region, ...own }: Extract<Signing, { scheme: 'sigv4' }>) => {
    const { credentials: written, profile } = own
    const base = async () => written ?? (await (profile === undefined ? credentials() : inProfile(profile)))
    if (!role) return base()
    return (await (roles ??= lender()))({ role, region, keys: base, whose: JSON.stringify([written, profile]) })
  }
  const issuer = async () => (await import('../net/tokens.ts')).tokenSigner(upstream, clock)
  return async (signing, request) => {
    if (signing.scheme !== 'sigv4') return (await (tokens ??= issuer()))(signing, request)
    const { signV4 } = await import('./sigv4.ts')
    const keys = await keysOf(signing)
    return signV4(signing, request, { keys, at: clock.now() })
  }
}

/** The credentials of whoever runs a local gateway, by the variables that AWS's tools read. */
export function credentialsIn(env: Record<string, string | undefined>): AwsCredentials {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env
  if (!accessKeyId || !secretAccessKey)
    throw new GatewayError('upstream_auth', {
      message:
        'The gateway has no AWS credentials: its operator must set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or aws_access_key_id and aws_secret_access_key of the model.',
    })
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}
