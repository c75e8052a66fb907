import type { LedgerEntry } from '../../core/ledger.ts'
import { toDollars } from '../../core/money.ts'
import type { CallType } from '../../core/spend-event.ts'

const iso = (ms: number) => new Date(ms).toISOString()

const callTypes = {
  chat: 'acompletion',
  completions: 'atext_completion',
  embeddings: 'aembedding',
  images: 'aimage_generation',
  image_edits: 'aimage_edit',
  speech: 'aspeech',
  transcriptions: 'atranscription',
  translations: 'atranslation',
  moderations: 'amoderation',
  rerank: 'arerank',
  pass_through: 'pass_through_endpoint',
} as const satisfies Record<CallType, string>

/** A ledger entry as LiteLLM's row in `/spend/logs`, and what only we know: outcome, whether it was estimated, the exact cost. */
export const spendRow = (entry: LedgerEntry) => ({
  request_id: entry.request_id,
  call_type: callTypes[entry.call_type],
  api_key: entry.key_hash ?? '',
  spend: toDollars(entry.cost),
  total_tokens: entry.usage.prompt + entry.usage.completion,
  prompt_tokens: entry.usage.prompt,
  completion_tokens: entry.usage.completion,
  startTime: iso(entry.start),
  endTime: iso(entry.end),
  completionStartTime: iso(entry.first_token ?? entry.end),
  model: entry.upstream_model,
  model_id: entry.deployment_id,
  model_group: entry.model_group,
  custom_llm_provider: entry.provider,
  api_base: '',
  user: entry.user_id ?? '',
  team_id: entry.team_id ?? null,
  end_user: entry.end_user ?? '',
  request_tags: entry.tags,
  cache_hit: 'False',
  cache_key: 'Cache OFF',
  requester_ip_address: null,
  session_id: null,
  status: entry.outcome === 'completed' ? 'success' : 'failure',
  metadata: metadataOf(entry),
  attempt_id: entry.id,
  outcome: entry.outcome,
  estimated: entry.estimated,
  cost_nanodollars: entry.cost,
  ...(entry.units && { units: entry.units }),
  ...(entry.shadow && { shadow: true }),
  unsettled_nanodollars: entry.unsettled ?? 0,
})

const metadataOf = (entry: LedgerEntry) => ({
  user_api_key: entry.key_hash ?? null,
  user_api_key_alias: entry.key_alias ?? null,
  user_api_key_team_id: entry.team_id ?? null,
  user_api_key_user_id: entry.user_id ?? null,
  original_model_group: entry.requested_model,
  attempted_retries: entry.attempted_retries,
  attempted_fallbacks: entry.attempted_fallbacks,
  price_source: entry.price_source,
  stream: entry.stream,
  // LiteLLM's name for a copy.
  ...(entry.shadow && { is_silent_experiment: true }),
  http_status: entry.status,
  error: entry.error ?? null,
  usage_object: {
    prompt_tokens: entry.usage.prompt,
    completion_tokens: entry.usage.completion,
    total_tokens: entry.usage.prompt + entry.usage.completion,
    prompt_tokens_details: {
      cached_tokens: entry.usage.cached ?? 0,
      cache_write_tokens: entry.usage.cacheWrite ?? 0,
      audio_tokens: entry.usage.audioInput ?? 0,
    },
    completion_tokens_details: {
      reasoning_tokens: entry.usage.reasoning ?? 0,
      audio_tokens: entry.usage.audioOutput ?? 0,
    },
  },
})

/**
 * LiteLLM's summary: one row per day (UTC) with money, oldest first, in US$: the day's spend, by user, by model, and by key hash
 * beside them. Summed in nano-dollars, so that the days add up to the ledger.
 */
export function summaryOf(entries: readonly LedgerEntry[]) {
  const days = Map.groupBy(entries, (entry) => iso(entry.start).slice(0, 10))
  return [...days]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, of]) => ({
      ...sumsBy(of, (entry) => entry.key_hash ?? ''),
      startTime: day,
      spend: toDollars(of.reduce((sum, entry) => sum + entry.cost, 0)),
      users: sumsBy(of, (entry) => entry.user_id ?? ''),
      models: sumsBy(of, (entry) => entry.upstream_model),
    }))
}

function sumsBy(entries: readonly LedgerEntry[], nameOf: (entry: LedgerEntry) => string): Record<string, number> {
  const groups = Map.groupBy(entries, nameOf)
  const sums = [...groups].map(
    ([name, of]) => [name, toDollars(of.reduce((sum, entry) => sum + entry.cost, 0))] as const,
  )
  return Object.fromEntries(sums)
}
