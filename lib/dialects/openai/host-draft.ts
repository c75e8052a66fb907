import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Flags } from '../flags.ts'

/** A request on its way to its host. Rules replace members of `body` and never change what stands in them: it is the caller's. */
export type Draft = {
  body: JsonObject
  /** What the client wants of reasoning, in whichever of its forms. */
  reasoning: ChatRequest['reasoning']
  flags: Flags
  upstreamModel: string
  /** Names what cannot be said to this host; throws `unsupported_parameter` unless that is to be dropped. */
  refuse: (param: string, value: unknown) => void
  /** Names what is left out of a wish without changing what is answered. */
  drop: (param: string) => void
}
