import { GatewayError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'

/** What a field must be, and how that is said to whoever wrote something else. */
export type Check = { words: string; is: (value: Json) => boolean }

export const isText = (value: Json): value is string => typeof value === 'string'
export const isTokens = (value: Json | undefined): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => Number.isInteger(item))
export const range = (low: number, high: number): Check => ({
  words: `a number from ${low} to ${high}`,
  is: (value) => typeof value === 'number' && value >= low && value <= high,
})
export const whole: Check = {
  words: 'a whole number, 0 or more',
  is: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
}
export const positive: Check = {
  words: 'a whole number, 1 or more',
  is: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 1,
}
export const flag: Check = { words: 'true or false', is: (value) => typeof value === 'boolean' }
export const object: Check = { words: 'an object', is: isObject }
export const textField: Check = { words: 'a text', is: isText }
export const objects: Check = {
  words: 'a list of objects',
  is: (value) => Array.isArray(value) && value.every(isObject),
}

/** The model that a request names. Throws `invalid_request` where it names none. */
export function modelOf(body: JsonObject): string {
  const { model } = body
  if (typeof model !== 'string' || model === '') throw invalid('model', model, 'the name of a model, as a text')
  return model
}

/** Throws `invalid_request` where the field is there and not as it must be; `null` counts as absent. */
export function expectField(param: string, value: Json | undefined, check: Check): void {
  if (value !== undefined && value !== null && !check.is(value)) throw invalid(param, value, check.words)
}

/** The refusal that names the field, the value and what was expected. */
export function invalid(param: string, value: Json | undefined, expected: string): GatewayError {
  const problem = value === undefined ? 'is missing' : `is ${shorten(JSON.stringify(value))}`
  return new GatewayError('invalid_request', { message: `'${param}' ${problem}; expected ${expected}.`, param })
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text)
