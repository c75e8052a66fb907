import type { ChatRequest } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { withTools } from './functions.ts'
import { isPrivate } from './pass-private.ts'
import { parseMessages } from './request-messages.ts'
import { stopsOf, wrong } from './request-fields.ts'
import { parseTools } from './request-tools.ts'

/**
 * A chat completions request into the hub. Types of the top level were checked when the call was received; what is
 * nested is checked here. Parameters without a place in the hub stay in `rest`: whether they can be expressed is for the
 * tongue to say that is spoken upstream.
 * @throws GatewayError `invalid_request` or `unsupported_parameter`, with `param`
 */
export function parseChatRequest(given: JsonObject): ChatRequest {
  const body = withTools(given)
  const request: ChatRequest = {
    messages: parseMessages(listOf(body.messages)),
    ...parseTools(body),
    stream: body.stream === true,
    includeUsage: objectOf(body.stream_options).include_usage === true,
    rest: Object.fromEntries(
      Object.entries(body)
        .filter(([name, value]) => value !== null && !inHub.has(name) && !isPrivate(name) && !meaningless(name, value))
        .map(([name, value]) => [otherNames[name] ?? name, value]),
    ),
  }
  const maxTokens = numberOf(body.max_completion_tokens) ?? numberOf(body.max_tokens)
  if (maxTokens !== undefined) request.maxTokens = maxTokens
  const temperature = numberOf(body.temperature)
  if (temperature !== undefined) request.temperature = temperature
  const topP = numberOf(body.top_p)
  if (topP !== undefined) request.topP = topP
  const topK = numberOf(body.top_k)
  if (topK !== undefined) request.topK = topK
  const stop = stopsOf(body.stop)
  if (stop.length > 0) request.stop = stop
  const reasoning = parseReasoning(body)
  if (reasoning) request.reasoning = reasoning
  const format = parseFormat(body.response_format)
  if (format) request.format = format
  const user = stringOf(body.user) ?? stringOf(body.safety_identifier) ?? stringOf(objectOf(body.metadata).user_id)
  if (user) request.user = user
  const labels = labelsOf(body)
  if (labels) request.rest.metadata = labels
  return request
}

/** What is kept with an answer that is to be stored; else `metadata` is for the gateway alone. */
function labelsOf({ store, metadata }: JsonObject): JsonObject | undefined {
  if (store !== true) return undefined
  const own = Object.entries(objectOf(metadata)).filter(([name, value]) => name !== 'tags' && typeof value === 'string')
  return own.length === 0 ? undefined : Object.fromEntries(own)
}

/** Read into fields of the hub, or the gateway's own. */
const inHub = new Set(
  `messages tools tool_choice parallel_tool_calls stream stream_options max_tokens max_completion_tokens temperature
   top_p top_k stop reasoning_effort reasoning thinking enable_thinking response_format user safety_identifier model
   metadata`.split(/\s+/),
)

/** What requests that were written for Mistral's API call it. */
const otherNames: Record<string, string> = { random_seed: 'seed' }

/** Values that ask for what happens anyway. */
const meaningless = (name: string, value: Json): boolean => defaults[name]?.includes(JSON.stringify(value)) ?? false
const defaults: Record<string, readonly string[]> = {
  n: ['1'],
  logprobs: ['false'],
  top_logprobs: ['0'],
  store: ['false'],
  modalities: ['["text"]'],
  frequency_penalty: ['0'],
  presence_penalty: ['0'],
  logit_bias: ['{}'],
  service_tier: ['"auto"'],
  verbosity: ['"medium"'],
  functions: ['[]'],
  safe_prompt: ['false'],
}

/** OpenAI's effort, Anthropic's `thinking`, OpenRouter's `reasoning`, Qwen's `enable_thinking`: the first that is there. */
export function parseReasoning(body: JsonObject): ChatRequest['reasoning'] {
  const effort = knownEffort(body.reasoning_effort, 'reasoning_effort')
  if (effort !== undefined && !isObject(body.thinking)) return effort === 'none' ? { off: true } : { effort }
  if (isObject(body.thinking)) {
    const { type, budget_tokens: budget } = body.thinking
    if (type === 'disabled') return { off: true }
    const budgetTokens = numberOf(budget)
    if (budgetTokens !== undefined) return { budgetTokens }
    return effort === undefined ? { adaptive: true } : { adaptive: true, effort }
  }
  if (isObject(body.reasoning)) {
    const { effort: wanted, max_tokens: budget, enabled } = body.reasoning
    const asked = knownEffort(wanted, 'reasoning.effort')
    if (enabled === false || asked === 'none') return { off: true }
    if (asked !== undefined) return { effort: asked }
    return typeof budget === 'number' ? { budgetTokens: budget } : { adaptive: true }
  }
  if (typeof body.enable_thinking === 'boolean') return body.enable_thinking ? { adaptive: true } : { off: true }
  return undefined
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** A level nobody knows is neither guessed (it is paid for) nor left to the provider, which would name its own field. */
function knownEffort(value: Json | undefined, param: string): string | undefined {
  const effort = stringOf(value)
  if (effort === undefined || efforts.includes(effort)) return effort
  throw wrong(param, `one of ${efforts.join(', ')}`, effort)
}

function parseFormat(value: Json | undefined): ChatRequest['format'] {
  if (!isObject(value) || value.type === 'text') return undefined
  if (value.type === 'json_object') return { type: 'json_object' }
  const { name, schema, strict } = objectOf(value.json_schema)
  if (value.type !== 'json_schema' || !isObject(schema)) {
    throw new GatewayError('invalid_request', {
      param: value.type === 'json_schema' ? 'response_format.json_schema.schema' : 'response_format.type',
      message:
        value.type === 'json_schema'
          ? 'response_format.json_schema.schema must be a JSON schema (an object).'
          : `response_format.type is ${JSON.stringify(value.type)}: use "text", "json_object" or "json_schema".`,
    })
  }
  return {
    type: 'json_schema',
    name: stringOf(name) ?? 'json',
    schema,
    ...(typeof strict === 'boolean' ? { strict } : {}),
  }
}
