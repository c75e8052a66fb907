import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { effortBudgets, type ModelTraits } from './models.ts'

export type Thinking = { config?: JsonObject; dropped: string[] }

type Asked = { request: ChatRequest; traits: ModelTraits; maxTokens: number | undefined }

/**
 * `thinkingConfig`: a budget or a level, as the model has it, never both. Thoughts are asked for whenever
 * reasoning is; they are part of `maxOutputTokens`, so a budget leaves room for the answer.
 */
export function printThinking({ request, traits, maxTokens }: Asked): Thinking {
  const { reasoning } = request
  if (!reasoning) return { dropped: [] }
  const { thinking } = traits
  if (thinking === 'none') {
    return { dropped: reasoning.off ? [] : [reasoning.effort === undefined ? 'thinking' : 'reasoning_effort'] }
  }
  const how =
    'levels' in thinking ? levelOf(reasoning, thinking.levels) : budgetOf(reasoning, thinking.budget, maxTokens)
  return { config: { ...how, includeThoughts: !reasoning.off }, dropped: [] }
}

type Reasoning = NonNullable<ChatRequest['reasoning']>

const ranks = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** The least level that is not below what was asked for; thinking that cannot be switched off is as little as can be. */
function levelOf({ effort, budgetTokens, off }: Reasoning, levels: readonly string[]): JsonObject {
  const asked = off ? 'none' : (effort ?? effortOf(budgetTokens))
  if (asked === undefined) return {}
  const rank = ranks.indexOf(asked)
  const level = levels.find((one) => ranks.indexOf(one) >= rank) ?? levels.at(-1)
  return level === undefined ? {} : { thinkingLevel: level.toUpperCase() }
}

/** A budget for a model that takes none: the nearest effort. */
function effortOf(budgetTokens: number | undefined): string | undefined {
  if (budgetTokens === undefined) return undefined
  if (budgetTokens === 0) return 'none'
  if (budgetTokens <= 1024) return 'minimal'
  if (budgetTokens <= 4096) return 'low'
  return budgetTokens <= 16_384 ? 'medium' : 'high'
}

type Bounds = { least: number; most: number; off: number }

function budgetOf({ effort, budgetTokens, off }: Reasoning, bounds: Bounds, cap: number | undefined): JsonObject {
  if (off || budgetTokens === 0) return { thinkingBudget: bounds.off }
  const asked = budgetTokens ?? (effort === undefined ? undefined : effortBudgets[effort])
  // It decides by itself.
  if (asked === undefined) return { thinkingBudget: -1 }
  const wanted = Math.min(Math.max(asked, bounds.least), bounds.most)
  // Half of a cap that is too small for both is left for the answer.
  const fitting = cap !== undefined && wanted >= cap ? Math.floor(cap / 2) : wanted
  return { thinkingBudget: fitting < bounds.least ? bounds.off : fitting }
}
