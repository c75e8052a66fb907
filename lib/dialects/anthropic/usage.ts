import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

/**
 * Reads the counts of one reply as they come: `message_start` is provisional, `message_delta` may revise any of them,
 * and a null says nothing. Anthropic counts input without what was read from or written to its prompt cache: it is added
 * up here.
 */
export function usageReader(): (reported: Json | undefined) => Usage | undefined {
  let known: JsonObject = {}
  return (reported) => {
    if (!isObject(reported)) return undefined
    const news = Object.fromEntries(Object.entries(reported).filter(([, value]) => value !== null))
    // Some hosts repeat input counts as zeros at the end: a prompt that was counted does not become empty.
    if (promptOf(news) === 0 && promptOf(known) > 0) for (const field of inputFields) delete news[field]
    known = { ...known, ...news }
    return usageOf(known)
  }
}

const inputFields = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'] as const

const count = (from: JsonObject, field: string): number => Math.max(0, Math.floor(numberOf(from[field]) ?? 0))
const promptOf = (from: JsonObject): number => inputFields.reduce((sum, field) => sum + count(from, field), 0)

/** The counts of one reply, or of one of its iterations. */
export function usageOf(known: JsonObject): Usage {
  const counted = iterations(known) ?? [known]
  const sum = (field: string) => counted.reduce((total, one) => total + count(one, field), 0)
  const cached = sum('cache_read_input_tokens')
  const cacheWrite = sum('cache_creation_input_tokens')
  const usage: Usage = {
    prompt: sum('input_tokens') + cached + cacheWrite,
    completion: sum('output_tokens'),
    cached,
    cacheWrite,
  }
  const hour = cacheWrite1h(known, cacheWrite)
  if (hour > 0) usage.cacheWrite1h = hour
  const thinking = numberOf(objectOf(known.output_tokens_details).thinking_tokens)
  if (thinking !== undefined) usage.reasoning = Math.min(thinking, usage.completion)
  const searches = count(objectOf(known.server_tool_use), 'web_search_requests')
  if (searches > 0) usage.webSearches = searches
  return usage
}

/**
 * With compaction the totals count the last pass alone, though every pass of the model is billed. Those of other models are told
 * apart (`passes.ts`); after a server-side fallback the totals are already right.
 */
function iterations(known: JsonObject): JsonObject[] | undefined {
  const all = listOf(known.iterations).filter(isObject)
  if (all.some((one) => one.type === 'fallback_message')) return undefined
  const own = all.filter((one) => one.type === 'message' || one.type === 'compaction')
  return own.length > 0 ? own : undefined
}

/** The end of a stream revises the sum but not the split: what was added since is taken for the dearer kind. */
function cacheWrite1h(known: JsonObject, written: number): number {
  const split = objectOf(known.cache_creation)
  if (count(split, 'ephemeral_1h_input_tokens') === 0) return 0
  return Math.max(0, written - count(split, 'ephemeral_5m_input_tokens'))
}
