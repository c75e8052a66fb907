import type { Json, JsonObject } from '../core/json.ts'
import type { RequestParameters, SpendEvent } from '../core/spend-event.ts'
import type { Bounds, ClientDialect, DialectName, Exchange, ExchangeOptions } from '../dialects/dialect.ts'
import type { Endpoint } from '../providers/provider.ts'

/** What the client wants, of whatever endpoint: routing, money and time need to know no more. */
export type Task = {
  callType: SpendEvent['call_type']
  /** `pass`: in the provider's own words, at a path of its own. */
  kind: Endpoint | 'pass'
  clientDialect: ClientDialect
  /** The client asks for reasoning: what comes first may be long in coming. */
  reasons?: boolean
  /** Tools together with reasoning: some models take them in one of their dialects alone. */
  reasonedTools: boolean
  /** Tools, and nobody says that the model must not reason. */
  offersTools?: boolean
  /** One of them must be called: some hosts can be told so in one of their dialects alone. */
  forcesCall?: boolean
  /** The name the client asked for. */
  model: string
  stream: boolean
  /** What bounds its cost, with a deployment's default parameters where the client named none, for a model of this name. */
  boundsWith(params: Record<string, Json>, model?: string): Bounds
  /** Binds the request to a provider's tongue. Rejects with a GatewayError for what cannot be said in it. */
  bind(upstream: DialectName, options: ExchangeOptions): Promise<Exchange>
  /** LiteLLM's body fields that steer the gateway itself. */
  wishes: {
    retries?: number
    fallbacks?: string[]
    disableFallbacks: boolean
    timeoutMs?: number
    streamTimeoutMs?: number
  }
  /** Regions that may serve it; it must be in each of them. Empty or absent: any. */
  regions?: string[]
  /** Its client was seen to hand sealed reasoning back by itself. */
  keepsSeals?: boolean
  /** Answers of its last loop of tools whose sealed reasoning the client has dropped, by their first calls. */
  lostSeals?: readonly string[]
  /** The same task with it (`reasoning_details`), for providers that seal. */
  withSeals?: (found: ReadonlyMap<string, JsonObject[]>) => Task
  /** It goes on where another deployment's answer broke off: only those that accept a prefill can serve it. */
  continued?: true
  endUser?: string
  tags: string[]
  /** What the request sets in numbers, and its body with the conversation, for telemetry. */
  parameters?: RequestParameters
  conversation?: JsonObject
}

/** The caller has set a deadline of its own: who misses it is not to blame. */
export const isHurried = ({ wishes }: Pick<Task, 'wishes'>): boolean =>
  wishes.timeoutMs !== undefined || wishes.streamTimeoutMs !== undefined
