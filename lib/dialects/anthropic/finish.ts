import type { ChatPart, FinishReason } from '../../core/chat.ts'
import { isObject, type Json, stringOf } from '../../core/json.ts'

/** Anthropic's stop reasons. What is not in here (`end_turn`, `stop_sequence`, `pause_turn`, `compaction`) is a stop. */
const reasons: Record<string, FinishReason> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/** The end of an answer: the refusal's words where it is one and they are given, and the reason. */
export function finishParts(native: string, details: Json | undefined): ChatPart[] {
  const words = isObject(details) ? stringOf(details.explanation) : undefined
  const finish: ChatPart = { type: 'finish', reason: reasons[native] ?? 'stop', native }
  return native === 'refusal' && words ? [{ type: 'refusal', text: words }, finish] : [finish]
}
