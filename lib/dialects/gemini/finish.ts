import type { ChatPart, FinishReason } from '../../core/chat.ts'
import type { FailureKind } from '../../core/failure.ts'
import { malformed } from '../broken-reply.ts'

/** Google's finish reasons. What is not in here (`STOP`, what is yet to be invented) is a stop. */
const reasons: Record<string, FinishReason> = {
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  LANGUAGE: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  MODEL_ARMOR: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
}

/**
 * Ends at which the model broke down. `always`: a call of it is lost, whatever it wrote before; `empty`: what it wrote stands,
 * and without any there is no answer.
 */
const breakdowns: Record<string, 'always' | 'empty'> = {
  MALFORMED_FUNCTION_CALL: 'always',
  MALFORMED_RESPONSE: 'always',
  UNEXPECTED_TOOL_CALL: 'empty',
  TOO_MANY_TOOL_CALLS: 'empty',
  MISSING_THOUGHT_SIGNATURE: 'empty',
  NO_IMAGE: 'empty',
  IMAGE_OTHER: 'empty',
  OTHER: 'empty',
}

/** What the answer held, whatever came last: newer models end with `STOP` in a chunk of its own behind their calls. */
export type Written = { anything: boolean; calls: boolean }

/** The end of an answer, or its failure. `said`: the provider's own words about it (`finishMessage`). */
export function finishPart(native: string, said: string | undefined, written: Written): ChatPart {
  const breakdown = breakdowns[native]
  if (breakdown === 'always' || (breakdown === 'empty' && !written.anything)) {
    const words = `The model ended its answer with ${native}${said === undefined ? '' : `: ${said.slice(0, 300)}`}`
    // Another try, or another model, may do better: a fault of the server's, not of the request.
    return {
      type: 'failure',
      native,
      failure: { ...malformed(words), kind: 'server' satisfies FailureKind, code: native },
    }
  }
  const reason = reasons[native] ?? (written.calls ? 'tool_calls' : 'stop')
  return { type: 'finish', reason, native }
}
