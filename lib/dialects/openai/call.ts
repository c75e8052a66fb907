import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { ChatCall } from '../dialect.ts'
import {
  type Check,
  expectField,
  flag,
  invalid,
  isText,
  modelOf,
  object,
  objects,
  positive,
  range,
  textField,
  whole,
} from '../fields.ts'
import { readBody } from '../read-body.ts'
import { isNativeTool } from './request-fields.ts'

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
