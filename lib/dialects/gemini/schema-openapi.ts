import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { describe, merged } from './schema.ts'

/** Members that go over as they are (Google's `Schema` message); others are turned into them, noted, or left out. */
const same = new Set('title description nullable minimum maximum pattern required propertyOrdering'.split(' '))
/** Integers of 64 bits, which protocol buffers have as text in JSON. */
const integers = new Set('minItems maxItems minLength maxLength minProperties maxProperties'.split(' '))
const noted = new Set('exclusiveMinimum exclusiveMaximum multipleOf uniqueItems'.split(' '))
const formats: Record<string, readonly string[]> = {
  STRING: ['date-time'],
  NUMBER: ['float', 'double'],
  INTEGER: ['int32', 'int64'],
}
/** A schema that refers to itself, or to its parts over and over, is cut where it has grown to this. */
const mostNodes = 2000
const mostDepth = 24

/**
 * And where it is so many times as long as it was written, with an allowance for short ones: what is paid for was bounded by how
 * it was written, in bytes, of which a token has about four.
 */
const growth = { factor: 4, letters: 4000 }

type Context = { root: JsonObject; open: readonly string[]; nodes: { left: number; letters: number } }

/**
 * A schema in the subset of OpenAPI 3.0 that older models take: references are replaced by what they mean (a type
 * that holds itself, by an object of any kind), several types by a choice, and what has no word is said in the description.
 */
export const openapiSchema = (schema: JsonObject): JsonObject =>
  printed(schema, {
    root: schema,
    open: [],
    nodes: { left: mostNodes, letters: JSON.stringify(schema).length * growth.factor + growth.letters },
  })

const anything = (): JsonObject => ({ type: 'OBJECT' })

function printed(given: JsonObject, context: Context): JsonObject {
  const { nodes } = context
  nodes.left -= 1
  nodes.letters -= lettersOf(given)
  if (nodes.left < 0 || nodes.letters < 0 || context.open.length > mostDepth) return anything()
  if (typeof given.$ref === 'string') return referred(given.$ref, given, context)
  const schema = merged(given)
  const { types, nullable } = typesOf(schema)
  const base = membersOf(schema, types[0])
  if (nullable) base.nullable = true
  if (isObject(schema.properties)) {
    base.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, one]) => [name, printed(objectOf(one), deeper(context))]),
    )
  }
  if (isObject(schema.items)) base.items = printed(schema.items, deeper(context))
  else if (types[0] === 'ARRAY') base.items = { type: 'STRING' }
  const choices = [...listOf(schema.anyOf ?? []), ...listOf(schema.oneOf ?? [])].filter(isObject)
  return choices.length === 0 ? single(base, types) : chosen(base, choices, context)
}

/** What a schema says itself, without those inside it. */
const lettersOf = (schema: JsonObject): number =>
  Object.entries(schema).reduce(
    (sum, [name, value]) => sum + (inside.has(name) ? 0 : name.length + JSON.stringify(value).length),
    0,
  )
const inside = new Set('properties items anyOf oneOf allOf $defs definitions'.split(' '))

const deeper = (context: Context): Context => ({ ...context, open: [...context.open, ''] })

function referred(path: string, beside: JsonObject, context: Context): JsonObject {
  const target = targetOf(path, context.root)
  const words = stringOf(beside.description)
  const described = words === undefined ? {} : { description: words }
  if (!target || context.open.includes(path)) return { ...anything(), ...described }
  return { ...printed(target, { ...context, open: [...context.open, path] }), ...described }
}

/** Only places in the schema itself: nothing is fetched. */
function targetOf(path: string, root: JsonObject): JsonObject | undefined {
  if (!path.startsWith('#')) return undefined
  let at: Json | undefined = root
  for (const step of path.slice(1).split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined
  }
  return isObject(at) ? at : undefined
}

function typesOf(schema: JsonObject): { types: string[]; nullable: boolean } {
  const given = Array.isArray(schema.type) ? schema.type : [schema.type ?? typeOfValues(schema)]
  const named = given.map(stringOf).filter((type) => type !== undefined)
  const types = named.filter((type) => type !== 'null').map((type) => type.toUpperCase())
  if (types.length === 0 && isObject(schema.properties)) types.push('OBJECT')
  return { types, nullable: named.includes('null') || schema.nullable === true }
}

const typeOfValues = (schema: JsonObject): string | undefined => {
  const values = 'const' in schema ? [schema.const] : listOf(schema.enum ?? [])
  return values.length > 0 && values.every((value) => typeof value === 'string') ? 'string' : undefined
}

function membersOf(schema: JsonObject, type: string | undefined): JsonObject {
  const base: JsonObject = {}
  const said: string[] = []
  for (const [name, value] of Object.entries(schema)) {
    if (integers.has(name)) base[name] = String(numberOf(value) ?? 0)
    else if (same.has(name)) base[name] = value
    else if (noted.has(name)) said.push(`${name}: ${JSON.stringify(value)}`)
    else if (name === 'format' && formats[type ?? '']?.includes(stringOf(value) ?? '')) base.format = value
    else if (name === 'format') said.push(`format: ${JSON.stringify(value)}`)
  }
  const values =
    'const' in schema ? [schema.const ?? null] : listOf(schema.enum ?? []).filter((value) => value !== null)
  // Values of other types than text are no `enum` here.
  if (values.length > 0 && values.every((value) => typeof value === 'string')) base.enum = values
  else if (values.length > 0) said.push(`one of ${JSON.stringify(values)}`)
  if (base.enum !== undefined) base.format = 'enum'
  return describe(base, said)
}

function single(base: JsonObject, types: readonly string[]): JsonObject {
  if (types.length > 1) return { ...base, anyOf: types.map((type) => ({ type })) }
  return { type: types[0] ?? 'OBJECT', ...base }
}

/** A choice between something and nothing is that something, and may be null. */
function chosen(base: JsonObject, choices: readonly JsonObject[], context: Context): JsonObject {
  const some = choices.filter((choice) => choice.type !== 'null')
  const nullable = some.length < choices.length ? { nullable: true } : {}
  const all = some.map((choice) => printed(choice, deeper(context)))
  const [only] = all
  return all.length === 1 && only ? { ...only, ...base, ...nullable } : { ...base, ...nullable, anyOf: all }
}
