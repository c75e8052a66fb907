import type { DialectName, Flags } from '../dialects/dialect.ts'
import type { OtherSpeech } from './speech.ts'

/** One row: who speaks what, where, and how it authenticates. No code elsewhere knows a provider's name. */
export type Provider = {
  /** LiteLLM's prefix. */
  id: string
  name: string
  dialect: DialectName
  /** With everything in front of the endpoint's path; absent: `api_base` is required. */
  baseUrl?: string
  /** Environment variables or secret names that hold its key, in order. */
  keyNames: readonly string[]
  /** Environment variables that LiteLLM takes `api_base` and `api_version` from where the entry has none. */
  baseName?: string
  versionName?: string
  /** Routing hints of LiteLLM in front of the model's own name (`azure/o_series/my-deployment`): left out. */
  modelHints?: readonly string[]
  /** Works without a key (a server on one's own machine). */
  keyless?: boolean
  auth: { scheme: 'bearer' } | { scheme: 'header'; name: string }
  /** How URL and path are made: `plain` base + path; `azure` by deployment with api-version, or `/openai/v1`. */
  envelope: 'plain' | 'azure'
  paths: { chat: string; embeddings?: string }
  flags: Flags
  /** Other dialects it speaks, in order of preference. */
  also?: readonly OtherSpeech[]
  /** What writing its prompt cache costs, as multiples of the input price: for config prices that do not say. */
  cacheWriteFactors?: { short: number; long: number }
  /** The provider's id in the price table; absent: only config prices. */
  priceId?: string
  /** `gen_ai.provider.name` of OpenTelemetry's semantic conventions. */
  telemetryName: string
}
