import { isObject, type JsonObject, tryParseExact } from '../core/json.ts'

/** Arguments of an earlier call as an object, whatever stands there: what a model once wrote wrongly is kept as text in one. */
export function argumentsOf(text: string): JsonObject {
  const value = tryParseExact(text)
  if (isObject(value)) return value
  return text.trim() === '' || value === null ? {} : { rawInvalidInput: text }
}
