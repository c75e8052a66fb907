import { isObject, type JsonObject, stringOf, tryParse } from '../../core/json.ts'
import type { Passes, Usage } from '../../core/usage.ts'
import type { Bounds } from '../dialect.ts'

/** What one document of a reply shows: the whole of it, or an event of its stream. */
export type Sight = {
  usage?: Usage | undefined
  finish?: string | undefined
  /** As `Seen` has them. */
  tier?: string | undefined
  pace?: string | undefined
  passes?: Passes | undefined
  contentBytes?: number
}

/** What is known of calls to paths of one kind. */
export type Shape = {
  path: RegExp
  bounds: (body: JsonObject) => Bounds
  /** A reader for one reply, by the headers that came with it; `opened` is what the envelope of a streamed event holds. */
  reader: (headers?: Record<string, string>) => (json: JsonObject, opened: JsonObject) => Sight
  /** Its reader keeps what it was told before: what it says last is all of it, were it less. */
  remembers?: true
  /** Its streams do not say that they are over. */
  endsUnsaid?: true
  /** Costs nothing, whatever it says. */
  free?: true
}

/** Bedrock's envelope of a streamed event is base64. */
export const opened = (json: JsonObject): JsonObject => {
  const bytes = stringOf(json.bytes)
  const inner = bytes === undefined ? undefined : tryParse(Buffer.from(bytes, 'base64').toString('utf8'))
  return isObject(inner) ? inner : json
}
