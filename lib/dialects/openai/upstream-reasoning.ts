import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { RequestOptions } from '../tongue.ts'
import { bareName, reasoning as reasoningModels } from './pass-models.ts'

/** Budgets of other tongues as levels: the thresholds at which models that take both behave alike. */
const levels: readonly (readonly [number, string])[] = [
  [4096, 'low'],
  [16_384, 'medium'],
]

/**
 * What the client wants of reasoning, as `reasoning_effort`. A model that is not known to reason is not asked to: the wish is
 * named in `dropped`, because an answer without reasoning is still one.
 */
export function printReasoning(
  { reasoning }: ChatRequest,
  { flags, upstreamModel }: RequestOptions,
  dropped: string[],
): JsonObject {
  if (reasoning === undefined) return {}
  const effort = effortOf(reasoning)
  // Who reasons by default and who cannot be stopped differs by model; nothing is sent that might be refused.
  if (effort === undefined) return {}
  const unable = flags.maxTokensField === 'byModel' && !reasoningModels.test(bareName(upstreamModel))
  if (!unable) return { reasoning_effort: effort }
  dropped.push('reasoning_effort')
  return {}
}

function effortOf(reasoning: NonNullable<ChatRequest['reasoning']>): string | undefined {
  const { effort, budgetTokens, off } = reasoning
  if (off) return undefined
  if (effort !== undefined) return effort
  if (budgetTokens === undefined) return 'medium'
  return levels.find(([most]) => budgetTokens <= most)?.[1] ?? 'high'
}
