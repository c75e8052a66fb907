import { isObject, type Json, type JsonObject, numberOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import type { ExchangeOptions, Seen } from '../dialect.ts'

export type ReplyOptions = Pick<ExchangeOptions, 'publicModel' | 'dollars' | 'requestId' | 'keepSeals'> & {
  /** The client's request: the reply repeats it, not what was sent. */
  request: JsonObject
}

/**
 * A response as the client gets it: the host's text with our id, the public name of the model, what was asked to be kept, and
 * the cost. `at` leads to it, where it stands in an event.
 */
export function editedResponse(
  text: string,
  response: JsonObject,
  { options, seen, at = [] }: { options: ReplyOptions; seen: Seen | undefined; at?: readonly string[] },
): string {
  const { publicModel, request, dollars, requestId } = options
  const set: Record<string, Json> = {
    id: `resp_${requestId}`,
    ...(publicModel === undefined ? {} : { model: publicModel }),
    store: request.store ?? true,
    previous_response_id: request.previous_response_id ?? null,
    ...(isObject(request.metadata) ? { metadata: request.metadata } : {}),
  }
  const out = splice(text, { set }, at)
  const cost = seen?.usage && isObject(response.usage) ? dollars(seen.usage, seen) : undefined
  return cost === undefined ? out : splice(out, { set: { cost } }, [...at, 'usage'])
}

/** The number of an event, where its host numbers them. */
export const sequenceOf = (event: JsonObject): number | undefined => numberOf(event.sequence_number)
