import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import type { Bounds } from '../dialect.ts'
import { maxPriceOf } from '../max-price.ts'
import { jsonTokens, otherThanPicture } from '../prompt-size.ts'
import { askedTier } from '../service-tier.ts'

/**
 * Most tokens that OpenAI counts for one image: `gpt-4o-mini`, 2833 and 5667 for each of at most 8 tiles of 512 px (an image is
 * scaled into 2048 x 2048, then to 768 on its shorter side). All other models, patch-based ones included, count fewer;
 * `detail: low` is one base amount. (OpenAI, "Images and vision", calculating costs.)
 */
export const imageTokens = 2833 + 8 * 5667
/** The least that holds for every host: newer Anthropic models count an image of any detail at up to about 4,800. */
export const lowImageTokens = 4800

/** Around each message: role, separators, and what templates add. */
const messageTokens = 8
/** Around tools: the longest preamble known is Anthropic's, 530 tokens. */
const toolsTokens = 600
const toolTokens = 24
const formatTokens = 300

/**
 * How many input tokens a request can be counted as, at most, by any host; and what else bounds its cost. No tokenizer gives
 * more tokens than there are bytes, so text counts by its UTF-8 bytes, wherever it stands; names of members count where they
 * reach the model. Audio and files count by the bytes of their data: their tokens per byte are fewer, except for a PDF made to be
 * expensive (many near-empty pages), which can end above its bound. Its true cost is still booked.
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
  const calls = messages.some((message) => isObject(message) && (message.tool_calls || message.role === 'tool'))
  if (tools > 0 || calls) count.tokens += toolsTokens + tools * toolTokens
  if (isObject(body.response_format) && body.response_format.type !== 'text') count.tokens += formatTokens

  const bounds: Bounds = {
    inputTokens: count.tokens,
    choices: Math.max(numberOf(body.n) ?? 1, numberOf(body.best_of) ?? 1),
  }
  const cap = numberOf(body.max_completion_tokens ?? body.max_tokens)
  // To some hosts nothing means no cap at all, so the least that is sent is 1.
  if (cap !== undefined) bounds.outputCap = Math.max(cap, 1)
  const tier = askedTier(body)
  if (tier) bounds.tier = tier
  const unbounded = unboundedIn(body) ?? count.unbounded
  if (unbounded !== undefined) bounds.unbounded = unbounded
  const maxPrice = maxPriceOf(body)
  if (maxPrice) bounds.maxPrice = maxPrice
  return bounds
}

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
      addValue(count, value)
      continue
    }
    for (const [at, part] of value.entries()) countPart(count, part, `messages[${position}].content[${at}]`)
  }
}

const mediaParts: ReadonlyMap<string, (part: JsonObject) => number | undefined> = new Map([
  ['image_url', imagePart],
  ['input_image', imagePart],
  ['image', imagePart],
  ['input_audio', (part: JsonObject) => dataBytes(objectOf(part.input_audio).data)],
  ['file', (part: JsonObject) => dataBytes(objectOf(part.file).file_data)],
])

/** Media by formula; what a host fetches or has stored itself (files by id, video by address) is bounded by nothing here. */
function countPart(count: Count, part: Json, where: string): void {
  if (!isObject(part)) return addValue(count, part)
  const type = stringOf(part.type) ?? ''
  const media = mediaParts.get(type)
  const tokens = media?.(part)
  if (tokens !== undefined) count.tokens += tokens
  else if (media !== undefined || isRemote(part[type])) count.unbounded ??= `${where}.${type}`
  else addValue(count, part)
}

/** A document in the place of a picture counts as one; what a host would fetch there is bounded by nothing. */
function imagePart(part: JsonObject): number | undefined {
  const image = isObject(part.image_url) ? part.image_url : part
  const address = stringOf(image.url) ?? stringOf(part.image_url) ?? stringOf(part.image)
  const other = address === undefined ? undefined : otherThanPicture(address)
  const tokens = image.detail === 'low' ? lowImageTokens : imageTokens
  return other === Infinity ? undefined : Math.max(tokens, other ?? 0)
}

/** Bytes behind a base64 text or data URL; undefined where the data is elsewhere. */
function dataBytes(data: Json | undefined): number | undefined {
  if (typeof data !== 'string' || isAddress(data)) return undefined
  return Math.ceil(((data.length - (data.indexOf(',') + 1)) * 3) / 4)
}

/** A film may be given as the list of its frames. */
const isRemote = (value: Json | undefined): boolean =>
  Array.isArray(value) ? value.some((one) => isAddress(one)) : isAddress(isObject(value) ? value.url : value)
const isAddress = (value: Json | undefined): boolean => /^(?:https?|gs|s3):/i.test(stringOf(value) ?? '')

/** Bytes of the texts of a message, of what it holds beside them, and of the names of its members. */
function addValue(count: Count, value: Json): void {
  const open: Json[] = [value]
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item === 'string') count.tokens += Buffer.byteLength(item)
    else if (Array.isArray(item)) for (const part of item) open.push(part)
    else if (isObject(item)) {
      for (const [key, part] of Object.entries(item)) {
        if (framing.has(key)) open.push(part)
        else count.tokens += Buffer.byteLength(key) + 2 + sizeOf(part)
      }
    } else count.tokens += String(item).length
  }
}

const sizeOf = (value: Json): number => (typeof value === 'string' ? Buffer.byteLength(value) : jsonTokens(value))

/**
 * Parameters that let a provider bill what no count of tokens bounds: tools it runs itself, answers of other models, tokens of a
 * rejected prediction.
 */
export const unboundedParams = [
  'web_search_options',
  'search_parameters',
  'enable_search',
  'web_search',
  'data_sources',
  'cached_content',
  'cachedContent',
  'plugins',
  'models',
  'preset',
  'prediction',
  'guardrailConfig',
  'guardrail_config',
] as const
const clientTools = new Set(['function', 'custom'])

/** The first of these parameters that is set, whichever tongue the request is in: hosts of this one would be sent it. */
export const unboundedParam = (body: JsonObject): string | undefined =>
  unboundedParams.find((name) => {
    const value = body[name]
    const off = value === undefined || value === null || value === false
    return !off && !(isObject(value) && value.mode === 'off')
  })

function unboundedIn(body: JsonObject): string | undefined {
  const param = unboundedParam(body)
  if (param !== undefined) return param
  if (objectOf(objectOf(body.providerOptions).gateway).models) return 'providerOptions'
  const hosted = listOf(body.tools).findIndex((tool) => isObject(tool) && !clientTools.has(stringOf(tool.type) ?? ''))
  return hosted < 0 ? undefined : `tools[${hosted}]`
}
