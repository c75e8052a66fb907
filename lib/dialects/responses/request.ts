import type { ChatRequest } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { isPrivate } from '../openai/pass-private.ts'
import { wrong } from '../openai/request-fields.ts'
import { unsupported } from '../unsupported.ts'
import { parseInput, unsaidItems } from './request-input.ts'
import { parseTools } from './request-tools.ts'

/**
 * A responses request into the hub. The conversation is whole: what `previous_response_id` stood for is part of `input`
 * already. Parameters without a place in the hub stay in `rest`, for the tongue upstream to judge.
 * @throws GatewayError `invalid_request` or `unsupported_parameter`, with `param`
 */
export function parseRequest(body: JsonObject): ChatRequest {
  if (isObject(body.prompt)) throw unsupported('prompt', body.prompt)
  const { left, ...tools } = parseTools(body)
  const { verbosity } = objectOf(body.text)
  const rest: JsonObject = Object.fromEntries(
    Object.entries(body).filter(([name, value]) => !inHub.has(name) && !isPrivate(name) && !meaningless(name, value)),
  )
  if (verbosity !== undefined && verbosity !== null && verbosity !== 'medium') rest.verbosity = verbosity
  Object.assign(rest, likelihood(body))
  const advisory = [...left, ...unsaidItems(body), ...wishes.filter((name) => isWish(name, body))]
  const request: ChatRequest = {
    messages: parseInput(body),
    ...tools,
    stream: body.stream === true,
    includeUsage: true,
    rest,
    ...(advisory.length > 0 ? { advisory } : {}),
  }
  const maxTokens = numberOf(body.max_output_tokens ?? body.max_completion_tokens ?? body.max_tokens)
  if (maxTokens !== undefined) request.maxTokens = maxTokens
  const temperature = numberOf(body.temperature)
  if (temperature !== undefined) request.temperature = temperature
  const topP = numberOf(body.top_p)
  if (topP !== undefined) request.topP = topP
  const reasoning = parseEffort(body)
  if (reasoning) request.reasoning = reasoning
  const format = parseFormat(objectOf(body.text).format)
  if (format) request.format = format
  const user = stringOf(body.user) ?? stringOf(body.safety_identifier) ?? stringOf(objectOf(body.metadata).user_id)
  if (user) request.user = user
  return request
}

/** Read into fields of the hub, kept by the gateway itself, or said only to OpenAI (`client_metadata`). */
const inHub = new Set(
  `model input instructions tools tool_choice parallel_tool_calls stream stream_options max_output_tokens max_completion_tokens
   max_tokens temperature top_p reasoning reasoning_effort text user safety_identifier metadata store include
   previous_response_id client_metadata conversation prompt background truncation max_tool_calls
   context_management`.split(/\s+/),
)

/** How likely tokens were, in the chat API's words. Whoever asks for the likeliest wants to see them. */
function likelihood({ include, top_logprobs: top }: JsonObject): JsonObject {
  const most = numberOf(top) ?? 0
  if (most === 0 && !listOf(include ?? null).includes('message.output_text.logprobs')) return {}
  return { logprobs: true, ...(most > 0 ? { top_logprobs: most } : {}) }
}

/** What is included anyway, or asked for in words of the chat API. */
const included = new Set<unknown>(['reasoning.encrypted_content', 'message.output_text.logprobs'])

/** Wishes about the how: named as dropped where they ask for more than happens anyway. */
const wishes = ['truncation', 'max_tool_calls', 'context_management', 'include'] as const
const isWish = (name: string, body: JsonObject): boolean =>
  name === 'include'
    ? listOf(body.include ?? null).some((one) => !included.has(one))
    : body[name] !== undefined && body[name] !== null && body[name] !== 'disabled'

/** Values that ask for what happens anyway. */
const meaningless = (name: string, value: JsonObject['']): boolean =>
  value === null || (defaults[name]?.includes(value) ?? false)
const defaults: Record<string, readonly JsonObject[''][]> = {
  service_tier: ['auto'],
  top_logprobs: [0],
  frequency_penalty: [0],
  presence_penalty: [0],
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** As the request says, or the last change of mind in its input. */
function parseEffort(body: JsonObject): ChatRequest['reasoning'] {
  const updates = listOf(body.input)
    .map(objectOf)
    .filter(({ type }) => type === 'configuration_update')
  const asked = [body, ...updates].map(({ reasoning }) => stringOf(objectOf(reasoning).effort))
  const effort = asked.findLast((one) => one !== undefined) ?? stringOf(body.reasoning_effort)
  if (effort === undefined) return undefined
  if (!efforts.includes(effort)) throw wrong('reasoning.effort', `one of ${efforts.join(', ')}`, effort)
  return effort === 'none' ? { off: true } : { effort }
}

function parseFormat(format: JsonObject[''] | undefined): ChatRequest['format'] {
  if (!isObject(format) || format.type === 'text') return undefined
  if (format.type === 'json_object') return { type: 'json_object' }
  const { type, name, schema, strict } = format
  if (type !== 'json_schema') throw wrong('text.format.type', '"text", "json_object" or "json_schema"', type)
  if (!isObject(schema)) throw wrong('text.format.schema', 'a JSON schema (an object)', schema)
  return {
    type,
    name: stringOf(name) ?? 'json',
    schema,
    ...(typeof strict === 'boolean' ? { strict } : {}),
  }
}
