import type { ChatPart } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

/**
 * Usage as clients of the messages API read it: input without what was read from or written to the prompt cache. All four
 * counts are always there (SDKs declare them so). `cost` in US$ where the price is known.
 */
export function printUsage(usage: Usage, dollars: (usage: Usage) => number | undefined): JsonObject {
  const { prompt, completion, cached = 0, cacheWrite = 0, cacheWrite1h = 0, reasoning, webSearches } = usage
  const printed: JsonObject = {
    input_tokens: Math.max(prompt - cached - cacheWrite, 0),
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cached,
    output_tokens: completion,
  }
  if (cacheWrite > 0) {
    const long = Math.min(cacheWrite1h, cacheWrite)
    printed.cache_creation = { ephemeral_5m_input_tokens: cacheWrite - long, ephemeral_1h_input_tokens: long }
  }
  if (reasoning !== undefined) printed.output_tokens_details = { thinking_tokens: reasoning }
  if (webSearches !== undefined && webSearches > 0) printed.server_tool_use = { web_search_requests: webSearches }
  const cost = dollars(usage)
  if (cost !== undefined) printed.cost = cost
  return printed
}

const tiers: Record<string, string> = { default: 'standard', priority: 'priority', batch: 'batch' }

/** The tier that served it, where this API has a name for it. */
export function printTier({ tier }: ChatPart & { type: 'tier' }): JsonObject {
  const name = Object.hasOwn(tiers, tier) ? tiers[tier] : undefined
  return name === undefined ? {} : { service_tier: name }
}
