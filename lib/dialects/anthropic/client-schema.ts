import { isObject, type Json, type JsonObject, listOf } from '../../core/json.ts'

/**
 * Whether a schema may be asked for strictly elsewhere too: every object closed and every property required. Anthropic's
 * strict schemas know optional properties; hosts of other tongues refuse those.
 */
export function canBeStrict(schema: JsonObject): boolean {
  const { properties, required, additionalProperties: more } = schema
  if (schema.type === 'object' || isObject(properties)) {
    const names = isObject(properties) ? Object.keys(properties) : []
    if (more !== false || !names.every((name) => listOf(required).includes(name))) return false
  }
  return Object.entries(schema).every(([name, value]) =>
    nested.has(name) ? Object.values(isObject(value) ? value : {}).every(strictValue) : strictValue(value),
  )
}

/** Their members are schemas, whatever their names. */
const nested = new Set(['properties', '$defs', 'definitions'])

const strictValue = (value: Json): boolean =>
  Array.isArray(value) ? value.every(strictValue) : !isObject(value) || canBeStrict(value)
