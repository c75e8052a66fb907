import type { Deployment } from '../core/deployment.ts'
import { GatewayError } from '../core/errors.ts'
import type { Signing } from '../core/ports.ts'
import type { Auth } from './auth.ts'
import { azureUrl } from './azure-url.ts'
import { credentialsOf, type CredentialsRequest } from './credentials.ts'
import { foundationModel } from './foundation-model.ts'
import type { Endpoint, Provider } from './provider.ts'
import { providerOf } from './rows.ts'
import { vertexUrl } from './vertex-url.ts'

/** What of a request decides where it goes. */
export type AddressRequest = CredentialsRequest & {
  kind: Endpoint
  /** What the provider calls the model. */
  model: string
  /** The chat path of the dialect that is spoken, where the provider speaks several; empty: it has no chat. */
  chatPath?: string
}

/** `signing`: its credentials are made once its body is known. */
export type Address = { url: string; headers: Record<string, string>; signing?: Signing }

/**
 * Where a request goes and how it authenticates. `api_base` replaces the row's base URL and nothing of the path behind it.
 * Throws a GatewayError whose words name what the operator has to set: no key (`upstream_auth`), no or a broken base URL
 * (`upstream_unreachable`), an endpoint that the provider has not (`invalid_request`).
 */
export function address(deployment: Deployment, request: AddressRequest): Address {
  const provider = providerOf(deployment.provider)
  if (!provider) throw new GatewayError('internal', { cause: `no provider row ${deployment.provider}` })
  if (provider.unserved !== undefined)
    throw new GatewayError('invalid_request', { message: `${provider.unserved}.`, param: 'model' })
  const written = request.kind === 'chat' ? (request.chatPath ?? provider.paths.chat) : provider.paths[request.kind]
  if (!written)
    throw new GatewayError('invalid_request', {
      message: `${provider.name} has no ${request.kind} endpoint; use a model of another provider.`,
      param: 'model',
    })
  const { base, path, query, auth } = placeOf({ deployment, provider, request, written })
  const url =
    provider.envelope === 'azure'
      ? azureUrl(base, { path, model: request.model, version: deployment.apiVersion })
      : provider.envelope === 'vertex'
        ? vertexOf(deployment, provider, { ...request, path, base })
        : plainUrl(base, path, Object.values(provider.paths))
  const queries = [...new URLSearchParams(query), ...Object.entries(provider.query ?? {})]
  if (provider.versionQuery && deployment.apiVersion) queries.push([provider.versionQuery, deployment.apiVersion])
  for (const [name, value] of queries) if (!url.searchParams.has(name)) url.searchParams.set(name, value)
  const { headers, signing } = credentialsOf(deployment, provider, { ...request, ...(auth && { auth }) })
  return { url: url.href, headers, ...(signing && { signing }) }
}

type Asked = { deployment: Deployment; provider: Provider; request: AddressRequest; written: string }
type Place = { base: URL; path: string; query: string | undefined; auth: Auth | undefined }

/** Base and path as they are written, unless the endpoint is elsewhere (`elsewhere`), or hosts like the base's are otherwise (`hostKinds`). */
function placeOf({ deployment, provider, request, written }: Asked): Place {
  const away = request.apiBase?.trim() ? undefined : provider.elsewhere?.[request.kind]
  const [path = '', query] = placed(away?.path ?? written, deployment, request).split('?')
  const base = away ? new URL(away.origin) : baseOf(deployment, provider, request)
  const there = provider.hostKinds?.find(({ hosts }) => hosts.test(base.hostname))
  const auth = request.auth ?? there?.auth
  const isOwn = written === provider.paths[request.kind] && there?.roots?.test(base.pathname) === true
  const atRoot = isOwn ? there.paths?.[request.kind] : undefined
  if (atRoot === undefined) return { base, path, query, auth }
  return { base: new URL(`/${base.search}`, base), path: atRoot, query, auth }
}

type VertexRequest = AddressRequest & { path: string; base: URL }

/** Throws where neither the entry, the environment nor the credentials name a project. */
function vertexOf(deployment: Deployment, { name, variables }: Provider, request: VertexRequest): URL {
  const { path, base, apiBase, variables: given = {} } = request
  const value = (of: string) => given[of]?.trim() || variables?.[of]?.otherwise
  const project = value('project')
  const key = request.key?.trim()
  const url = vertexUrl({
    path,
    location: value('location') ?? 'global',
    ...(project !== undefined && { project }),
    ...(apiBase && { base }),
    ...(key && { key }),
  })
  if (url) return url
  throw new GatewayError('upstream_unreachable', {
    message: `The gateway does not know the project of ${name} (model \`${deployment.group}\`): its operator must write \`vertex_project\` into the entry, or set \`${variables?.project?.env[0] ?? 'vertex_project'}\`.`,
  })
}

/** The model in its path; as one segment, where it may be an ARN with slashes and colons. */
const placed = (path: string, { aws }: Deployment, { model }: AddressRequest): string =>
  path
    .replaceAll('{model}', () => encoded(model))
    .replaceAll('{id}', () => encodeURIComponent(aws?.modelId ?? model))
    .replaceAll('{foundation}', () => encodeURIComponent(foundationModel(model)))

/** A model's name as part of a path: its slashes stay, since hosts that have it there name models by paths. */
const encoded = (model: string): string => model.split('/').map(encodeURIComponent).join('/')

function baseOf(deployment: Deployment, provider: Provider, { apiBase, variables }: AddressRequest): URL {
  const written = apiBase?.trim() || filled(deployment, provider, variables)
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

/** The row's base URL with every name in braces replaced. Throws where the operator has not said what it stands for. */
function filled(
  deployment: Deployment,
  { name, baseUrl, variables }: Provider,
  given: AddressRequest['variables'] = {},
) {
  return baseUrl?.replaceAll(/\{(\w+)\}/g, (_, brace: string) => {
    const variable = variables?.[brace]
    const value = given[brace]?.trim() || variable?.otherwise
    if (value) return hostOf(value)
    throw new GatewayError('upstream_unreachable', {
      message: `The gateway does not know the ${brace} of ${name} (model \`${deployment.group}\`): its operator must write \`${variable?.param ?? 'api_base'}\` into the entry${variable?.env[0] === undefined ? '' : `, or set \`${variable.env[0]}\``}.`,
    })
  })
}

/** Where a host's name is asked for, its whole URL is often given. */
const hostOf = (value: string): string => value.replace(/^https?:\/\//, '').replace(/\/+$/, '')

/**
 * Base and path, without saying a version twice (`http://localhost:11434/v1` + `/v1/chat/completions`). A base that ends
 * in an endpoint's path is that endpoint's; for another endpoint, the path is exchanged.
 */
function plainUrl(base: URL, path: string, paths: readonly string[]): URL {
  const url = new URL(base)
  let front = url.pathname.replace(/\/+$/, '')
  if (front.endsWith(path.replace(/^(?:\/\.\.)+/, ''))) return withPath(url, front)
  const other = paths.find((p) => front.endsWith(p))
  if (other) front = front.slice(0, -other.length)
  // Also where only another endpoint's path has the version: the base that people write is that one's.
  const versions = [path, ...paths].map((one) => /^\/v\d+(?=\/)/.exec(one)?.[0])
  const version = versions.find((one) => one !== undefined && front.endsWith(one))
  if (version) front = front.slice(0, -version.length)
  return withPath(url, front + path)
}

function withPath(url: URL, path: string): URL {
  url.pathname = path
  return url
}
