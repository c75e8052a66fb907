import { isObject, type Json, type JsonObject, listOf, stringOf } from '../../core/json.ts'

/** What JSON Schema may hold for Google (its documentation of `responseJsonSchema`); the rest is refused or unread. */
const known = new Set(
  `$id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems minimum maximum anyOf
   properties additionalProperties required propertyOrdering nullable default`.split(/\s+/),
)
/** Bounds that it has no word for. They go into the description, for the model to read. */
const noted = new Set(
  `exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern uniqueItems minProperties maxProperties
   minContains maxContains`.split(/\s+/),
)
const maps = new Set(['properties', '$defs', 'definitions'])

/**
 * A schema as `parametersJsonSchema` and `responseJsonSchema` take it. References stay, even those that lead back to themselves.
 * Applying it twice changes nothing.
 */
export function jsonSchema(schema: JsonObject): JsonObject {
  if (typeof schema.$ref === 'string') {
    const defs = schema.$defs ?? schema.definitions
    return { $ref: reference(schema.$ref), ...(isObject(defs) ? { $defs: each(defs) } : {}) }
  }
  const whole = merged(schema)
  const printed: JsonObject = {}
  const said: string[] = []
  for (const [name, value] of Object.entries(whole)) {
    if (noted.has(name)) said.push(`${name}: ${JSON.stringify(value)}`)
    else if (name === 'const') printed.enum = [value]
    else if (name === 'oneOf' || name === 'anyOf') printed.anyOf = [...listOf(printed.anyOf ?? []), ...list(value)]
    else if (maps.has(name) && isObject(value)) printed[name === 'definitions' ? '$defs' : name] = each(value)
    else if (name === 'prefixItems') printed.prefixItems = list(value)
    else if (known.has(name)) printed[name] = isObject(value) && name !== 'default' ? jsonSchema(value) : value
  }
  return describe(printed, said)
}

const list = (value: Json): Json[] => listOf(value).map((one) => (isObject(one) ? jsonSchema(one) : one))
const each = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([name, one]) => [name, isObject(one) ? jsonSchema(one) : one]))
const reference = (path: string): string => path.replace(/^#\/definitions\//, '#/$defs/')

/** What a schema says that cannot be said otherwise. */
export function describe(schema: JsonObject, said: readonly string[]): JsonObject {
  if (said.length === 0) return schema
  const before = stringOf(schema.description)
  return { ...schema, description: `${before === undefined ? '' : `${before} `}(${said.join(', ')})` }
}

/** `allOf` is what several schemas ask for at once: their members are put together. */
export function merged({ allOf, ...own }: JsonObject): JsonObject {
  if (!Array.isArray(allOf)) return own
  const whole: JsonObject = { ...own }
  for (const part of allOf.filter(isObject).map(merged)) {
    for (const [name, value] of Object.entries(part)) {
      const before = whole[name]
      if (name === 'properties' && isObject(before) && isObject(value)) whole[name] = { ...value, ...before }
      else if (name === 'required') whole[name] = [...new Set([...listOf(before ?? []), ...listOf(value)])]
      else whole[name] ??= value
    }
  }
  return whole
}
