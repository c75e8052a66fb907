import type { Json, JsonObject } from '../core/json.ts'
import { namesIn } from './check-keys.ts'
import type { Path } from './document.ts'
import { paramKeys } from './keys.ts'
import { isPriceKey } from './price-keys.ts'
import type { Reading } from './reading.ts'
import { nearest } from './suggest.ts'

const ours = new Set(namesIn(paramKeys))

/** What is not ours goes to the provider with every request (LiteLLM's rule), so a slip of the pen can only be warned of. */
export function defaultParameters(params: JsonObject, path: Path, reading: Reading): Record<string, Json> {
  const rest = Object.entries(params).filter(([key]) => !ours.has(key) && !isPriceKey(key))
  for (const [key] of rest) {
    const near = requestParameters.has(key) ? undefined : nearest(key, ours)
    if (near !== undefined)
      reading.warn([...path, key], 'is sent to the provider as a request parameter', `did you mean ${near}?`)
  }
  return Object.fromEntries(rest.map(([key, value]) => [key, reading.resolve(value, [...path, key])]))
}

/** Parameters of chat and embeddings requests that look like settings of ours. */
const requestParameters = new Set([
  'top_p',
  'top_k',
  'n',
  'seed',
  'stop',
  'user',
  'tools',
  'modalities',
  'store',
  'mode',
  'audio',
  'effort',
])
