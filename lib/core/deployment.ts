import type { Json } from './json.ts'
import type { Price, UnitPrices } from './money.ts'
import type { AllowedFails } from './routing.ts'

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

/**
 * `error`: an error event, and nothing that looks like an end. `continue`: another deployment goes on where the answer broke
 * off, where one can. `hold`: nothing is sent until the answer is whole.
 */
export const streamRecoveries = ['error', 'continue', 'hold'] as const
export type StreamRecovery = (typeof streamRecoveries)[number]
