import type { Deployment } from '../core/deployment.ts'
import { GatewayError } from '../core/errors.ts'
import type { AwsIdentity, Signing } from '../core/ports.ts'
import type { Auth } from './auth.ts'
import type { Provider } from './provider.ts'
import { isAccessToken, isApiKey } from './vertex-url.ts'

/** What of a request decides with which credentials it goes. */
export type CredentialsRequest = {
  /** `api_base` and key with their secrets resolved. */
  apiBase?: string
  key?: string
  /** How the key travels, where that is not the row's own way. */
  auth?: Auth
  /** What the names in braces of the row's base URL stand for. */
  variables?: Readonly<Record<string, string>>
  /** Whose signature it is, where the entry says so. */
  aws?: AwsIdentity
}

/** A request's headers with its credentials among them; or how it is to be signed, once its body is known. Throws `upstream_auth` where a key is missing. */
export function credentialsOf(
  deployment: Deployment,
  provider: Provider,
  request: CredentialsRequest,
): { headers: Record<string, string>; signing?: Signing } {
  const headers: Record<string, string> = { ...provider.headers }
  const key = request.key?.trim()
  const { auth = provider.auth } = request
  const signing = key ? (deployment.auth === 'bearer' ? undefined : exchanged(auth, key)) : signed(provider, request)
  if (key && !signing) Object.assign(headers, keyHeader(auth, key, deployment.auth === 'bearer'))
  else if (!key && needsKey(provider, request.apiBase)) throw noKey(deployment, provider)
  if (deployment.organization) headers['openai-organization'] = deployment.organization
  for (const [name, value] of Object.entries(deployment.headers)) headers[name.toLowerCase()] = value
  return { headers, ...(signing && { signing }) }
}

/** A signature instead of a key, by keys of the entry or by the function's own role. */
function signed({ signing, variables }: Provider, { aws, variables: given }: CredentialsRequest): Signing | undefined {
  if (!signing) return undefined
  const region = given?.region?.trim() || variables?.region?.otherwise || ''
  return { scheme: 'sigv4', service: signing.service, region, ...aws }
}

/** Keys that do not travel themselves but are exchanged for a token. */
function exchanged({ scheme }: Auth, key: string): Signing | undefined {
  if (scheme === 'ibm_iam') return { scheme, apiKey: key }
  return scheme === 'google' && !isApiKey(key) && !isAccessToken(key) ? { scheme, serviceAccount: key } : undefined
}

function keyHeader(auth: Auth, key: string, isToken: boolean): Record<string, string> {
  if (auth.scheme === 'word' && !isToken) return { authorization: `${auth.word} ${key}` }
  if (auth.scheme === 'header' && !isToken) return { [auth.name]: key }
  if (auth.scheme === 'google' && isApiKey(key)) return { 'x-goog-api-key': key }
  return { authorization: `Bearer ${key}` }
}

/** A plain `api_base` of somebody else's server may need no key; if it does, its own 401 says so. */
function needsKey(provider: Provider, apiBase: string | undefined): boolean {
  if (provider.keyless) return false
  if (provider.envelope === 'azure' || !apiBase) return true
  return URL.parse(apiBase)?.host === URL.parse(provider.baseUrl ?? '')?.host
}

function noKey(deployment: Deployment, provider: Provider): GatewayError {
  const { apiKey } = deployment
  const name = apiKey && 'env' in apiKey ? apiKey.env : provider.keyNames[0]
  return new GatewayError('upstream_auth', {
    message: `The gateway has no key for ${provider.name} (model \`${deployment.group}\`): its operator must set \`${name}\` in the environment, or in the stack's secret.`,
  })
}
