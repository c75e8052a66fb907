import { isObject, type JsonObject, listOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import { type Encoding, encoded } from './vectors.ts'

/** Vectors pass as they came where they are what was asked for. */
export function lookAt(json: JsonObject, as: Encoding) {
  const entries = listOf(json.data).filter(isObject)
  if (entries.length === 0) return { missing: 'The provider answered without an embedding.' }
  const wrong = entries.some(({ embedding }) => (typeof embedding === 'string') !== (as === 'base64'))
  if (!wrong) return {}
  const data = entries.map((entry) => ({ ...entry, embedding: encoded(entry.embedding, as) ?? null }))
  if (data.some(({ embedding }) => embedding === null))
    return { missing: 'The provider answered with an embedding that cannot be read.' }
  return { edit: (text: string) => splice(text, { set: { data } }) }
}
