import { isObject, type Json, type JsonObject } from '../../core/json.ts'

/** The input of a tool: any JSON schema whose root is an object. */
export const toolSchema = (parameters: JsonObject | undefined): JsonObject => ({
  ...parameters,
  type: 'object',
  properties: isObject(parameters?.properties) ? parameters.properties : {},
})

/** Bounds that constrained decoding refuses. They go into the description, for the model to read. */
const notes = new Set(
  `minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern minItems maxItems uniqueItems
   minProperties maxProperties`.split(/\s+/),
)
const formats = new Set('date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '))
const schemas = new Set(['properties', '$defs', 'definitions'])
const lists = new Set(['anyOf', 'allOf'])

/** A schema as strict tools and structured output take it. Applying it twice changes nothing. */
export function strictSchema(schema: JsonObject): JsonObject {
  if (typeof schema.$ref === 'string') return { $ref: schema.$ref, ...kept(schema, ['$defs', 'definitions']) }
  const strict: JsonObject = {}
  const said: string[] = []
  for (const [name, value] of Object.entries(schema)) {
    if (notes.has(name)) said.push(`${name}: ${JSON.stringify(value)}`)
    else if (name === 'format' && !(typeof value === 'string' && formats.has(value)))
      said.push(`format: ${JSON.stringify(value)}`)
    else if (name === 'oneOf') strict.anyOf = each(value)
    else if (lists.has(name)) strict[name] = each(value)
    else if (schemas.has(name)) strict[name] = inside(value)
    else if (name === 'items' && isObject(value)) strict.items = strictSchema(value)
    else if (name !== 'additionalProperties' && name !== '$schema') strict[name] = value
  }
  if (said.length > 0) {
    const before = typeof strict.description === 'string' ? `${strict.description} ` : ''
    strict.description = `${before}(${said.join(', ')})`
  }
  if (strict.type === 'object' || isObject(strict.properties)) strict.additionalProperties = false
  return strict
}

const each = (value: Json): Json =>
  Array.isArray(value) ? value.map((one) => (isObject(one) ? strictSchema(one) : one)) : value

const inside = (value: Json): Json =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, isObject(one) ? strictSchema(one) : one]))
    : value

const kept = (schema: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.flatMap((name) => (schema[name] === undefined ? [] : [[name, inside(schema[name])]])))

/**
 * Whether the schema lets an object have members that it does not name: closed, as constrained decoding has every object, it could
 * hold nothing of what is asked for.
 */
export function isOpen(schema: JsonObject): boolean {
  const { properties, additionalProperties: more } = schema
  const unnamed = schema.type === 'object' && Object.keys(isObject(properties) ? properties : {}).length === 0
  if (isObject(more) || more === true || (unnamed && more !== false)) return true
  return Object.entries(schema).some(([name, value]) =>
    schemas.has(name) ? Object.values(isObject(value) ? value : {}).some(holdsOpen) : holdsOpen(value),
  )
}

const holdsOpen = (value: Json): boolean =>
  Array.isArray(value) ? value.some(holdsOpen) : isObject(value) && isOpen(value)
