import { createHash } from 'node:crypto'
import type { ChatMessage, ChatRequest } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { isPrivate } from '../openai/pass-private.ts'
import { stopsOf, wrong } from '../openai/request-fields.ts'
import { parseMessages, parseSystem } from './client-messages.ts'
import { canBeStrict } from './client-schema.ts'
import { parseTools } from './client-tools.ts'
import { refuseThread } from './threads.ts'

/**
 * A request of the messages API into the hub, for an upstream that speaks something else. Types of the top level were checked
 * when the call was received. Parameters without a place in the hub stay in `rest`: whether they can be expressed is for the
 * tongue to say that is spoken upstream. Those of `advisory` are wishes: Claude Code sends them with every request, and what
 * is answered does not depend on them.
 * @throws GatewayError `invalid_request` or `unsupported_parameter`, with `param`
 */
export function parseRequest(body: JsonObject): ChatRequest {
  refuseThread(body)
  const dropped: string[] = Object.keys(body).filter((name) => wishes.has(name) && body[name] !== null)
  const messages: ChatMessage[] = [
    ...parseSystem(body.system),
    ...parseMessages(listOf(body.messages), (name) => dropped.push(name)),
  ]
  const request: ChatRequest = {
    messages,
    ...parseTools(body, (name) => dropped.push(name)),
    ...parseSampling(body),
    stream: body.stream === true,
    includeUsage: true,
    rest: Object.fromEntries(
      Object.entries(body)
        .filter(([name, value]) => value !== null && !inHub.has(name) && !wishes.has(name) && !isPrivate(name))
        .filter(([name, value]) => anywhere[name] !== value && !isKeptContainer(name, value))
        .flatMap(tierInOpenAisWords),
    ),
  }
  const { task_budget: budget } = objectOf(body.output_config)
  if (budget !== undefined && budget !== null) dropped.push('output_config.task_budget')
  if (typeof body.fallbacks === 'string') dropped.push('fallbacks')
  if (isKeptContainer('container', body.container ?? null)) dropped.push('container')
  const { block_binding: binding } = objectOf(body.thinking)
  if (binding !== undefined && binding !== null) dropped.push('thinking.block_binding')
  const reasoning = parseReasoning(body)
  if (reasoning) request.reasoning = reasoning
  const format = parseFormat(body)
  if (format) request.format = format
  const user = stringOf(objectOf(body.metadata).user_id) ?? stringOf(body.user)
  if (user) request.user = shortUser(user)
  if (dropped.length > 0) request.advisory = [...new Set(dropped)]
  return request
}

/** About how it is answered (cache, tidying of old turns, speed), not what. */
const wishes = new Set(
  `cache_control context_management speed betas diagnostics compaction fallback_credit_token`.split(' '),
)

/** `auto` is what happens anyway; `standard_only` is the tier that all others call the default. */
function tierInOpenAisWords([name, value]: [string, Json]): [string, Json][] {
  if (name !== 'service_tier') return [[name, value]]
  return value === 'auto' ? [] : [[name, value === 'standard_only' ? 'default' : value]]
}

/** Where code was run before: without the provider's own tools, which stand nowhere else, nothing is run in it. */
const isKeptContainer = (name: string, value: Json): boolean => name === 'container' && typeof value === 'string'

/** Values that ask for nothing in particular: elsewhere it is served wherever that host serves. */
const anywhere: JsonObject = { inference_geo: 'global' }

/** Read into fields of the hub; the names of OpenAI's among them come from a deployment's default parameters. */
const inHub = new Set(
  `model messages system tools tool_choice max_tokens max_completion_tokens temperature top_p top_k stop_sequences stop stream
   thinking reasoning_effort output_config output_format metadata user stream_options`.split(/\s+/),
)

function parseSampling(body: JsonObject): Partial<ChatRequest> {
  const numbers = {
    maxTokens: numberOf(body.max_tokens) ?? numberOf(body.max_completion_tokens),
    temperature: numberOf(body.temperature),
    topP: numberOf(body.top_p),
    topK: numberOf(body.top_k),
  }
  const given = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined))
  const stop = stopsOf(body.stop_sequences ?? body.stop)
  return { ...given, ...(stop.length > 0 && { stop }) }
}

const efforts = ['low', 'medium', 'high', 'xhigh', 'max']

/** `thinking` says whether, `output_config.effort` how much. */
function parseReasoning(body: JsonObject): ChatRequest['reasoning'] {
  const wanted = objectOf(body.output_config).effort
  if (wanted !== undefined && wanted !== null && !efforts.includes(stringOf(wanted) ?? ''))
    throw wrong('output_config.effort', `one of ${efforts.join(', ')}`, wanted)
  const effort = stringOf(wanted) ?? stringOf(body.reasoning_effort)
  const level = effort === undefined ? {} : { effort }
  if (!isObject(body.thinking)) return effort === 'none' ? { off: true } : effort === undefined ? undefined : level
  const { type, budget_tokens: budget } = body.thinking
  if (type === 'disabled' || type === 'between_tools') return { off: true }
  if (type === undefined || type === null) return effort === undefined ? undefined : level
  const budgetTokens = numberOf(budget)
  if (type === 'enabled' && budgetTokens === undefined)
    throw wrong('thinking.budget_tokens', 'a whole number, 1024 or more', budget)
  return budgetTokens === undefined ? { adaptive: true, ...level } : { budgetTokens, ...level }
}

/** `output_format` is the older name of `output_config.format`. */
function parseFormat(body: JsonObject): ChatRequest['format'] {
  const older = isObject(body.output_format)
  const format = older ? body.output_format : objectOf(body.output_config).format
  if (format === undefined || format === null) return undefined
  const param = older ? 'output_format' : 'output_config.format'
  const { type, schema } = objectOf(format)
  if (type !== 'json_schema') throw wrong(`${param}.type`, '"json_schema"', type)
  if (!isObject(schema)) throw wrong(`${param}.schema`, 'a JSON schema (an object)', schema)
  return { type: 'json_schema', name: 'answer', schema, ...(canBeStrict(schema) && { strict: true }) }
}

/** Others take 64 characters; Claude Code's are longer. */
const shortUser = (user: string): string => (user.length > 64 ? createHash('sha256').update(user).digest('hex') : user)
