import type { Json } from '../core/json.ts'

/** OTLP's JSON encoding (opentelemetry-proto 1.x): 64-bit integers as text, ids in hex, enumerations as numbers. */
export type AnyValue =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: string }
  | { doubleValue: number }
  | { arrayValue: { values: AnyValue[] } }
  | { kvlistValue: { values: KeyValue[] } }
  | Record<string, never>

export type KeyValue = { key: string; value: AnyValue }

/** An attribute's value; undefined and null leave the attribute out. A double is named, because 1 and 1.0 are one number here. */
export type Attribute = Json | undefined | { double: number }

export const spanKind = { client: 3 } as const
export const statusCode = { unset: 0, error: 2 } as const
export const deltaTemporality = 1

/** A value of any JSON shape, with its structure. */
function anyValue(value: Json): AnyValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return value === null ? {} : { kvlistValue: { values: keyValues(value) } }
}

/** Attributes in the order they are written. */
export function keyValues(attributes: Record<string, Attribute>): KeyValue[] {
  return Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined || value === null) return []
    if (isDouble(value)) return [{ key, value: { doubleValue: value.double } }]
    return [{ key, value: anyValue(value) }]
  })
}

export const double = (value: number | undefined): Attribute => (value === undefined ? undefined : { double: value })

/** Nanoseconds since 1970, as text: they do not fit into a number. */
export const nanos = (ms: number): string => `${Math.max(0, Math.round(ms))}000000`

function isDouble(value: Attribute): value is { double: number } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && typeof value.double === 'number'
}
