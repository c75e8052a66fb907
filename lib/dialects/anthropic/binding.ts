import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import type { ModelTraits } from './models.ts'

/** The beta that lets a request say what becomes of thinking that its conversation has outgrown. */
export const bindingBeta = 'thinking-binding-controls-2026-08-01'

/**
 * Newer models refuse the whole request (400) where something before a thinking block is not what it was when the block was
 * made ("Preserved thinking"). Clients of other tongues know nothing of that: they change their system text, or cut their
 * history. Such blocks are to be dropped then, by the provider, which alone can tell. Undefined where nothing is to be said.
 */
export function bindingOf(thinking: Json | undefined): JsonObject | undefined {
  const given = isObject(thinking) ? thinking : { type: 'adaptive' }
  if (given.type !== 'adaptive') return undefined
  return { ...given, block_binding: { prefix_mismatch_behavior: 'drop_block' } }
}

/** Says so in the body that was just printed, where it holds thinking of earlier turns. */
export function bindThinking(body: JsonObject, { bindsThinking }: ModelTraits): void {
  if (!bindsThinking || !listOf(body.messages).some((message) => listOf(objectOf(message).content).some(isThinking)))
    return
  const thinking = bindingOf(body.thinking)
  if (thinking) body.thinking = thinking
}

const isThinking = (block: Json): boolean => /^(?:redacted_)?thinking$/.test(stringOf(objectOf(block).type) ?? '')
