import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { RequestOptions } from '../tongue.ts'
import { cannotReason, effortOf } from './host-reasoning.ts'

/**
 * What the client wants of reasoning, as `reasoning_effort`, for hosts that no flag says more of. A model that is not known
 * to reason is not asked to: the wish is named in `dropped`, because an answer without reasoning is still one.
 */
export function printReasoning(
  { reasoning }: ChatRequest,
  { flags, upstreamModel }: RequestOptions,
  dropped: string[],
): JsonObject {
  if (reasoning === undefined || flags.reasoningRequest !== undefined) return {}
  const effort = effortOf(reasoning)
  // Who reasons by default and who cannot be stopped differs by model; nothing is sent that might be refused.
  if (effort === undefined) return {}
  if (!cannotReason(flags, upstreamModel)) return { reasoning_effort: effort }
  dropped.push('reasoning_effort')
  return {}
}
