import { secretValue } from '../config/secrets.ts'
import type { GatewayPorts, UpstreamRequest } from '../core/ports.ts'
import type { Exchange } from '../dialects/dialect.ts'
import { type Address, address } from '../providers/address.ts'
import type { Attempt } from './charge.ts'
import type { Task } from './task.ts'

/** Where an attempt goes, and with which credentials. */
export type Target = { url: string; headers: Record<string, string>; base: string }

/** What of a request decides it. `fresh`: with the key as it is now, after the provider has refused the one that was known. */
type Asking = { ports: Pick<GatewayPorts, 'secrets' | 'sign'>; task: Pick<Task, 'kind' | 'stream'>; fresh?: boolean }
type Sent = Pick<Exchange, 'body' | 'ownPath' | 'path' | 'query'> & { method?: UpstreamRequest['method'] }
type Asked = Pick<Attempt, 'deployment' | 'provider' | 'speech' | 'model'>

/** Finds it for one attempt; credentials that are signed over the body come last. Throws where the operator has not set what it takes. */
export async function targetOf(
  { ports, task, fresh = false }: Asking,
  current: Asked,
  exchange: Sent,
): Promise<Target> {
  const { deployment, provider, speech, model } = current
  const { secrets, sign } = ports
  const get = (name: string) => secrets.get(name, fresh)
  const apiBase = deployment.apiBase && (await secretValue(deployment.apiBase, (name) => secrets.get(name)))
  let key = deployment.apiKey && (await secretValue(deployment.apiKey, get))
  // Few deployments are of AWS.
  const aws = deployment.aws && (await (await import('./aws-identity.ts')).awsIdentity(deployment, get))
  for (const name of deployment.apiKey || aws ? [] : provider.keyNames) key ??= await get(name)
  const variables: Record<string, string> = {}
  for (const [name, secret] of Object.entries(deployment.variables ?? {})) {
    const value = await secretValue(secret, get)
    if (value !== undefined) variables[name] = value
  }
  const ownPath = exchange.ownPath && pathBehind(exchange.ownPath, apiBase ?? provider.baseUrl)
  Object.assign(variables, placeIn(exchange.ownPath))
  const found = placed(
    exchange,
    address(deployment, {
      kind: task.kind === 'pass' ? 'chat' : task.kind,
      model,
      chatPath: ownPath ?? (task.stream ? speech.streamPath : undefined) ?? speech.path,
      variables,
      ...(speech.auth && { auth: speech.auth }),
      ...(apiBase !== undefined && { apiBase }),
      ...(key !== undefined && { key }),
      ...(aws && { aws }),
    }),
  )
  const base = apiBase ?? (deployment.variables ? undefined : provider.baseUrl) ?? new URL(found.url).origin
  if (!found.signing) return { url: found.url, headers: found.headers, base }
  const { method = 'POST' } = exchange
  const request = { method, url: found.url, headers: found.headers, body: exchange.body }
  return { url: found.url, base, headers: { ...found.headers, ...(await sign(found.signing, request)) } }
}

/** The address with what the request itself decides: names in the path, and the query. */
function placed({ path, query, ownPath }: Sent, found: Address): Address {
  if (!path && !query && ownPath === undefined) return found
  const named = Object.entries(path ?? {}).reduce(
    (url, [name, value]) => url.replace(`%7B${name}%7D`, encodeURIComponent(value)),
    found.url,
  )
  const url = new URL(named)
  // Where addresses are made of deployments, the client has written all of it.
  if (ownPath?.startsWith('/openai/')) url.pathname = url.pathname.replace(/\/openai\/.*$/, '') + ownPath
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value)
  return { ...found, url: url.href }
}

/** A path whose version the base has already is taken without it; another version than the base's takes its place. */
function pathBehind(path: string, base = ''): string {
  const version = /^\/v\d\w*(?=\/)/.exec(path)?.[0]
  const based = /\/v\d\w*(?=\/*$)/.exec(base)?.[0]
  const behind = version === undefined || based === undefined ? path : path.slice(version.length)
  const other = version === based || behind === path ? '' : `/..${version}`
  return (other + behind).replaceAll('{', '%7B').replaceAll('}', '%7D')
}

/** Google's paths name the project and the place, which are in the host, too. */
function placeIn(path = ''): Record<string, string> {
  const [, project, location] = /\/projects\/([^/]+)\/locations\/([^/]+)\//.exec(path) ?? []
  return project && location ? { project: decodeURIComponent(project), location: decodeURIComponent(location) } : {}
}
