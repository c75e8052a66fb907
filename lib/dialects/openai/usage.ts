import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

/** Usage as clients of the chat completions API read it, with `cost` in US$ where the price is known. */
export function printUsage(usage: Usage, dollars: (usage: Usage) => number | undefined): JsonObject {
  const { prompt, completion, cached, cacheWrite, reasoning, audioInput, audioOutput, webSearches } = usage
  const printed: JsonObject = {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: cached ?? 0,
      ...(cacheWrite === undefined ? {} : { cache_write_tokens: cacheWrite }),
      ...(audioInput === undefined ? {} : { audio_tokens: audioInput }),
    },
  }
  if (reasoning !== undefined || audioOutput !== undefined) {
    printed.completion_tokens_details = {
      ...(reasoning === undefined ? {} : { reasoning_tokens: reasoning }),
      ...(audioOutput === undefined ? {} : { audio_tokens: audioOutput }),
    }
  }
  if (webSearches !== undefined && webSearches > 0) printed.server_tool_use = { web_search_requests: webSearches }
  const cost = dollars(usage)
  if (cost !== undefined) printed.cost = cost
  return printed
}
