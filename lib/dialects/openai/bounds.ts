import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import type { Bounds } from '../dialect.ts'
import { boundedBy } from '../bounded-by.ts'
import { jsonTokens, partTokens } from '../prompt-size.ts'
import { unboundedParam } from '../unbounded-params.ts'
import { isRemote, mediaParts } from './media-bounds.ts'

/** Around each message: role, separators, and what templates add. */
const messageTokens = 8
/** Around tools: the longest preamble known is Anthropic's, 530 tokens. */
const toolsTokens = 600
const toolTokens = 24
const formatTokens = 300

/**
 * How many input tokens a request can be counted as, at most, by any host; and what else bounds its cost. No tokenizer gives
 * more tokens than there are bytes, so text counts by its UTF-8 bytes, wherever it stands; names of members count where they
 * reach the model. Audio and files count by the bytes of their data: their tokens per byte are fewer. Pages of a PDF count as
 * pictures besides; one made to hide them can end above its bound, and its true cost is still booked.
 *
 * What a host's template wraps around the whole prompt is not in it: that is data of the model. Take it of the request as it
 * will be sent, with the deployment's defaults (`withDefaults`).
 */
export function boundsOf(body: JsonObject): Bounds {
  const count: Count = { tokens: 0 }
  const messages = listOf(body.messages)
  for (const [position, message] of messages.entries()) countMessage(count, message, position)
  for (const [key, value] of Object.entries(body)) {
    if (key !== 'messages' && !notInPrompt.has(key)) count.tokens += jsonTokens(value)
  }
  const tools = listOf(body.tools).length + listOf(body.functions).length
  if (tools > 0 || messages.some(isOfCall)) count.tokens += toolsTokens + tools * toolTokens
  if (isObject(body.response_format) && body.response_format.type !== 'text') count.tokens += formatTokens

  return boundedBy(body, {
    inputTokens: count.tokens,
    choices: Math.max(numberOf(body.n) ?? 1, numberOf(body.best_of) ?? 1),
    cap: numberOf(body.max_completion_tokens ?? body.max_tokens),
    unbounded: unboundedIn(body) ?? count.unbounded,
  })
}

/** Calls without tools have a host think of tools all the same: some are sent one in place of those that are missing. */
const isOfCall = (message: Json): boolean =>
  isObject(message) &&
  (['tool', 'function'].includes(stringOf(message.role) ?? '') ||
    ['tool_calls', 'function_call', 'call_id'].some((name) => Boolean(message[name])))

type Count = { tokens: number; unbounded?: string }

/** Never shown to the model. */
const notInPrompt = new Set([
  'best_of',
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'metadata',
  'model',
  'n',
  'parallel_tool_calls',
  'presence_penalty',
  'seed',
  'performanceConfig',
  'service_tier',
  'serviceTier',
  'stop',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'top_logprobs',
  'top_p',
  'user',
])
/** Names that frame a message and are covered by the amounts above. */
const framing = new Set(['role', 'content', 'type', 'text', 'function', 'tool_calls', 'tool_call_id'])

function countMessage(count: Count, message: Json, position: number): void {
  count.tokens += messageTokens
  if (!isObject(message)) return
  for (const [key, value] of Object.entries(message)) {
    if (key === 'role') continue
    if (key !== 'content' || !Array.isArray(value)) {
      count.tokens += partTokens(value, framing)
      continue
    }
    for (const [at, part] of value.entries()) countPart(count, part, `messages[${position}].content[${at}]`)
  }
}

/** Media by formula; what a host fetches or has stored itself (files by id, video by address) is bounded by nothing here. */
function countPart(count: Count, part: Json, where: string): void {
  if (!isObject(part)) {
    count.tokens += partTokens(part, framing)
    return
  }
  const type = stringOf(part.type) ?? ''
  const media = mediaParts.get(type)
  const tokens = media?.(part)
  if (tokens !== undefined) count.tokens += tokens
  else if (media !== undefined || isRemote(part[type])) count.unbounded ??= `${where}.${type}`
  else count.tokens += partTokens(part, framing)
}

const clientTools = new Set(['function', 'custom'])

function unboundedIn(body: JsonObject): string | undefined {
  const param = unboundedParam(body)
  if (param !== undefined) return param
  if (objectOf(objectOf(body.providerOptions).gateway).models) return 'providerOptions'
  const hosted = listOf(body.tools).findIndex((tool) => isObject(tool) && !clientTools.has(stringOf(tool.type) ?? ''))
  return hosted < 0 ? undefined : `tools[${hosted}]`
}
