import { GatewayError } from '../core/errors.ts'
import type { Call } from '../core/http.ts'
import { looksLikeArn } from '../core/principal.ts'
import type { GlobalRecord, KeyRecord, TeamRecord, UserRecord } from '../core/records.ts'
import { hashKey, hashPrincipal } from './key-hash.ts'
import { isMaster } from './master.ts'
import type { RecordCache } from './record-cache.ts'

/** Who calls. Without a key it is the administrator: the master key counts against no budget but the gateway's own. */
export type Caller = { key?: KeyRecord; team?: TeamRecord; user?: UserRecord; global?: GlobalRecord }

export type AuthenticateOptions = {
  records: RecordCache
  masterKey: string | undefined
  /** `litellm_key_header_name`. */
  keyHeaderName: string | undefined
  now: number
}

/** The key as any client sends it: OpenAI's, Azure's, Anthropic's and Google's header, LiteLLM's, and one of the config's own. */
export function presentedKey(headers: Record<string, string>, ownHeader?: string): string | undefined {
  const names = [
    ownHeader?.toLowerCase(),
    'x-litellm-api-key',
    'authorization',
    'x-api-key',
    'api-key',
    'x-goog-api-key',
  ]
  for (const name of names) {
    const key = name && keyIn(headers[name]?.replace(/^bearer(?:\s+|$)/i, '').trim())
    if (key) return key
  }
  return undefined
}

/**
 * A signature of AWS is no key, but its SDKs take the key as the access key's id, which they write into it as it is; who signs
 * with an access key of AWS's own sends the key in another header. The signature itself is not looked at: the id is the secret.
 */
function keyIn(value: string | undefined): string | undefined {
  if (!value?.startsWith('AWS4-HMAC-SHA256 ')) return value
  const [, id = ''] = /Credential=([^/,\s]+)\//.exec(value) ?? []
  return /^[A-Z0-9]*$/.test(id) ? undefined : id
}

/**
 * Finds out who calls, or throws the 401 that LiteLLM's users know. Where the platform has checked a signature, its principal
 * is the key, and what the headers hold (the signature itself, for one) is not looked at.
 */
export async function authenticate(call: Call, options: AuthenticateOptions): Promise<Caller> {
  const { principal } = call
  if (principal !== undefined) return callerByHash(hashPrincipal(principal), options, () => unknownPrincipal(principal))
  const plain = presentedKey(call.headers, options.keyHeaderName)
  if (plain === undefined) throw noKey(call.headers)
  if (looksLikeArn(plain)) throw arnAsKey()
  if (isMaster(plain, options.masterKey)) return callerOf({}, await options.records.scope('global', '-'))
  return callerByHash(hashKey(plain), options, () => unknownKey(plain))
}

const noKey = ({ authorization }: Call['headers']): GatewayError =>
  new GatewayError('no_key', {
    ...(authorization?.startsWith('AWS4-') && {
      message:
        "Authentication Error, No api key passed in: use the gateway's key as the signature's access key id, or send it in x-api-key.",
    }),
  })

async function callerByHash(hash: string, options: AuthenticateOptions, unknown: () => GatewayError): Promise<Caller> {
  const { records, now } = options
  const [key, global] = await Promise.all([records.keyByHash(hash), records.scope('global', '-')])
  if (!key) throw unknown()
  const [team, user] = await Promise.all([
    key.teamId === undefined ? undefined : records.scope('team', key.teamId),
    key.userId === undefined ? undefined : records.scope('user', key.userId),
  ])
  check(key, team, now)
  return callerOf({ key, ...(team && { team }), ...(user && { user }) }, global)
}

const callerOf = (caller: Caller, global: GlobalRecord | undefined): Caller => (global ? { ...caller, global } : caller)

/** Anybody can write an ARN down; who has it is shown by a signature, at the URL that asks for one. */
const arnAsKey = (): GatewayError =>
  new GatewayError('unknown_key', {
    message:
      'Authentication Error, the ARN of an IAM principal is not a secret and cannot be sent as a key. Sign the request with SigV4 and send it to IamUrl.',
    param: 'key',
    publicCode: '401',
    type: 'auth_error',
  })

const unknownPrincipal = (principal: string): GatewayError =>
  new GatewayError('unknown_key', {
    message: `Authentication Error, there is no key for ${principal}. Make one with POST /key/generate {"key": "${principal}"}.`,
    param: 'key',
    publicCode: '401',
  })

function unknownKey(plain: string): GatewayError {
  const shown = plain.length > 12 ? `${plain.slice(0, 3)}...${plain.slice(-4)}` : 'a short key'
  const words = plain.startsWith('sk-')
    ? `Authentication Error, Invalid proxy server token passed. Received API Key = ${shown}. Unable to find token. Make a key with POST /key/generate.`
    : `Authentication Error, LiteLLM Virtual Key expected. Received=${shown}, expected to start with 'sk-'.`
  // LiteLLM's type for what does not even look like a key.
  const type = plain.startsWith('sk-') ? {} : { type: 'auth_error' }
  return new GatewayError('unknown_key', { message: words, param: 'key', publicCode: '401', ...type })
}

function check(key: KeyRecord, team: TeamRecord | undefined, now: number): void {
  if (key.terms.blocked) {
    throw new GatewayError('blocked', {
      message: "Authentication Error, Key is blocked. Update via `/key/unblock` if you're admin.",
    })
  }
  if (key.expires !== undefined && key.expires <= now) {
    const [at, time] = [new Date(key.expires).toISOString(), new Date(now).toISOString()]
    throw new GatewayError('expired_key', {
      message: `Authentication Error - Expired Key. Key Expiry time ${at} and current time ${time}`,
    })
  }
  // A key whose team is gone must not outlive the team's limits.
  if (key.teamId !== undefined && !team) {
    throw new GatewayError('blocked', { message: `Authentication Error, the key's team ${key.teamId} does not exist.` })
  }
  if (team?.terms.blocked) {
    throw new GatewayError('blocked', {
      message: `Team=${team.id} is blocked. Update via \`/team/unblock\` if you're admin.`,
    })
  }
}
