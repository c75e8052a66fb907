import type { Failure } from '../../core/failure.ts'
import { isObject, type JsonObject } from '../../core/json.ts'
import { errorInside } from '../openai/failure.ts'

/**
 * An error inside a reply with status 200: a `response.failed`, or an `error` event, whose words stand in an object of their own
 * (as recorded) or beside the type (as documented).
 * @param started content had come before it, and is billed
 */
export function failureInside(event: JsonObject, started: boolean): Failure {
  const { response, error, type: _, ...flat } = event
  const words = isObject(response) ? response.error : (error ?? flat)
  const inside = errorInside({ error: isObject(words) ? words : { message: 'The provider failed.' } }, started)
  return inside
}

export const malformed = (message: string): Failure => ({ kind: 'malformed', status: 200, message, mayHaveCost: true })
