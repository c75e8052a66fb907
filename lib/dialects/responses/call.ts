import { GatewayError } from '../../core/errors.ts'
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
  range,
  textField,
  whole,
} from '../fields.ts'
import { checkFunction } from '../openai/call.ts'
import { readBody } from '../read-body.ts'

/**
 * Reads a request of the responses API. Strict on what would be misread further on (money depends on some of it), lenient on
 * fields it does not know; `null` counts as absent. What needs a provider's own store or queue is refused by name.
 * @throws GatewayError `invalid_json` with line and column, `invalid_request` with the parameter, the value and what was expected
 */
export function parseResponsesCall(text: string): ChatCall {
  const read = readBody(text)
  const { body } = read
  const model = modelOf(body)
  for (const [param, check] of Object.entries(fields)) expectField(param, body[param], check)
  checkInput(body)
  checkInside(body)
  for (const [param, remedy] of Object.entries(refused)) {
    const value = body[param]
    if (value === undefined || value === null || value === false) continue
    throw new GatewayError('unsupported_parameter', { param, message: `'${param}' is not supported here: ${remedy}.` })
  }
  return { ...read, model, stream: body.stream === true, includeUsage: true }
}

const refused: Record<string, string> = {
  background: 'send the request without it, streamed if it takes long',
  conversation: 'go on from an earlier response with previous_response_id, or send the items in input',
}

const fields: Record<string, Check> = {
  input: {
    words: 'a text or a list of items, each an object',
    is: (value) => isText(value) || (Array.isArray(value) && value.every(isObject)),
  },
  instructions: textField,
  temperature: range(0, 2),
  top_p: range(0, 1),
  max_output_tokens: whole,
  max_tool_calls: whole,
  top_logprobs: whole,
  stream: flag,
  store: flag,
  background: flag,
  parallel_tool_calls: flag,
  previous_response_id: textField,
  user: textField,
  service_tier: textField,
  truncation: textField,
  prompt_cache_key: textField,
  metadata: object,
  prompt: object,
  reasoning: object,
  text: object,
  include: { words: 'a list of texts', is: (value) => Array.isArray(value) && value.every(isText) },
  tools: objects,
  tool_choice: { words: "'none', 'auto', 'required' or an object", is: (value) => isText(value) || isObject(value) },
}

function checkInput({ input, previous_response_id: previous, prompt }: JsonObject): void {
  const nothing = input === undefined || input === null || (Array.isArray(input) && input.length === 0)
  const elsewhere = typeof previous === 'string' || isObject(prompt)
  if (nothing && !elsewhere) throw invalid('input', input, 'a text or a list of at least one item')
}

/** What stands deeper and would be passed over in silence where another dialect is spoken. */
function checkInside({ text, reasoning, tools }: JsonObject): void {
  if (isObject(text)) {
    expectField('text.format', text.format, typed)
    expectField('text.verbosity', text.verbosity, textField)
  }
  if (isObject(reasoning))
    for (const name of ['effort', 'summary']) expectField(`reasoning.${name}`, reasoning[name], textField)
  for (const [at, tool] of (Array.isArray(tools) ? tools : []).entries()) {
    if (!isObject(tool)) continue
    if (!typed.is(tool)) throw invalid(`tools[${at}].type`, tool.type, 'the type of a tool, as a text')
    if (tool.type === 'function') checkFunction(`tools[${at}]`, tool)
  }
}

const typed: Check = { words: "an object with a 'type'", is: (value) => isObject(value) && isText(value.type ?? null) }

/** Items of an input, whichever way it was written. */
export function inputItems(input: Json | undefined): JsonObject[] {
  if (typeof input === 'string')
    return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }]
  return Array.isArray(input) ? input.filter(isObject) : []
}
