import type { Json } from './json.ts'
import type { NanoDollars, Price, UnitPrices } from './money.ts'
import type { CanarySettings } from './canary.ts'
import type { AllowedFails, RoutingSettings } from './routing.ts'

/** A value that a config writes down or names: `os.environ/NAME` is read from the environment, or from the stack's secret. */
export type Secret = { env: string } | { value: string }

/** Absent keys: those of the function's own role. */
export type AwsAccess = {
  accessKeyId?: Secret
  secretAccessKey?: Secret
  sessionToken?: Secret
  /** Of AWS's own files, where the gateway runs on somebody's machine. */
  profile?: string
  /** Assumed by those keys, or by the function's role. */
  role?: { arn: Secret; sessionName?: Secret; externalId?: Secret; webIdentity?: Secret; stsEndpoint?: Secret }
  modelId?: string
}

/** What a model is for, as LiteLLM names it (`model_info.mode`). */
export type Mode =
  | 'chat'
  | 'embedding'
  | 'image_generation'
  | 'audio_speech'
  | 'audio_transcription'
  | 'moderation'
  | 'rerank'

/** One deployment of `model_list`, resolved: nothing below has to know LiteLLM's file any more. Plain JSON. */
export type Deployment = {
  /** `model_info.id`, or a stable hash of the entry. */
  id: string
  /** `model_name`: the public name, shared by the deployments of one group. May be `*` or `openai/*`. */
  group: string
  /** Row in lib/providers. */
  provider: string
  /** What the provider calls the model (without our prefix). May contain `*`. */
  model: string
  /** The dialect to speak to a provider that speaks several, where the entry says (`openai/responses/MODEL`). */
  dialect?: 'openai' | 'responses' | 'anthropic' | 'gemini' | 'converse' | 'cohere' | 'ollama'
  apiBase?: Secret
  /** What the names in braces of the provider's base URL stand for. */
  variables?: Record<string, Secret>
  apiKey?: Secret
  /** Keys of an AWS account, and the id or ARN to call where `model` only names the model. */
  aws?: AwsAccess
  /** How `apiKey` is sent where that is not the row's own way: an Entra token (`azure_ad_token`) is a bearer. */
  auth?: 'bearer'
  apiVersion?: string
  organization?: string
  headers: Record<string, string>
  /** Default request parameters: every `litellm_params` key that is not ours. */
  params: Record<string, Json>
  weight?: number
  rpm?: number
  tpm?: number
  order?: number
  timeoutMs?: number
  streamTimeoutMs?: number
  retries?: number
  /** What becomes of a stream that breaks off after content was sent; absent: as the gateway's setting says. */
  streamRecovery?: StreamRecovery
  /** It goes on from a last turn of the assistant: an answer that broke off elsewhere may be continued there. */
  acceptsPrefill?: boolean
  /** Its model searches the web where clients of any tongue offer that; absent: only where they ask for it by its own name. */
  webSearch?: boolean
  /** How long it is left alone once its breaker opens; 0: never. */
  cooldownMs?: number
  /** Its own, before the gateway's (`RoutingSettings`). */
  allowedFails?: number
  allowedFailsPolicy?: AllowedFails
  /** A second deployment is asked where the first content is later than this, or than the deployment's own p95. */
  hedgeAfter?: 'p95' | number
  /** Requests that carry one of these are served by it (LiteLLM's tag routing); `default` serves those without. */
  tags?: string[]
  /** Where it answers from, as the entry says (`region_name`) or as its address shows: `eu`, `us-east-1`. */
  region?: string
  /** Part of its group's traffic that it gets while it is on trial, from 0 (none) to 1 (all: promoted). */
  canary?: number
  /** A group that gets a copy of this share of its requests; whoever asked hears nothing of it. */
  shadow?: { model: string; share: number }
  dropParams?: boolean
  additionalDropParams: string[]
  /** From `litellm_params` or `model_info` price keys; wins over the table. */
  price?: Price
  /** The same of what is not sold by tokens. */
  units?: UnitPrices
  /** What the tables say of its model. */
  known?: Known
  /** The same by model, where `model` has a star; a name that ends with a star is a beginning. */
  knownModels?: Record<string, Known>
  /** Which table entry to price by, where `model` does not say (`model_info.base_model`). */
  baseModel?: string
  maxInputTokens?: number
  maxOutputTokens?: number
  mode: Mode
  /** `model_info` as it was written, for /model/info. */
  info: Record<string, Json>
}

/** What is published of a model: prices, and limits in tokens. */
export type Known = {
  price?: Price
  /** Instead of `price` at some hours of the day: `from` and `to` are minutes of the day in UTC. */
  hours?: { from: number; to: number; price: Price }[]
  units?: UnitPrices
  maxInput?: number
  maxOutput?: number
}

export type Fallbacks = Record<string, string[]>

/**
 * `error`: an error event, and nothing that looks like an end. `continue`: another deployment goes on where the answer broke
 * off, where one can. `hold`: nothing is sent until the answer is whole.
 */
export const streamRecoveries = ['error', 'continue', 'hold'] as const
export type StreamRecovery = (typeof streamRecoveries)[number]

/** Classes of failures that LiteLLM's `retry_policy` knows; each has its number of retries. */
export type RetryClass =
  | 'bad_request'
  | 'auth'
  | 'timeout'
  | 'rate_limit'
  | 'content_policy'
  | 'server'
  | 'unavailable'
  | 'not_found'
  | 'default'
export type RetryPolicy = Partial<Record<RetryClass, number>>

export type Config = {
  deployments: Deployment[]
  /** By provider and name, models that its deployments' models may ask to advise them, or to step in. */
  askedModels?: Record<string, Record<string, Known>>
  /** Deployments are chosen by tags: a request's tags must be among theirs, any of them or all. Absent: tags only label spend. */
  tagFiltering?: 'any' | 'all'
  /** Prompts that cannot fit are not sent where they cannot fit (`enable_pre_call_checks`). */
  preCallChecks?: true
  /** How canaries are judged; absent: by the defaults. */
  canary?: CanarySettings
  aliases: Record<string, { model: string; hidden: boolean }>
  fallbacks: Fallbacks
  defaultFallbacks: string[]
  contextWindowFallbacks: Fallbacks
  contentPolicyFallbacks: Fallbacks
  maxFallbacks: number
  /** Retries of one model group before its fallbacks. */
  retries: number
  /** Retries by what failed; wins over every other number of retries. */
  retryPolicy?: RetryPolicy
  /** The same for one group, instead of `retryPolicy`. */
  groupRetryPolicies?: Record<string, RetryPolicy>
  /** Absent: LiteLLM's defaults (`defaultRouting`). */
  routing?: RoutingSettings
  /** Least wait before a retry. */
  retryAfterMs: number
  /** Per attempt: connect, whole attempt, first content, and silence between events. One total per request. */
  connectTimeoutMs: number
  timeoutMs: number
  streamTimeoutMs: number
  /** Of a stream's first content while somebody else could still be asked; absent: `streamTimeoutMs` was chosen, and holds. */
  streamPatienceMs?: number
  idleTimeoutMs: number
  totalTimeoutMs: number
  streamRecovery: StreamRecovery
  /** A stream that was silent for so long after its first content gets a sign of life; 0: never. */
  heartbeatMs: number
  /** A held answer commits its status, and starts with signs of life, only after so long. */
  holdHeartbeatMs: number
  dropParams: boolean
  /** Turns of the responses API may be kept. Absent: yes. */
  storeResponses?: boolean
  /** Pictures and files are fetched for providers that fetch none themselves. Absent: yes. */
  fetchMedia?: boolean
  masterKey?: Secret
  /** litellm_settings.max_budget and budget_duration: the whole gateway's. */
  globalBudget?: { limit?: NanoDollars; soft?: NanoDollars; duration?: string }
  timeZone: string
  /** Percentages of a hard limit at which to alert, ascending. */
  alertThresholds: number[]
  slackWebhook?: Secret
  /** Where spend reports go, if elsewhere (`alert_to_webhook_url.spend_reports`). */
  reportWebhook?: Secret
  /** LiteLLM's `webhook` channel, which takes its webhook event. */
  alertWebhook?: Secret
  /** How often a spend report is made; absent: weekly. */
  report?: 'weekly' | 'monthly' | 'off'
  budgetWaitMs: number
  /** Fewest output tokens that a clamped answer may be cut to; below, 429. */
  clampFloorTokens: number
  defaultMaxOutputTokens: number
  orphanedHolds: 'keep' | 'release'
  unknownUsage: 'received' | 'worst_case'
  trackEveryAttempt: boolean
  maxRequestBytes: number
  /** Prompts and answers travel to telemetry. Absent: no. */
  captureMessageContent?: boolean
  /** Providers get a `traceparent` of ours. Absent: no. */
  forwardTraceparent?: boolean
  /** Upper bounds and defaults for /key/generate, as LiteLLM names them. */
  defaultKeyParams: Record<string, Json>
  upperboundKeyParams: Record<string, Json>
  keyHeaderName?: string
  cors: { origins: string[] }
  /** `environment_variables`: as if they were set in the environment. */
  environment: Record<string, Secret>
}
