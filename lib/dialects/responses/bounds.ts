import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import type { Bounds } from '../dialect.ts'
import { boundsOf } from '../openai/bounds.ts'
import { unboundedParams } from '../unbounded-params.ts'
import { inputItems } from './call.ts'
import { knownTool } from './known-tools.ts'
import { toolsGiven } from './namespaces.ts'
import { asChatPart } from './request-input.ts'

/**
 * What bounds the cost of a request, for any host: the same count as of a chat, of which this is one by another name. The
 * conversation must be whole; its first `earlier` items came from turns that are stored.
 */
export function responsesBounds(body: JsonObject, earlier = 0): Bounds {
  const bounds = boundsOf(asChat(body))
  // What is behind the name of a prompt, only its provider knows.
  if (isObject(body.prompt)) return { ...bounds, unbounded: 'prompt' }
  // The provider has its model read everything once more, to compact it.
  if (listOf(body.context_management ?? []).some((edit) => objectOf(edit).type === 'compaction'))
    return { ...bounds, unbounded: 'context_management' }
  if (bounds.unbounded === undefined) return bounds
  return { ...bounds, unbounded: nameOf(bounds.unbounded, earlier) }
}

/** The request in the chat API's words, as far as tokens go. */
function asChat(body: JsonObject): JsonObject {
  const { input, instructions, text, max_output_tokens: cap, service_tier: tier } = body
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : []
  const { format } = objectOf(text)
  return {
    messages: [...system, ...inputItems(input).map(asMessage)],
    tools: toolsGiven(body).flatMap(({ tool }) => flattened(tool)),
    ...(isObject(format) ? { response_format: format } : {}),
    ...(cap === undefined || cap === null ? {} : { max_completion_tokens: cap }),
    ...(tier === undefined || tier === null ? {} : { service_tier: tier }),
    // Defaults of a deployment, written as in the chat API.
    ...Object.fromEntries(chatWords.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]]]))),
    beside: Object.fromEntries(Object.entries(body).filter(([name]) => !spokenFor.has(name))),
  }
}

const chatWords = [
  'max_tokens',
  'max_completion_tokens',
  ...unboundedParams,
  'provider',
  'serviceTier',
  'performanceConfig',
  'speed',
  'inference_geo',
]

/** Counted above, or never shown to the model. All else goes to hosts as it is, and nobody knows who reads it. */
const spokenFor: ReadonlySet<string> = new Set([
  ...chatWords,
  ...`model input instructions tools text max_output_tokens temperature top_p top_logprobs stream stream_options store metadata user
    include parallel_tool_calls previous_response_id truncation service_tier reasoning safety_identifier prompt prompt_cache_key
    prompt_cache_retention background max_tool_calls context_management conversation`.split(/\s+/),
])

/** Images and files inside a tool's output count as such, not by their letters. What is said in several places counts in each. */
function asMessage(item: JsonObject): JsonObject {
  const { content, output, result, ...rest } = item
  const parts = [content, shown(output) ?? output, made(item) ?? result].flatMap((said) => said ?? [])
  return {
    ...rest,
    role: item.role ?? 'assistant',
    content: parts.map((part) => (isObject(part) ? asPart(part) : part)),
  }
}

/** A screen that a tool shows. */
function shown(output: Json | undefined): JsonObject | undefined {
  const { image_url: url } = objectOf(output)
  return typeof url === 'string' ? { type: 'input_image', image_url: url } : undefined
}

/** A picture that was made before. */
const made = ({ type, result }: JsonObject): JsonObject | undefined =>
  type === 'image_generation_call' && typeof result === 'string'
    ? { type: 'input_image', image_url: `data:image/png;base64,${result}` }
    : undefined

/** A file that its host fetches, or has, has no size here. */
const asPart = (part: JsonObject): JsonObject => {
  const chat = asChatPart(part)
  return chat.type === 'text' ? { type: 'text', text: stringOf(chat.text) ?? '' } : chat
}

/** Tools that the client runs; every other one runs at the provider, which bills what no count of tokens bounds. */
const clients = /^(?:function|custom|namespace|local_shell|shell|apply_patch|computer(?:_use_preview)?|tool_search)$/

/** A hosted tool by its name; undefined for one of the client's. */
export function hostedName(tool: Json): string | undefined {
  const { type, environment, execution } = objectOf(tool)
  const name = stringOf(type) ?? ''
  // Some run at either end, as they are told.
  const remote = stringOf(objectOf(environment).type)?.startsWith('container') === true || execution === 'server'
  return clients.test(name) && !remote ? undefined : name
}

function flattened(tool: Json): Json[] {
  if (!isObject(tool)) return []
  if (hostedName(tool) !== undefined) return [tool]
  const inner = tool.type === 'namespace' ? listOf(tool.tools).filter(isObject) : [{ ...tool, ...knownTool(tool) }]
  return inner.map((one) => ({ ...one, type: 'function' }))
}

/** What stands in the bound's own words, in the client's. */
function nameOf(unbounded: string, earlier: number): string {
  const [, at] = /^messages\[(\d+)\]/.exec(unbounded) ?? []
  if (at === undefined) return unbounded
  return Number(at) < earlier ? 'previous_response_id' : 'input'
}
