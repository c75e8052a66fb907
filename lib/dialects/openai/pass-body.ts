import { type Json, type JsonObject, isObject } from '../../core/json.ts'
import { skipSpace, stringEnd } from '../../wire/json-scan.ts'

/** Deepest nesting that is accepted: far beyond any JSON schema, far below what overflows a stack. */
export const maxDepth = 256

export type Shape = { keys: number; depth: number }

/** Number of members and depth of a parsed document, without recursion. */
export function shapeOf(value: Json): Shape {
  let keys = 0
  let depth = 0
  let level: Json[] = [value]
  while (level.length > 0) {
    const below: Json[] = []
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue
      const parts = Array.isArray(item) ? item : Object.values(item)
      if (!Array.isArray(item)) keys += parts.length
      for (const part of parts) if (typeof part === 'object' && part !== null) below.push(part)
    }
    if (below.length > 0) depth++
    level = below
    if (depth > maxDepth) break
  }
  return { keys, depth }
}

/** How many members the text of a JSON document writes: strings followed by a colon. */
export function writtenKeys(text: string): number {
  let count = 0
  let at = text.indexOf('"')
  while (at >= 0) {
    const end = stringEnd(text, at)
    if (text[skipSpace(text, end)] === ':') count++
    at = text.indexOf('"', end)
  }
  return count
}

/** Members of `extra_body`, which SDKs merge into the body before they send it, and plain HTTP callers do not. */
export function flattened(body: JsonObject): JsonObject {
  const { extra_body: extra, ...rest } = body
  return isObject(extra) ? { ...extra, ...rest } : body
}

/** True for what counts as not given: `null`, and the empty lists that clients send by mistake. */
const emptyWhere = new Set(['tools', 'functions', 'stop'])
export const isAbsent = (key: string, value: Json | undefined): boolean =>
  value === undefined ||
  value === null ||
  (emptyWhere.has(key) && (value === '' || (Array.isArray(value) && value.length === 0)))

/** Where a default of the deployment would change what the flow has decided already. */
const notByDefault = new Set(['model', 'messages', 'stream'])

/**
 * The request as it will be sent: the deployment's default parameters under what the client sent. Bounds of an attempt
 * must be taken from this, because a default may ask for more choices or a hosted tool.
 */
export function withDefaults(body: JsonObject, params: Record<string, Json>): JsonObject {
  const defaults = Object.entries(flattened(params)).filter(([key]) => !notByDefault.has(key))
  return Object.fromEntries([...defaults.filter(isGiven), ...Object.entries(body).filter(isGiven)])
}

const isGiven = (entry: [string, Json]): boolean => !isAbsent(...entry)
