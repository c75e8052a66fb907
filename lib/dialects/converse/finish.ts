import type { ChatPart, FinishReason } from '../../core/chat.ts'
import { isObject, tryParse } from '../../core/json.ts'
import { malformed } from '../broken-reply.ts'

/** What is not in here (`end_turn`, `stop_sequence`, what is yet to be invented) is a stop. */
const reasons: Record<string, FinishReason> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
}

/** The model wrote what its host could not read: another try may do better. */
const garbled = new Set(['malformed_model_output', 'malformed_tool_use'])

/** How an answer ended. A call whose arguments are no JSON cannot be made, unless the cap cut it: then the client is told so. */
export function finishPart(native: string, calls: Iterable<string>): ChatPart {
  if (garbled.has(native)) {
    const failure = malformed(`The model wrote something that its host cannot read (${native}).`)
    return { type: 'failure', failure: { ...failure, code: native } }
  }
  const reason = reasons[native] ?? 'stop'
  const broken = [...calls].some((text) => text.trim() !== '' && !isObject(tryParse(text)))
  if (broken && reason !== 'length' && reason !== 'content_filter') {
    return { type: 'failure', failure: malformed('The model called a function with arguments that are not JSON.') }
  }
  return { type: 'finish', reason, native }
}
