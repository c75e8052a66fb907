import type { CanarySettings } from './canary.ts'
import type { Deployment, Known, Secret, StreamRecovery } from './deployment.ts'
import type { Json } from './json.ts'
import type { NanoDollars } from './money.ts'
import type { RoutingSettings } from './routing.ts'

export type Fallbacks = Record<string, string[]>

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
