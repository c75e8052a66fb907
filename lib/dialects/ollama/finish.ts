import type { ChatPart, FinishReason } from '../../core/chat.ts'
import { type JsonObject, numberOf, stringOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { failed } from '../broken-reply.ts'

/**
 * A prompt that stood in the cache is not counted by older servers: a count without one is told as it is, and never charged by
 * (whoever settles takes no answer for one without a prompt). Undefined where nothing was counted.
 */
function usageOf({ prompt_eval_count: prompt, eval_count: written }: JsonObject): Usage | undefined {
  const [input, output] = [numberOf(prompt), numberOf(written)]
  return input === undefined && output === undefined ? undefined : { prompt: input ?? 0, completion: output ?? 0 }
}

const reasons: Record<string, FinishReason> = { length: 'length' }

/** How the answer ended. A server that was only loading its model, or putting it away, has not answered. */
export function finishParts(line: JsonObject, written: { calls: number; bytes: number }): ChatPart[] {
  const native = stringOf(line.done_reason) ?? ''
  const empty = written.bytes === 0 && written.calls === 0
  if (empty && (native === 'load' || native === 'unload')) {
    const message = 'The provider was loading its model and gave no answer.'
    return [failed({ kind: 'overloaded', status: 503, message, mayHaveCost: false })]
  }
  const usage = usageOf(line)
  const credible = usage !== undefined && (empty || usage.completion > 0)
  const reason = reasons[native] ?? (written.calls > 0 ? 'tool_calls' : 'stop')
  return [...(credible ? [{ type: 'usage', usage } as const] : []), { type: 'finish', reason, native }]
}
