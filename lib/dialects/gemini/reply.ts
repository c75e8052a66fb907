import type { ChatPart } from '../../core/chat.ts'
import { type Json, listOf, objectOf } from '../../core/json.ts'
import { answer } from './answer.ts'
import { malformed } from '../broken-reply.ts'

/** A whole reply as parts. An error, a blocked prompt, or anything without a candidate, is one `failure` part. */
export function parseReply(body: Json): ChatPart[] {
  const response = objectOf(body)
  const reading = answer(Infinity)
  const parts = reading.chunk(response)
  if (parts.some((part) => part.type === 'failure')) return parts
  if (listOf(response.candidates).length === 0) {
    return [{ type: 'failure', failure: malformed('The provider answered without a candidate.') }]
  }
  // The document is whole, so the answer is: a host that leaves out why it stopped had nothing to say about it.
  return [...parts, ...reading.end(true)]
}
