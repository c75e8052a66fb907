import type { Deployment, Secret } from '../core/config.ts'
import type { JsonObject } from '../core/json.ts'
import type { Provider } from '../providers/provider.ts'
import type { Path } from './document.ts'
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
  const base = fields.api_base ?? fields.base_url
  const key = fields.api_key ?? fields.azure_ad_token
  const apiBase = base === undefined ? defaultBase(options) : reading.secret(base)
  const apiKey = key === undefined ? inherited(provider.keyNames, options) : reading.secret(key)
  const apiVersion = fields.api_version ?? (provider.versionName && reading.variable(provider.versionName))
  if (apiBase && 'value' in apiBase)
    checkBase(apiBase.value, [...path, fields.api_base === undefined ? 'base_url' : 'api_base'], reading)
  return {
    ...(apiBase && { apiBase }),
    ...(apiKey && { apiKey }),
    ...(fields.api_key === undefined && fields.azure_ad_token !== undefined && { auth: 'bearer' }),
    ...(apiVersion !== undefined && { apiVersion }),
  }
}

const inherited = (names: readonly string[], { environment }: ConnectionOptions): Secret | undefined =>
  names.map((name) => environment[name]).find((secret) => secret !== undefined)

function defaultBase({ provider, environment, path, reading }: ConnectionOptions): Secret | undefined {
  const { baseName, baseUrl } = provider
  if (baseUrl !== undefined) return undefined
  if (baseName !== undefined) return environment[baseName] ?? { env: baseName }
  reading.error(path, `has no api_base, which ${provider.id} needs`, 'write api_base: https://...')
  return undefined
}

function checkBase(base: string, path: Path, reading: Reading): void {
  const url = URL.parse(base.trim())
  if (!url || !/^https?:$/.test(url.protocol))
    reading.error(path, 'is not an http(s) URL', 'write it with https:// or http:// in front')
}
