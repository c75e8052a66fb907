import type { AttemptId, Hold, WindowKey } from './budget.ts'
import type { Json } from './json.ts'
import type { NanoDollars, Units } from './money.ts'
import type { Usage } from './usage.ts'

/** How an attempt ended. `lost`: its gateway was killed; a note of it was found, what it cost is not known. */
export type Outcome = 'completed' | 'partial' | 'client_left' | 'failed' | 'lost'

/** What was asked for. `pass_through`: a call in the provider's own words, whatever it asks. */
export const callTypes = [
  'chat',
  'completions',
  'embeddings',
  'images',
  'image_edits',
  'speech',
  'transcriptions',
  'translations',
  'moderations',
  'rerank',
  'pass_through',
] as const
export type CallType = (typeof callTypes)[number]

/** One per billable attempt, `detail-type: spend.v1`. Additive only. Times are milliseconds since 1970. */
export type SpendEvent = {
  version: 1
  /** The attempt's id, which is also the hold's and the ledger entry's. */
  id: AttemptId
  request_id: string
  start: number
  first_token?: number
  end: number
  outcome: Outcome
  call_type: CallType
  stream: boolean
  /** Record ids, not secrets. Absent for the master key. */
  key_id?: string
  key_hash?: string
  key_alias?: string
  user_id?: string
  team_id?: string
  end_user?: string
  tags: string[]
  /** What the client asked for, and the model group that answered (differs after a fallback). */
  requested_model: string
  model_group: string
  deployment_id: string
  upstream_model: string
  provider: string
  client_dialect: string
  upstream_dialect: string
  usage: Usage
  /** Of what is not sold by tokens: how much. */
  units?: Units
  cost: NanoDollars
  /** Where the price came from, with its version. */
  price_source: string
  /** True where usage was not reported and had to be estimated, rounded up. */
  estimated: boolean
  holds: Hold[]
  /** HTTP status the caller saw, or would have. */
  status: number
  error?: string
  attempted_retries: number
  attempted_fallbacks: number
  /** A copy of a request, sent beside it to try a model: nobody got its answer. */
  shadow?: true
  /** It missed a deadline that its caller had set: no measure of the deployment. */
  hurried?: true
  /** W3C trace context of the caller, where it was well formed. */
  traceparent?: string
  tracestate?: string
  /** What the provider calls the answer and the model that gave it, and why it ended. */
  response_id?: string
  response_model?: string
  finish_reason?: string
  /** `host:port` that was asked. */
  server?: string
  /** Numbers the client set. Never text: a stop sequence is part of the prompt. */
  parameters?: RequestParameters
}

/** Sampling parameters by the names that OpenTelemetry's semantic conventions give them. */
export type RequestParameters = {
  max_tokens?: number
  temperature?: number
  top_p?: number
  top_k?: number
  frequency_penalty?: number
  presence_penalty?: number
  seed?: number
  'choice.count'?: number
}

/**
 * What was said in an attempt, `detail-type: content.v1`. Only where `capture_message_content` is on, only for telemetry, and
 * best effort: nothing about money hangs on it. `input` and `output` are messages as OpenTelemetry's semantic conventions
 * write them (`[{role, parts}]`).
 */
export type ContentEvent = {
  version: 1
  /** The attempt's. */
  id: AttemptId
  request_id: string
  /** Milliseconds since 1970. */
  at: number
  call_type: SpendEvent['call_type']
  provider: string
  upstream_model: string
  input: Json[]
  output: Json[]
  /** True where it was too large and the oldest messages, or the ends of long texts, were left out. */
  truncated: boolean
  traceparent?: string
  tracestate?: string
}

/**
 * `detail-type: look.v1`: look at this window's thresholds again (limit edited, first refusal, an expired hold in sight).
 * `limit`: the one that `refused`; where it was edited since, the refusal says nothing about the window any more.
 */
export type LookEvent = { version: 1; look: WindowKey; refused?: boolean; limit?: NanoDollars }

export type BusEvent = { type: 'spend.v1'; detail: SpendEvent } | { type: 'look.v1'; detail: LookEvent }

/** What goes to SNS, and from there to people. `id` is the same for every copy of one alert: consumers drop those they know. */
export type AlertMessage = {
  version: 1
  id: string
  kind: 'soft' | 'hard' | 'percent' | 'debt' | 'unsettled'
  /** For `percent`. */
  percent?: number
  scope: string
  scope_id: string
  label: string
  /** The team itself, or the one that a key belongs to: by it a team subscribes to what is its own. */
  team_id?: string
  /** Of a key that has one. */
  key_alias?: string
  spent: NanoDollars
  held: NanoDollars
  unsettled: NanoDollars
  limit?: NanoDollars
  soft?: NanoDollars
  window: string
  /** Milliseconds since 1970; absent: never. */
  resets_at?: number
  /** The whole message as a person reads it. */
  text: string
}
