/** A value as JSON has it. Wire data enters as `Json` and is narrowed where it is used. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [key: string]: Json }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)

/** The object, or an empty one: providers leave out whatever they like. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

export const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : [])

export const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export function numberOf(value: unknown): number | undefined {
  const number = JSON.isRawJSON(value) ? Number(value.rawJSON) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** The parsed text, or undefined where it is not JSON. */
export function tryParse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/**
 * As `tryParse`, but numbers that JavaScript would write otherwise (20 digits, `1.0`, `1e3`) stay as they were written
 * through `JSON.stringify`. Only for values that are handed on: read such a number with `numberOf`.
 */
export function tryParseExact(text: string): Json | undefined {
  if (!roundsNumbers(text)) return tryParse(text)
  try {
    return JSON.parse(text, asWritten) as Json
  } catch {
    return undefined
  }
}

/** Whether numbers of the text may be written otherwise by JavaScript. Cheap, so that ordinary bodies are parsed once. */
export const roundsNumbers = (text: string): boolean => rewritten.test(text)

/** 16 digits or more, an exponent, a last zero behind the point, seven decimals of almost nothing, minus zero. */
const rewritten = /[[:,]\s*-?(?:\d[\d.]{15}|\d+(?:\.\d+)?[eE]|\d+\.\d*0[\s,}\]]|0\.000000|-0[\s,}\]])/

const asWritten = (_: string, value: unknown, { source }: { source?: string }): unknown =>
  typeof value === 'number' && source !== undefined && JSON.stringify(value) !== source ? JSON.rawJSON(source) : value

/** What Node has and the compiler's library does not know yet. */
declare global {
  interface JSON {
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
    rawJSON(text: string): { rawJSON: string }
    isRawJSON(value: unknown): value is { rawJSON: string }
  }
}
