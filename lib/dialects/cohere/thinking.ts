import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'

/** Models that can think; the others refuse to be asked (Cohere's reasoning guide). */
const thinks = /reasoning|^command-a-plus/

/** Levels as budgets of tokens; above `high`, no bound of ours. */
const budgets: Record<string, number> = { minimal: 512, low: 1024, medium: 4096, high: 16_384 }

/** `thinking`. A wish that the model cannot fulfil is named in `dropped`: an answer without it is still one. */
export function printThinking(
  { reasoning }: ChatRequest,
  { upstreamModel, cap }: { upstreamModel: string; cap: number | undefined },
  dropped: string[],
): JsonObject {
  if (reasoning === undefined) return {}
  if (!thinks.test(upstreamModel)) {
    if (!reasoning.off) dropped.push('reasoning_effort')
    return {}
  }
  if (reasoning.off) return { thinking: { type: 'disabled' } }
  const wanted = reasoning.budgetTokens ?? budgets[reasoning.effort ?? '']
  // The budget is part of the cap: half of one that is too small for both is left for the answer.
  const budget = wanted !== undefined && cap !== undefined && wanted >= cap ? Math.floor(cap / 2) : wanted
  return { thinking: { type: 'enabled', ...(budget === undefined ? {} : { token_budget: budget }) } }
}
