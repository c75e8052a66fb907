import { type JsonObject, isObject, listOf, objectOf } from '../core/json.ts'
import type { Path } from './document.ts'
import { type Reading, textOf } from './reading.ts'
import { nearest } from './suggest.ts'

/** The `litellm_params` that a credential stands for; none, with a problem at the path, where there is no such credential. */
export type Credentials = (name: unknown, path: Path) => JsonObject

/** `credential_list`: keys and addresses that entries share by `litellm_credential_name`. */
export function readCredentials(list: unknown, reading: Reading): Credentials {
  const byName = new Map<string, JsonObject>()
  if (list !== undefined && list !== null && !Array.isArray(list))
    reading.error(['credential_list'], 'is not a list', 'write one `- credential_name: ...` entry per credential')
  for (const [index, item] of listOf(list).entries()) {
    const name = isObject(item) ? item.credential_name : undefined
    if (isObject(item) && typeof name === 'string') byName.set(name, objectOf(item.credential_values))
    else
      reading.error(['credential_list', index], 'has no credential_name', 'write credential_name and credential_values')
  }
  return (name, path) => {
    if (name === undefined) return {}
    const wanted = textOf(name) ?? ''
    const found = byName.get(wanted)
    if (found) return found
    const near = nearest(wanted, byName.keys())
    reading.error(path, 'is not in credential_list', near === undefined ? 'add it there' : `did you mean ${near}?`)
    return {}
  }
}
