import { isObject, type Json, type JsonObject, numberOf, objectOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

/**
 * Token counts of a reply or a chunk, normalised to the inclusive convention (core/usage.ts). Hosts keep them in different
 * places; each name below is some host's, and none means anything else elsewhere. Undefined where there are none.
 */
export function usageOf(body: JsonObject): Usage | undefined {
  const raw = rawUsage(body)
  return raw === undefined ? undefined : normalised(raw)
}

/** The usage object itself: at the top, in `x_groq`, or in the first choice (some hosts' last chunk). */
function rawUsage(body: JsonObject): JsonObject | undefined {
  if (isObject(body.usage)) return body.usage
  const groq = objectOf(body.x_groq).usage
  if (isObject(groq)) return groq
  const first = Array.isArray(body.choices) ? objectOf(body.choices[0]).usage : undefined
  return isObject(first) ? first : undefined
}

const count = (value: Json | undefined): number => Math.ceil(Math.max(numberOf(value) ?? 0, 0))
const largest = (...values: (Json | undefined)[]): number => Math.max(...values.map(count))

function normalised(raw: JsonObject): Usage | undefined {
  if (numberOf(raw.prompt_tokens ?? raw.input_tokens ?? raw.completion_tokens ?? raw.output_tokens) === undefined)
    return undefined
  const input = objectOf(raw.prompt_tokens_details ?? raw.prompt_token_details ?? raw.input_tokens_details)
  const output = objectOf(raw.completion_tokens_details ?? raw.output_tokens_details)
  const reasoning = largest(output.reasoning_tokens, raw.reasoning_tokens)
  const cached = largest(
    input.cached_tokens,
    raw.prompt_cache_hit_tokens,
    raw.cached_tokens,
    raw.num_cached_tokens,
    raw.cache_read_input_tokens,
  )
  const cacheWrite = largest(
    input.cache_write_tokens,
    input.cache_creation_tokens,
    input.cache_creation_input_tokens,
    raw.cache_creation_input_tokens,
  )
  const totals = inclusive(raw, cached, reasoning)
  const usage: Usage = { ...totals, ...untold(raw, totals, [cached, cacheWrite, reasoning]) }
  const put = (kind: keyof Usage, amount: number, within: number) => {
    const part = Math.min(amount, within)
    if (part > 0) usage[kind] = part
  }
  put('cached', cached, totals.prompt)
  put('cacheWrite', cacheWrite, totals.prompt - (usage.cached ?? 0))
  const lifetimes = input.cache_write_tokens_details
  if (isObject(lifetimes)) usage.cacheWrite1h = Math.min(count(lifetimes.ttl_12h_tokens), usage.cacheWrite ?? 0)
  put('reasoning', reasoning, totals.completion)
  put('audioInput', count(input.audio_tokens), totals.prompt)
  put('audioOutput', count(output.audio_tokens), totals.completion)
  put('webSearches', count(raw.num_search_queries), Infinity)
  return usage
}

/**
 * Some hosts leave reasoning out of the completion count, some the cached tokens out of the prompt count. Their own total
 * tells: it holds what the parts do not. Without such a total the counts stand as they are, and details are clamped to them.
 */
function inclusive(raw: JsonObject, cached: number, reasoning: number): { prompt: number; completion: number } {
  let prompt = count(raw.prompt_tokens ?? raw.input_tokens)
  let completion = count(raw.completion_tokens ?? raw.output_tokens)
  const total = count(raw.total_tokens)
  if (cached > prompt && total >= prompt + cached + completion) prompt += cached
  if (reasoning > 0 && total >= prompt + completion + reasoning) completion += reasoning
  return { prompt, completion }
}

/**
 * Gemini's chat endpoint leaves thoughts out of the completion count and names them nowhere: only the total holds them, and they
 * are paid for. A host that details what its total may hold besides is taken at its word.
 */
function untold(
  raw: JsonObject,
  { prompt, completion }: { prompt: number; completion: number },
  details: readonly number[],
): Pick<Usage, 'billedCompletion'> {
  const total = count(raw.total_tokens)
  if (completion === 0 || total <= prompt + completion || details.some((amount) => amount > 0)) return {}
  return { billedCompletion: total - prompt }
}

/**
 * Of two sightings in one stream the later counts: Gemini's first chunks estimate the prompt, its last one has the true count. A
 * later one that says nothing of a count leaves it as it was.
 */
export function laterUsage(before: Usage | undefined, later: Usage): Usage {
  if (!before) return later
  const told = Object.entries(later).filter(([, amount]) => amount > 0)
  const { billedCompletion: _, ...counted } = before
  return { ...counted, ...Object.fromEntries(told) }
}

/** A count of nothing for an answer of something is no count: budgets would leak. */
export const isCredible = (usage: Usage | undefined, contentBytes: number): usage is Usage =>
  usage !== undefined && (contentBytes === 0 || usage.completion > 0)
