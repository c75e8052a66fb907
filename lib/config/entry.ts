import type { JsonObject } from '../core/json.ts'
import { checkKeys, namesIn } from './check-keys.ts'
import type { Credentials } from './credentials.ts'
import type { Path } from './document.ts'
import { entryKeys, infoKeys, paramKeys } from './keys.ts'
import { type Reading, section } from './reading.ts'
import { nearest } from './suggest.ts'

/** One entry of `model_list`, with everything that it inherits, not yet read. */
export type Entry = { entry: JsonObject; params: JsonObject; info: JsonObject; path: Path }

type EntryOptions = { path: Path; reading: Reading; credentials: Credentials; defaults: JsonObject }

/** The entry's parts; undefined, with a problem, where there is nothing to read. */
export function readEntry(value: unknown, { path, reading, credentials, defaults }: EntryOptions): Entry | undefined {
  const at = [...path, 'litellm_params']
  const entry = section(value, path, reading)
  if (!entry) {
    if (value === null) reading.error(path, 'is an empty entry', 'remove it, or write model_name and litellm_params')
    return undefined
  }
  checkKeys(entry, entryKeys, { path, reading, unknown: 'error' })
  if (entry.model_name === undefined)
    reading.error(path, 'has no model_name', 'write the name that clients will ask for')
  const own = section(entry.litellm_params, at, reading)
  if (!own) {
    if (entry.litellm_params === undefined)
      reading.error(path, 'has no litellm_params', 'write litellm_params with a model below it')
    return undefined
  }
  const nested = section(own.model_info, [...at, 'model_info'], reading)
  if (nested)
    reading.warn(
      [...at, 'model_info'],
      'is indented too far, and read as if it was not',
      'move it beside litellm_params',
    )
  const info = { ...nested, ...section(entry.model_info, [...path, 'model_info'], reading) }
  const credential = credentials(own.litellm_credential_name, [...at, 'litellm_credential_name'])
  const params = { ...defaults, ...credential, ...own }
  checkKeys(params, paramKeys, { path: at, reading, unknown: 'pass' })
  checkKeys(info, infoKeys, { path: [...path, 'model_info'], reading, unknown: 'pass' })
  if (params.model === undefined) reading.error(at, 'has no model', missingModel(params))
  return { entry, params, info, path }
}

function missingModel(params: JsonObject): string {
  const known = new Set(namesIn(paramKeys))
  const near = Object.keys(params).find((key) => !known.has(key) && nearest(key, ['model']) !== undefined)
  return near === undefined ? 'write model: provider/model' : `did you mean model for ${near}?`
}
