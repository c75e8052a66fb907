import type { ChatPart, FinishReason } from '../../core/chat.ts'
import type { Failure } from '../../core/failure.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { errorInside } from './failure.ts'
import { failingReasons, malformed, saysError } from './pass-whole.ts'
import { deltaReader } from './upstream-blocks.ts'
import { sourceReader } from './upstream-sources.ts'
import { contentBytesOf } from './watch-content.ts'
import { isCredible, usageOf } from './watch-usage.ts'

/** A whole chat completion as parts: the message is one delta. Only the first choice: clients of other tongues ask for one. */
export function parseReply(body: Json): ChatPart[] {
  const reply = objectOf(body)
  if (saysError(reply)) return [failed(errorInside(reply, false))]
  const [choice] = listOf(reply.choices).filter(isObject)
  const usage = usageOf(reply)
  if (!isObject(choice?.message)) {
    return [failed(malformed('The provider answered without a choice.', usage !== undefined))]
  }
  const reader = deltaReader()
  const found = sourceReader()
  found.read(reply)
  const end: ChatPart = endOf(choice) ?? { type: 'finish', reason: 'stop', native: '' }
  const counted = isCredible(usage, contentBytesOf(choice.message)) ? [{ type: 'usage', usage } as const] : []
  return [
    startPart(reply),
    ...reader.read(choice.message),
    ...reader.cite(found.sources()),
    ...reader.close(),
    ...counted,
    judged(end, reader.broken()),
  ]
}

export const failed = (failure: Failure): ChatPart => ({ type: 'failure', failure })

export function startPart({ id, model }: JsonObject): ChatPart & { type: 'start' } {
  return {
    type: 'start',
    ...(typeof id === 'string' && id !== '' ? { id } : {}),
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
  }
}

const reasons: Record<string, FinishReason> = {
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
}

/** How a choice ended; undefined while it has not. Some hosts' reasons say that they gave up. */
export function endOf(choice: JsonObject): ChatPart | undefined {
  const native = stringOf(choice.finish_reason)
  if (!native) return undefined
  if (!failingReasons.has(native)) return { type: 'finish', reason: reasons[native] ?? 'stop', native }
  const message = 'The provider gave up in the middle of its answer.'
  return failed({ kind: 'server', status: 500, message, mayHaveCost: true })
}

/** Ends at which a call may be left half told: the client is told why. */
const cutting: ReadonlySet<string> = new Set<FinishReason>(['length', 'content_filter'])

/** Any other end after calls that cannot be made is none. */
export const judged = (end: ChatPart, broken: string | undefined): ChatPart =>
  end.type === 'finish' && !cutting.has(end.reason) && broken !== undefined ? failed(malformed(broken, true)) : end
