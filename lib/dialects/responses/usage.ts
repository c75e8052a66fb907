import { isObject, type JsonObject, listOf, objectOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { usageOf } from '../openai/watch-usage.ts'

/**
 * Token counts of a response, which are inclusive already. Counts of nothing are none: a host that does not count says zero.
 * Searches that the provider ran are billed apart: opening a page it has found is not one.
 */
export function responseUsage(response: JsonObject): Usage | undefined {
  const usage = usageOf(response)
  if (usage === undefined || usage.prompt + usage.completion === 0) return undefined
  const searches = listOf(response.output).filter(isSearch).length
  return searches > 0 ? { ...usage, webSearches: searches } : usage
}

function isSearch(value: unknown): boolean {
  const { type, action } = objectOf(value)
  return type === 'web_search_call' && (!isObject(action) || (action.type ?? 'search') === 'search')
}

/** Usage as clients of the responses API read it: every count is there, because typed clients insist. */
export function printUsage(usage: Usage, dollars: (usage: Usage) => number | undefined): JsonObject {
  const { prompt, completion, cached, cacheWrite, reasoning } = usage
  const cost = dollars(usage)
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached ?? 0, cache_write_tokens: cacheWrite ?? 0 },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: reasoning ?? 0 },
    total_tokens: prompt + completion,
    ...(cost === undefined ? {} : { cost }),
  }
}
