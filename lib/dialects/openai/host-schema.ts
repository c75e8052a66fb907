import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Flags } from '../flags.ts'

type Dialect = NonNullable<Flags['schemaDialect']>

/** Members that a host refuses. What they say is lost to its decoder; the model reads the rest. */
const refused: Record<Dialect, ReadonlySet<string>> = {
  moonshot: new Set(['$schema', '$id', '$comment']),
  no_additional_properties: new Set(['additionalProperties', '$schema']),
  openapi_subset: new Set(
    `$schema $id $comment additionalProperties title examples default exclusiveMinimum exclusiveMaximum patternProperties
     unevaluatedProperties const not if then else`.split(/\s+/),
  ),
}

/** Members whose values are schemas by name, a schema each, or lists of schemas. */
const named = new Set(['properties', '$defs', 'definitions', 'patternProperties'])
const single = new Set(['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains'])
const listed = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])

/** A schema in the part of JSON Schema that the host knows. Applying it twice changes nothing. */
export function hostSchema(schema: JsonObject, dialect: Dialect): JsonObject {
  const printed: JsonObject = {}
  for (const [name, value] of Object.entries(rewritten(schema, dialect))) {
    if (refused[dialect].has(name)) continue
    if (named.has(name) && isObject(value)) printed[name] = mapped(value, dialect)
    else if (single.has(name) && isObject(value)) printed[name] = hostSchema(value, dialect)
    else if (listed.has(name) && Array.isArray(value)) printed[name] = value.map((one) => inner(one, dialect))
    else printed[name] = value
  }
  return printed
}

const inner = (value: Json, dialect: Dialect): Json => (isObject(value) ? hostSchema(value, dialect) : value)

const mapped = (schemas: JsonObject, dialect: Dialect): JsonObject =>
  Object.fromEntries(Object.entries(schemas).map(([name, value]) => [name, inner(value, dialect)]))

function rewritten(schema: JsonObject, dialect: Dialect): JsonObject {
  if (dialect === 'moonshot') return typedBranches(tuples(schema))
  return dialect === 'openapi_subset' ? nullable(enumerated(schema)) : schema
}

/** A list of items by position has a name of its own since JSON Schema 2020-12. */
function tuples(schema: JsonObject): JsonObject {
  const { items, ...rest } = schema
  return Array.isArray(items) ? { ...rest, prefixItems: items } : schema
}

/** Beside `anyOf` no type may stand: each branch has its own. */
function typedBranches(schema: JsonObject): JsonObject {
  const { anyOf, type, ...rest } = schema
  if (!Array.isArray(anyOf) || type === undefined) return schema
  return {
    ...rest,
    anyOf: anyOf.map((branch) => (isObject(branch) && !('$ref' in branch) ? { type, ...branch } : branch)),
  }
}

function enumerated(schema: JsonObject): JsonObject {
  const { const: value, ...rest } = schema
  return typeof value === 'string' ? { type: 'string', ...rest, enum: [value] } : schema
}

/** OpenAPI 3.0 has one type a schema, and says that it may be null beside it. */
function nullable(schema: JsonObject): JsonObject {
  const { type, ...rest } = schema
  if (!Array.isArray(type)) return schema
  const types = type.filter((one) => one !== 'null')
  const empty = types.length < type.length ? { nullable: true } : {}
  const [only] = types
  if (types.length === 1 && only !== undefined) return { type: only, ...rest, ...empty }
  return { ...rest, ...empty, anyOf: types.map((one) => ({ type: one })) }
}
