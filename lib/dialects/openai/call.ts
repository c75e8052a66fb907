import { GatewayError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { jsonErrorPosition } from '../../wire/json-error.ts'
import type { ChatCall } from '../dialect.ts'
import { flattened, maxDepth, shapeOf, writtenKeys } from './pass-body.ts'
import { isNativeTool } from './request-fields.ts'

/** A client's embeddings request, checked for shape. */
export type EmbeddingsCall = {
  text: string
  body: JsonObject
  model: string
  /** `input` as a list: texts, or lists of token numbers. */
  inputs: (string | number[])[]
}

/**
 * Reads a chat completion request. Strict on the fields whose wrong type would be misread further on (money depends on
 * some), lenient on fields it does not know; `null` counts as absent.
 *
 * Throws `invalid_json` with line and column, `invalid_request` with the parameter, the value and what was expected.
 */
export function parseChatCall(text: string): ChatCall {
  const read = readBody(text)
  const { body } = read
  const model = modelOf(body)
  checkMessages(body.messages)
  for (const [param, check] of Object.entries(fields)) expectField(param, body[param], check)
  checkTools(body.tools)
  const options = body.stream_options
  return {
    ...read,
    model,
    stream: body.stream === true,
    includeUsage: isObject(options) && options.include_usage === true,
  }
}

/** Reads an embeddings request; throws as `parseChatCall` does. */
export function embeddingsCall(text: string): EmbeddingsCall {
  const read = readBody(text)
  const { body } = read
  const model = modelOf(body)
  const { input } = body
  const inputs = typeof input === 'string' ? [input] : isTokens(input) ? [input] : input
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every((item) => isText(item) || isTokens(item)))
    throw invalid('input', input, 'a text, a list of texts, or token numbers, and not empty')
  expectField('dimensions', body.dimensions, positive)
  expectField('encoding_format', body.encoding_format, { words: "'float' or 'base64'", is: isText })
  return { ...read, model, inputs }
}

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

export type Check = { words: string; is: (value: Json) => boolean }

export const isText = (value: Json): value is string => typeof value === 'string'
const isTokens = (value: Json | undefined): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => Number.isInteger(item))
export const range = (low: number, high: number): Check => ({
  words: `a number from ${low} to ${high}`,
  is: (value) => typeof value === 'number' && value >= low && value <= high,
})
export const whole: Check = {
  words: 'a whole number, 0 or more',
  is: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
}
const positive: Check = {
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

/** Ranges are the widest that any provider takes; a narrower one is the provider's to refuse. */
const fields: Record<string, Check> = {
  temperature: range(0, 2),
  top_p: range(0, 1),
  presence_penalty: range(-2, 2),
  frequency_penalty: range(-2, 2),
  max_tokens: whole,
  max_completion_tokens: whole,
  n: positive,
  best_of: positive,
  seed: { words: 'a whole number', is: (value) => Number.isInteger(value) },
  top_logprobs: whole,
  // Some hosts take how many of the likeliest there (Together), as legacy completions do.
  logprobs: { words: 'true, false or a number', is: (value) => typeof value === 'boolean' || whole.is(value) },
  stream: flag,
  stream_options: object,
  parallel_tool_calls: flag,
  store: flag,
  user: textField,
  reasoning_effort: textField,
  service_tier: textField,
  metadata: object,
  logit_bias: object,
  response_format: {
    words: "an object with a 'type'",
    is: (value) => isObject(value) && typeof value.type === 'string',
  },
  tool_choice: { words: "'none', 'auto', 'required' or an object", is: (value) => isText(value) || isObject(value) },
  tools: {
    words: "a list of objects, each with a 'type', functions with a 'function.name'",
    is: (value) => Array.isArray(value) && value.every(isTool),
  },
  functions: objects,
  stop: {
    words: 'a text or a list of texts',
    is: (value) => isText(value) || (Array.isArray(value) && value.every(isText)),
  },
}

const isTool = (value: Json): boolean =>
  isObject(value) &&
  (isNativeTool(value) ||
    (typeof value.type === 'string' &&
      (value.type !== 'function' || (isObject(value.function) && typeof value.function.name === 'string'))))

function checkTools(tools: Json | undefined): void {
  for (const [position, tool] of (Array.isArray(tools) ? tools : []).entries())
    if (isObject(tool) && tool.type === 'function' && isObject(tool.function))
      checkFunction(`tools[${position}].function`, tool.function)
}

/** A schema that is none would be left out where a request is translated, and the model be told of a function without parameters. */
export function checkFunction(param: string, { description, parameters, strict }: JsonObject): void {
  expectField(`${param}.description`, description, textField)
  expectField(`${param}.parameters`, parameters, schema)
  expectField(`${param}.strict`, strict, flag)
}

/** PHP writes an object without members as an empty list. */
const schema: Check = {
  words: 'a JSON schema, as an object',
  is: (value) => isObject(value) || (Array.isArray(value) && value.length === 0),
}

const roles = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function'])

function checkMessages(messages: Json | undefined): void {
  if (!Array.isArray(messages) || messages.length === 0)
    throw invalid('messages', messages, 'a list of at least one message')
  for (const [position, message] of messages.entries()) {
    const param = `messages[${position}]`
    if (!isObject(message)) throw invalid(param, message, "an object with 'role' and 'content'")
    const { role, content, tool_calls: calls } = message
    if (!isText(role ?? null) || !roles.has(role as string))
      throw invalid(`${param}.role`, role, `one of ${[...roles].join(', ')}`)
    expectField(`${param}.content`, content, {
      words: 'a text or a list of content parts, each an object with a type',
      is: (value) => isText(value) || (Array.isArray(value) && value.every(isPart)),
    })
    expectField(`${param}.tool_calls`, calls, objects)
    for (const [at, call] of (Array.isArray(calls) ? calls : []).entries())
      if (isObject(call)) expectField(`${param}.tool_calls[${at}].id`, call.id, textField)
    if (role === 'tool') expectField(`${param}.tool_call_id`, message.tool_call_id, textField)
  }
}

const isPart = (value: Json): boolean => isObject(value) && typeof value.type === 'string'

export function modelOf(body: JsonObject): string {
  const { model } = body
  if (typeof model !== 'string' || model === '') throw invalid('model', model, 'the name of a model, as a text')
  return model
}

export function expectField(param: string, value: Json | undefined, check: Check): void {
  if (value !== undefined && value !== null && !check.is(value)) throw invalid(param, value, check.words)
}

export function invalid(param: string, value: Json | undefined, expected: string): GatewayError {
  const problem = value === undefined ? 'is missing' : `is ${shorten(JSON.stringify(value))}`
  return new GatewayError('invalid_request', { message: `'${param}' ${problem}; expected ${expected}.`, param })
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text)
