import type { Call, Reply } from '../core/http.ts'
import type { Caller } from '../steps/authenticate.ts'
import type { Machine } from './completion.ts'

/** What answers a call whose caller is known. `model`: the name in its path, where that has one. */
export type Handler = (
  machine: Machine,
  call: Call,
  caller: Caller,
  model: string | undefined,
) => Promise<Reply> | Reply

/** A path of the gateway, and who answers there. A name of a model in it is its first group. */
export type Route = {
  method: 'GET' | 'POST' | 'DELETE'
  path: RegExp
  handle: Handler
  /** Its callers may write their key into the query, as Google's do. */
  keyInQuery?: true
}
