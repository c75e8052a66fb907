import type { Failure } from '../../core/failure.ts'
import { isObject, type JsonObject, stringOf } from '../../core/json.ts'
import { errorInside } from '../openai/failure.ts'

/**
 * An error inside a reply with status 200: a `response.failed`, or an `error` event, whose words stand in an object of their own
 * (as recorded) or beside the type (as documented).
 * @param started content had come before it, and is billed
 */
export function failureInside(event: JsonObject, started: boolean): Failure {
  const { response, error, type: _, ...flat } = event
  const words = isObject(response) ? response.error : (error ?? flat)
  const said = isObject(words) ? words : { message: 'The provider failed.' }
  const code = stringOf(said.code) ?? ''
  const refused = requestCodes.test(code) || policyCodes.test(code)
  const inside = errorInside({ error: refused ? { ...said, type: 'invalid_request_error' } : said }, started)
  return policyCodes.test(code) ? { ...inside, kind: 'content_policy' } : inside
}

/** Codes of a failed response that are the request's fault, where an error reply would have been a 400; no other try helps. */
const requestCodes = /^(?:invalid_(?!api_key)|image_|unsupported_|empty_image_|failed_to_download_|data_residency_)/
const policyCodes = /_policy(?:_violation)?$/
