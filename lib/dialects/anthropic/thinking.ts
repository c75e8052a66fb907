import type { ChatMessage, ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { isSigned } from './blocks.ts'
import { effortBudgets, minimumBudget, type ModelTraits } from './models.ts'

/** What `thinking` and `output_config.effort` become; `dropped` names what could not be asked for. */
export type Thinking = { fields: JsonObject; effort?: string; kind: 'off' | 'budget' | 'adaptive'; dropped: string[] }

type Asked = { request: ChatRequest; traits: ModelTraits; maxTokens: number }

const off = (dropped: string[] = [], fields: JsonObject = {}): Thinking => ({ fields, kind: 'off', dropped })

/**
 * Reasoning as this model takes it. A budget is part of `max_tokens`, never on top: what is sent is
 * the cap that was paid for. Where the cap leaves no room for the least budget, there is no thinking.
 */
export function printThinking({ request, traits, maxTokens }: Asked): Thinking {
  const { reasoning } = request
  if (!reasoning) return off()
  if (reasoning.off) return switchedOff(traits)
  const named = reasoning.effort === undefined ? ['thinking'] : ['reasoning_effort']
  if (traits.thinking === 'none') return off(named)
  if (traits.thinking === 'adaptive' || (traits.thinking === 'both' && reasoning.budgetTokens === undefined)) {
    return adaptive(reasoning, traits)
  }
  const forced = request.toolChoice === 'required' || typeof request.toolChoice === 'object'
  if (forced || unsignedToolLoop(request.messages)) return off(named)
  const wanted = Math.max(
    reasoning.budgetTokens ?? effortBudgets[reasoning.effort ?? 'high'] ?? minimumBudget,
    minimumBudget,
  )
  // Half of a cap that is too small for both is left for the answer.
  const budget = wanted < maxTokens ? wanted : Math.floor(maxTokens / 2)
  if (budget < minimumBudget) return off(named)
  return { fields: { thinking: { type: 'enabled', budget_tokens: budget } }, kind: 'budget', dropped: [] }
}

/** Where it cannot be, the least of it is the nearest to none. */
function switchedOff({ switchesOff, thinksByDefault }: ModelTraits): Thinking {
  if (switchesOff === 'never') return { fields: {}, effort: 'low', kind: 'adaptive', dropped: ['reasoning_effort'] }
  if (!thinksByDefault) return off()
  return off([], { thinking: { type: switchesOff ?? 'disabled' } })
}

function adaptive(reasoning: NonNullable<ChatRequest['reasoning']>, traits: ModelTraits): Thinking {
  const asked = reasoning.effort ?? effortOf(reasoning.budgetTokens)
  // Those that take nothing else keep their thoughts to themselves unless asked; the others show them anyway.
  const display = traits.thinking === 'adaptive' ? { display: 'summarized' } : {}
  const fields = { thinking: { type: 'adaptive', ...display } }
  if (asked === undefined) return { fields, kind: 'adaptive', dropped: [] }
  const effort = asked === 'minimal' ? 'low' : (traits.efforts?.[asked] ?? asked)
  return { fields, effort, kind: 'adaptive', dropped: [] }
}

/** A budget for a model that takes none: the nearest effort. */
function effortOf(budgetTokens: number | undefined): string | undefined {
  if (budgetTokens === undefined) return undefined
  if (budgetTokens <= 4096) return 'low'
  return budgetTokens <= 16_384 ? 'medium' : 'high'
}

/**
 * With a budget, a turn that goes on after tool results must begin with its signed thinking; without one, it is refused. What
 * another provider signed (the loop moved here) is not sent, and does not count. What the user says behind the results (agents
 * remind, or ask for a summary) stands in one message with them, and ends no loop.
 */
function unsignedToolLoop(messages: readonly ChatMessage[]): boolean {
  const turn = messages.findLast((message) => message.role === 'assistant')
  const answered = messages.findLastIndex(({ role }) => role === 'tool') > messages.findLastIndex((one) => one === turn)
  return turn !== undefined && answered && !turn.content.some(isSigned)
}
