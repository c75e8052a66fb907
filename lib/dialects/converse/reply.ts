import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, listOf, objectOf, stringOf } from '../../core/json.ts'
import { malformed } from '../broken-reply.ts'
import { awsFailure, typeIn } from './failure.ts'
import { finishPart } from './finish.ts'
import { kindOf, openBlock } from './reply-blocks.ts'
import { errorInside } from '../openai/failure.ts'
import { saysError } from '../openai/pass-whole.ts'
import { tierPart } from '../service-tier.ts'
import { usageOf } from './usage.ts'

/** A whole answer as parts. One without `output` is a failure, whatever its status. */
export function parseReply(body: Json): ChatPart[] {
  const reply = objectOf(body)
  const { message } = objectOf(reply.output)
  if (!isObject(message)) return [{ type: 'failure', failure: noAnswer(reply) }]
  const calls: string[] = []
  const usage = usageOf(reply.usage)
  return [
    { type: 'start' },
    ...listOf(message.content)
      .map(objectOf)
      .flatMap((piece, at) => {
        const kind = kindOf(piece)
        if (kind === undefined) return []
        const { block, parts } = openBlock(kind, at, piece)
        const added = block.add(piece)
        calls.push(block.input?.() ?? '')
        return [...parts, ...added, ...block.close()]
      }),
    ...tierPart({ service_tier: reply.serviceTier ?? null }),
    ...(usage ? [{ type: 'usage', usage } as const] : []),
    finishPart(stringOf(reply.stopReason) ?? '', calls),
  ]
}

function noAnswer(reply: { [key: string]: Json }) {
  // A proxy's error under a status of success.
  if (saysError(reply)) return errorInside(reply, true)
  if (reply.message === undefined && reply.Message === undefined && typeIn(reply) === undefined)
    return malformed('The provider answered without an output.')
  return { ...awsFailure(500, {}, Buffer.from(JSON.stringify(reply))), mayHaveCost: true }
}
