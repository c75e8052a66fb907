import { GatewayError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import { jsonErrorPosition } from '../wire/json-error.ts'
import { invalid } from './fields.ts'
import { flattened, maxDepth, shapeOf, writtenKeys } from './openai/pass-body.ts'

/** The body as text and as object. A key that is written twice would be read differently by different readers: rewritten. */
export function readBody(received: string): { text: string; body: JsonObject } {
  const text = received.startsWith('\uFEFF') ? received.slice(1) : received
  let parsed: Json
  try {
    parsed = JSON.parse(text) as Json
  } catch (cause) {
    const { message, line, column, position } = jsonErrorPosition(text)
    const where = `line ${line}, column ${column} (position ${position})`
    throw new GatewayError('invalid_json', {
      message: `The body is not valid JSON: ${message} at ${where}.`,
      param: 'request_body',
      cause,
    })
  }
  const { keys, depth } = shapeOf(parsed)
  if (depth > maxDepth) {
    throw new GatewayError('invalid_request', { message: `The body is nested deeper than ${maxDepth} levels.` })
  }
  if (!isObject(parsed)) throw invalid('body', parsed, 'a JSON object')
  const body = flattened(parsed)
  return { text: body === parsed && writtenKeys(text) === keys ? text : JSON.stringify(body), body }
}
