import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, objectOf } from '../../core/json.ts'
import { errorInside } from '../openai/failure.ts'
import { failed, malformed } from '../broken-reply.ts'
import { lineReader } from './line.ts'

/** A whole answer is the only line of a stream. */
export function parseReply(body: Json): ChatPart[] {
  const reply = objectOf(body)
  if (reply.error !== undefined) return [failed(errorInside(reply, false))]
  if (!isObject(reply.message)) return [failed(malformed('The provider answered without a message.'))]
  return lineReader().read({ ...reply, done: true })
}
