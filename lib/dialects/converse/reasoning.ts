import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { printThinking, type Thinking } from '../anthropic/thinking.ts'
import type { Family } from './families.ts'

/** What asks for reasoning, for `additionalModelRequestFields`; `kind` as for Anthropic's own models. */
export type Reasoning = { fields: JsonObject; kind: Thinking['kind']; dropped: string[] }

type Asked = { request: ChatRequest; family: Family; maxTokens: number; capped: boolean }

/** `capped`: a number of output tokens is sent. */
export function printReasoning({ request, family, maxTokens, capped }: Asked): Reasoning {
  const { reasoning } = request
  if (family.traits) {
    const { fields, effort, kind, dropped } = printThinking({ request, traits: family.traits, maxTokens })
    return { fields: { ...fields, ...(effort === undefined ? {} : { output_config: { effort } }) }, kind, dropped }
  }
  const no = (dropped: string[] = []): Reasoning => ({ fields: {}, kind: 'off', dropped })
  if (!reasoning) return no()
  const named = [reasoning.off || reasoning.effort !== undefined ? 'reasoning_effort' : 'thinking']
  const level = levelOf(reasoning)
  switch (family.reasoning) {
    case 'nova':
      return level === undefined ? no() : { ...no(), fields: { reasoningConfig: novaConfig(level, request, capped) } }
    case 'effort':
      // It always reasons; the least of it is the nearest to none.
      return { ...no(level === undefined ? named : []), fields: { reasoning_effort: level ?? 'low' } }
    case 'level':
      if (level === undefined) return no(named)
      return { ...no(), fields: { reasoning_config: level === 'low' ? 'low' : 'high' } }
    case 'nested':
      return {
        ...no(),
        fields: { reasoning: { effort: nearest[reasoning.effort ?? ''] ?? reasoning.effort ?? level ?? 'none' } },
      }
    case 'claude':
    case 'none':
      return no(reasoning.off ? [] : named)
  }
}

/** The highest level is refused beside a cap, a temperature or a top_p (AWS's page of Nova 2's reasoning). */
function novaConfig(level: Level, { temperature, topP }: ChatRequest, capped: boolean): JsonObject {
  const bound = capped || temperature !== undefined || topP !== undefined
  return { type: 'enabled', maxReasoningEffort: level === 'high' && bound ? 'medium' : level }
}

/** Levels that OpenAI's newer models do not have. */
const nearest: Record<string, string> = { minimal: 'low', max: 'xhigh' }

type Level = 'low' | 'medium' | 'high'

const levels: Record<string, Level> = { minimal: 'low', low: 'low', medium: 'medium' }

/** Undefined: off. */
function levelOf({ effort, budgetTokens, off }: NonNullable<ChatRequest['reasoning']>): Level | undefined {
  if (off || effort === 'none') return undefined
  if (effort !== undefined) return levels[effort] ?? 'high'
  if (budgetTokens === undefined) return 'medium'
  return budgetTokens <= 4096 ? 'low' : budgetTokens <= 16_384 ? 'medium' : 'high'
}
