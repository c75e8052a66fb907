import type { ChatPart, FinishReason } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { saysError } from '../openai/pass-whole.ts'
import { tierPart } from '../service-tier.ts'
import { malformed } from '../broken-reply.ts'
import { failureInside } from './failure.ts'
import { isCall, openItem } from './upstream-items.ts'
import { responseUsage } from './usage.ts'

/** A whole response as parts. One that failed, or anything that is no response, is one `failure` part. */
export function parseReply(body: Json): ChatPart[] {
  const response = objectOf(body)
  if (saysError(response) || gaveUp.has(stringOf(response.status) ?? '')) {
    return [{ type: 'failure', failure: failureInside(saysError(response) ? response : { response }, false) }]
  }
  if (!Array.isArray(response.output)) {
    return [{ type: 'failure', failure: malformed('The provider answered with something that is not a response.') }]
  }
  return [startPart(response), ...outputParts(response), ...endParts(response, calls(response))]
}

/** A background response that is still running has no answer to give. */
const gaveUp = new Set(['failed', 'cancelled', 'queued', 'in_progress'])

/** Every item of the output, one block each. */
export function outputParts({ output }: JsonObject): ChatPart[] {
  return listOf(output).flatMap((value, block) => {
    const item = objectOf(value)
    return openItem(block, stringOf(item.type) ?? '').close(item)
  })
}

/** Id and model of a response, as far as they are given. */
export function startPart({ id, model }: JsonObject): ChatPart & { type: 'start' } {
  return {
    type: 'start',
    ...(typeof id === 'string' && id !== '' ? { id } : {}),
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
  }
}

const calls = ({ output }: JsonObject): boolean =>
  listOf(output).some((item) => isCall(stringOf(objectOf(item).type) ?? ''))

/** Usage and finish of a response that came to its end. `called`: a call of the client's is in it. */
export function endParts(response: JsonObject, called: boolean): ChatPart[] {
  const usage = responseUsage(response)
  return [
    ...tierPart(response),
    ...judgement(response),
    ...(usage ? [{ type: 'usage', usage } as const] : []),
    finishPart(response, called),
  ]
}

/** What a moderation model that the client asked for says of prompt and answer. */
function judgement({ moderation, output }: JsonObject): ChatPart[] {
  if (!isObject(moderation)) return []
  return [{ type: 'other', block: listOf(output).length, value: { type: 'moderation', ...moderation } }]
}

const reasons: Record<string, FinishReason> = { content_filter: 'content_filter' }

function finishPart({ status, incomplete_details: details }: JsonObject, called: boolean): ChatPart {
  const native = isObject(details) ? stringOf(details.reason) : undefined
  if (status === 'incomplete' || native !== undefined) {
    const reason = reasons[native ?? ''] ?? 'length'
    return { type: 'finish', reason, native: native ?? 'incomplete' }
  }
  return { type: 'finish', reason: called ? 'tool_calls' : 'stop', native: stringOf(status) ?? 'completed' }
}
