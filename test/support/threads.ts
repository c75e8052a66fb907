import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'

/** Conversations as Anthropic keeps them for its SDKs (`thread`): a reply's id stands for all that led to it. */
export function threads() {
  const kept = new Map<string, JsonObject>()
  return {
    /** The request with what was kept before it; undefined where it goes on with what nobody knows. */
    resumed(body: JsonObject): JsonObject | undefined {
      const thread = objectOf(body.thread)
      if (thread.type !== 'continue') return body
      const before = kept.get(stringOf(thread.previous_message_id) ?? '')
      return before && { ...before, ...body, messages: [...listOf(before.messages), ...listOf(body.messages)] }
    },
    /** The reply's id from now on. */
    keep(body: JsonObject, content: Json): string {
      const id = `msg_kept_${kept.size}`
      kept.set(id, { ...body, messages: [...listOf(body.messages), { role: 'assistant', content }] })
      return id
    },
  }
}

export const unknownThread: JsonObject = {
  type: 'error',
  error: {
    type: 'invalid_request_error',
    message: 'thread: no such message',
    details: { error_code: 'thread_not_found' },
  },
}
