import type { Deployment, Secret } from '../core/deployment.ts'
import { isObject, type JsonObject } from '../core/json.ts'
import type { Provider } from '../providers/provider.ts'
import type { Path } from './document.ts'
import { awsOf, endpointOf } from './aws.ts'
import { readFields, secretText, text } from './fields.ts'
import type { Reading } from './reading.ts'

type ConnectionOptions = {
  provider: Provider
  environment: Record<string, Secret>
  path: Path
  reading: Reading
}

const shape = {
  api_key: secretText,
  azure_ad_token: secretText,
  api_base: secretText,
  base_url: secretText,
  api_version: text,
}

/**
 * Where a deployment is and how it is paid for, secrets unread. What the entry leaves out is looked for where LiteLLM
 * does: in the variables that the provider's row names, `environment_variables` of the file first.
 */
export function connection(params: JsonObject, options: ConnectionOptions): Partial<Deployment> {
  const { provider, path, reading } = options
  const fields = readFields(shape, params, path, reading)
  const base = fields.api_base ?? fields.base_url ?? endpointOf(params, options)
  const aws = awsOf(params, options)
  const key = fields.api_key ?? fields.azure_ad_token ?? accountOf(params, options)
  const apiBase = base === undefined ? defaultBase(options) : reading.secret(base)
  const apiKey =
    key !== undefined
      ? reading.secret(key)
      : aws.aws?.accessKeyId || aws.aws?.role || aws.aws?.profile
        ? undefined
        : inherited(provider.keyNames, options)
  const apiVersion = fields.api_version ?? (provider.versionName && reading.variable(provider.versionName))
  if (apiBase && 'value' in apiBase)
    checkBase(apiBase.value, [...path, fields.api_base === undefined ? 'base_url' : 'api_base'], reading)
  return {
    ...(apiBase && { apiBase }),
    ...((!base || provider.envelope === 'vertex' || provider.signing) && variablesOf(params, options)),
    ...(apiKey && { apiKey }),
    ...aws,
    ...(fields.api_key === undefined && fields.azure_ad_token !== undefined && { auth: 'bearer' }),
    ...(apiVersion !== undefined && { apiVersion }),
  }
}

/** The key file of a Google account: as a map, as its text, as its path, or by a name to look up later. */
function accountOf(params: JsonObject, { path, reading }: ConnectionOptions): string | undefined {
  const { vertex_credentials: written } = params
  if (isObject(written)) return JSON.stringify(reading.resolve(written, [...path, 'vertex_credentials']))
  return readFields({ vertex_credentials: secretText }, params, path, reading).vertex_credentials
}

const inherited = (names: readonly string[], { environment }: ConnectionOptions): Secret | undefined =>
  names.map((name) => environment[name]).find((secret) => secret !== undefined)

function defaultBase({ provider, environment, path, reading }: ConnectionOptions): Secret | undefined {
  const { baseName, baseUrl } = provider
  const known = baseName === undefined ? undefined : (environment[baseName] ?? valueOf(reading.variable(baseName)))
  if (known || baseUrl !== undefined) return known
  if (baseName !== undefined) return { env: baseName }
  reading.error(path, `has no api_base, which ${provider.id} needs`, 'write api_base: https://...')
  return undefined
}

/** Parts of the row's base URL: as the entry says, or the environment where the config is loaded, or a name to look up later. */
function variablesOf(
  params: JsonObject,
  { provider, environment, path, reading }: ConnectionOptions,
): Partial<Deployment> {
  const entries = Object.entries(provider.variables ?? {}).flatMap(([name, { param, env, otherwise }]) => {
    const { [param]: written } = readFields({ [param]: secretText }, params, path, reading)
    const found =
      written === undefined ? inherited(env, { provider, environment, path, reading }) : reading.secret(written)
    const known = env.map((variable) => reading.variable(variable)).find((value) => value !== undefined) ?? otherwise
    const value = found ?? (known === undefined ? { env: env[0] ?? param } : { value: known })
    return [[name, value] as const]
  })
  return entries.length ? { variables: Object.fromEntries(entries) } : {}
}

const valueOf = (value: string | undefined): Secret | undefined => (value === undefined ? undefined : { value })

function checkBase(base: string, path: Path, reading: Reading): void {
  const url = URL.parse(base.trim())
  if (!url || !/^https?:$/.test(url.protocol))
    reading.error(path, 'is not an http(s) URL', 'write it with https:// or http:// in front')
}
