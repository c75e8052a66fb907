import type { Deployment } from '../core/config.ts'
import { GatewayError } from '../core/errors.ts'
import type { Signing } from '../core/ports.ts'
import { azureUrl } from './azure-url.ts'
import type { Provider } from './provider.ts'
import { providerOf } from './rows.ts'

export type AddressRequest = {
  kind: 'chat' | 'embeddings'
  /** What the provider calls the model. */
  model: string
  /** `api_base` and key with their secrets resolved. */
  apiBase?: string
  key?: string
  /** The chat path of the dialect that is spoken, where the provider speaks several. */
  chatPath?: string
}

/** `signing`: its credentials are made once its body is known. */
export type Address = { url: string; headers: Record<string, string>; signing?: Signing }

/**
 * Where a request goes and how it authenticates. `api_base` replaces the row's base URL and nothing of the path behind it.
 * Throws a GatewayError whose words name what the operator has to set: no key (`upstream_auth`), no or a broken base URL
 * (`upstream_unreachable`), an endpoint that the provider has not (`invalid_request`).
 */
export function address(
  deployment: Deployment,
  request: AddressRequest,
): Address {
  const provider = providerOf(deployment.provider)
  if (!provider) throw new GatewayError('internal', { cause: `no provider row ${deployment.provider}` })
  const path = request.kind === 'chat' ? (request.chatPath ?? provider.paths.chat) : provider.paths[request.kind]
  if (path === undefined)
    throw new GatewayError('invalid_request', {
      message: `${provider.name} has no ${request.kind} endpoint; use a model of another provider.`,
      param: 'model',
    })
  const base = baseOf(deployment, provider, request.apiBase)
  const url =
    provider.envelope === 'azure'
      ? azureUrl(base, { path, model: request.model, version: deployment.apiVersion })
      : plainUrl(base, path, Object.values(provider.paths))
  return { url: url.href, headers: headersOf(deployment, provider, request) }
}

function baseOf(deployment: Deployment, provider: Provider, apiBase: string | undefined): URL {
  const written = apiBase?.trim() || provider.baseUrl
  const name = deployment.apiBase && 'env' in deployment.apiBase ? deployment.apiBase.env : undefined
  const what = name ? `\`${name}\`` : '`api_base`'
  if (written === undefined)
    throw new GatewayError('upstream_unreachable', {
      message: `Model \`${deployment.group}\` has no base URL: the operator of this gateway must set ${what}.`,
    })
  const url = URL.parse(written)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new GatewayError('upstream_unreachable', {
      message: `The base URL of model \`${deployment.group}\` is not an http(s) URL: the operator of this gateway must correct ${what}.`,
    })
  return url
}

/**
 * Base and path, without saying a version twice (`http://localhost:11434/v1` + `/v1/chat/completions`). A base that ends
 * in an endpoint's path is that endpoint's; for another endpoint, the path is exchanged.
 */
function plainUrl(base: URL, path: string, paths: readonly string[]): URL {
  const url = new URL(base)
  let front = url.pathname.replace(/\/+$/, '')
  if (front.endsWith(path)) return withPath(url, front)
  const other = paths.find((p) => front.endsWith(p))
  if (other) front = front.slice(0, -other.length)
  const version = /^\/v\d+(?=\/)/.exec(path)?.[0]
  if (version && front.endsWith(version)) front = front.slice(0, -version.length)
  return withPath(url, front + path)
}

function withPath(url: URL, path: string): URL {
  url.pathname = path
  return url
}

function headersOf(deployment: Deployment, provider: Provider, request: AddressRequest): Record<string, string> {
  const headers: Record<string, string> = {}
  const key = request.key?.trim()
  const bearer = provider.auth.scheme === 'bearer' || deployment.auth === 'bearer'
  if (key)
    headers[bearer || provider.auth.scheme === 'bearer' ? 'authorization' : provider.auth.name] = bearer
      ? `Bearer ${key}`
      : key
  else if (needsKey(provider, request.apiBase)) throw noKey(deployment, provider)
  if (deployment.organization) headers['openai-organization'] = deployment.organization
  for (const [name, value] of Object.entries(deployment.headers)) headers[name.toLowerCase()] = value
  return headers
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
