import { type JsonObject, objectOf } from '../../core/json.ts'

/**
 * What a client says in Google's own words of how its one answer is made. Google reads every name in two spellings; more answers
 * than one are not held for.
 */
export function ownConfig(body: JsonObject): JsonObject {
  const said = { ...objectOf(body.generation_config), ...objectOf(body.generationConfig) }
  return Object.fromEntries(Object.entries(said).filter(([name]) => !/^candidate_?count$/i.test(name)))
}
