import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, objectOf, stringOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { pacedAt, tierPart } from '../service-tier.ts'
import { malformed } from '../broken-reply.ts'
import { errorFailure } from './failure.ts'
import { finishParts } from './finish.ts'
import { openBlock } from './reply-blocks.ts'
import { passesOf } from './passes.ts'
import { usageReader } from './usage.ts'

/** A whole message as parts. An error, or anything that is no message, is one `failure` part. */
export function parseReply(body: Json): ChatPart[] {
  const message = objectOf(body)
  if (message.type === 'error' || isObject(message.error)) {
    return [{ type: 'failure', failure: errorFailure(message, false) }]
  }
  if (!Array.isArray(message.content)) {
    return [{ type: 'failure', failure: malformed('The provider answered with something that is not a message.') }]
  }
  const usage = usageReader()(message.usage)
  return [
    startPart(message),
    ...message.content.flatMap((value, block) => {
      const open = openBlock(block, objectOf(value))
      return [...open.start, ...open.close()]
    }),
    ...(usage ? usageParts(usage, message.usage) : []),
    ...finishParts(stringOf(message.stop_reason) ?? '', message.stop_details),
  ]
}

/** The counts, with the multipliers that they are charged by and the tier that served it. */
export function usageParts(usage: Usage, reported: Json | undefined): ChatPart[] {
  const told = objectOf(reported)
  const pace = pacedAt(told)
  const passes = passesOf(told)
  return [{ type: 'usage', usage, ...(pace !== undefined && { pace }), ...(passes && { passes }) }, ...tierPart(told)]
}

/** Id and model of a message, as far as they are given. */
export function startPart(message: { [key: string]: Json }): ChatPart & { type: 'start' } {
  const { id, model } = message
  return {
    type: 'start',
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof model === 'string' ? { model } : {}),
  }
}
