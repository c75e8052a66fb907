import { isObject, type Json, type JsonObject, listOf, numberOf, stringOf } from '../../core/json.ts'

/** Arguments of a call that come piece by piece, each with its place (`streamFunctionCallArguments` of Vertex). */
export type PartialArguments = {
  /** False: a piece that no object can take; what was being written is lost. */
  add(piece: JsonObject): boolean
  readonly value: JsonObject
}

/** Arrays longer than this are no arguments but an attempt on the gateway's memory. */
const longestArray = 100_000
/** Names that would change what all objects are. */
const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

/** Strings grow with every piece of the same place; all else is set. Places are RFC 9535 paths of names and indexes. */
export function partialArguments(): PartialArguments {
  const value: JsonObject = {}
  return {
    value,
    add(piece) {
      const path = pathOf(stringOf(piece.jsonPath) ?? '')
      const leaf = leafOf(piece)
      if (!path || leaf === undefined) return false
      return put(value, path, leaf)
    },
  }
}

type Step = string | number

/** `$.recipe.steps[0]`, `$['a.b']`; undefined for what is none. */
function pathOf(text: string): Step[] | undefined {
  if (!text.startsWith('$')) return undefined
  const steps: Step[] = []
  const step = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y
  step.lastIndex = 1
  while (step.lastIndex < text.length) {
    const found = step.exec(text)
    if (!found) return undefined
    const [, name, index, single, double] = found
    if (index !== undefined) steps.push(Number(index))
    else steps.push(name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1'))
  }
  return steps.length > 0 ? steps : undefined
}

/** Undefined where the piece holds no value: an empty object or list has no leaf of its own. */
function leafOf(piece: JsonObject): Json | undefined {
  const { stringValue, numberValue, boolValue } = piece
  if (typeof stringValue === 'string') return stringValue
  if (numberOf(numberValue) !== undefined) return numberValue
  if (typeof boolValue === 'boolean') return boolValue
  return 'nullValue' in piece ? null : undefined
}

function put(root: JsonObject, path: readonly Step[], leaf: Json): boolean {
  let at: Json = root
  for (const [n, step] of path.entries()) {
    const next = path[n + 1]
    const before: Json | undefined = memberOf(at, step)
    const after: Json =
      next === undefined
        ? typeof leaf === 'string'
          ? (stringOf(before) ?? '') + leaf
          : leaf
        : isObject(before) || Array.isArray(before)
          ? before
          : typeof next === 'number'
            ? []
            : {}
    if (!setMember(at, step, after)) return false
    at = after
  }
  return true
}

const memberOf = (at: Json, step: Step): Json | undefined =>
  typeof step === 'number' ? listOf(at)[step] : isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined

function setMember(at: Json, step: Step, value: Json): boolean {
  if (typeof step === 'number') {
    if (!Array.isArray(at) || step > longestArray) return false
    while (at.length < step) at.push(null)
    at[step] = value
    return true
  }
  if (!isObject(at) || forbidden.has(step)) return false
  at[step] = value
  return true
}
