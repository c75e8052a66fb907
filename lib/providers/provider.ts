import type { DialectName } from '../dialects/dialect.ts'
import type { Flags } from '../dialects/flags.ts'
import type { CostReport } from '../dialects/told-cost.ts'
import type { Auth } from './auth.ts'
import type { OtherSpeech } from './speech.ts'

/** What can be asked of a provider, each at a path of its own. */
export type Endpoint =
  | 'chat'
  | 'completions'
  | 'embeddings'
  | 'images'
  | 'imageEdits'
  | 'speech'
  | 'transcriptions'
  | 'translations'
  | 'moderations'
  | 'rerank'

/** Shapes of endpoints other than chat that are not OpenAI's. */
export type Codec =
  | 'azure_ai'
  | 'bedrock'
  | 'bfl'
  | 'cloudflare'
  | 'cohere'
  | 'deepgram'
  | 'deepinfra'
  | 'elevenlabs'
  | 'fal'
  | 'fireworks'
  | 'gemini'
  | 'hyperbolic'
  | 'jina'
  | 'minimax'
  | 'mistral'
  | 'nomic'
  | 'nvidia'
  | 'ollama'
  | 'replicate'
  | 'sarvam'
  | 'stability'
  | 'together'
  | 'vertex'
  | 'voyage'
  | 'watsonx'
  | 'xai'

/** A name in braces in `baseUrl`: the config's key for it, the environment's names in order, and what it is without either. */
export type Variable = {
  param: string
  env: readonly string[]
  otherwise?: string
  /** The gateway sets it itself where it runs: nobody has to be asked for it. */
  given?: true
}

/**
 * What is otherwise behind a base whose host has such a name: the key's way, and, where the base ends at one of these roots, whole
 * paths from the host on.
 */
type HostKind = {
  hosts: RegExp
  auth?: Auth
  roots?: RegExp
  paths?: Readonly<Partial<Record<Endpoint, string>>>
}

/** How a provider chooses among hosts of different prices, and what bounds that. */
export type HostChoice = {
  /** How much dearer than the table a host may be, so that one is found: a hold covers that, and `provider.max_price` rules out the rest. */
  headroom: number
  /** What may come on top of a host's price, as a factor. */
  surcharge: number
  /** Models that stand for others, or search by themselves: nothing bounds what they cost. */
  unboundedModels: RegExp
}

/** One row: who speaks what, where, and how it authenticates. No code elsewhere knows a provider's name. */
export type Provider = {
  /** LiteLLM's prefix. */
  id: string
  /** Other prefixes that mean the same. */
  aliases?: readonly string[]
  name: string
  dialect: DialectName
  /** With everything in front of the endpoint's path; absent: `api_base` is required. May hold `{variables}`. */
  baseUrl?: string
  variables?: Readonly<Record<string, Variable>>
  /** Environment variables or secret names that hold its key, in order. */
  keyNames: readonly string[]
  /** Environment variables that LiteLLM takes `api_base` and `api_version` from where the entry has none. */
  baseName?: string
  versionName?: string
  /** Routing hints of LiteLLM in front of the model's own name (`azure/o_series/my-deployment`): left out. */
  modelHints?: readonly string[]
  /** Works without a key (a server on one's own machine). */
  keyless?: boolean
  auth: Auth
  /** Without a key, requests are signed for this service of AWS, in the region that `variables` name. */
  signing?: { service: string }
  /** Headers and query parameters that every request has; a deployment's own win. */
  headers?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string>>
  /** How URL and path are made: `plain` base + path; `azure` by deployment with api-version, or `/openai/v1`; `vertex` by project and location. */
  envelope: 'plain' | 'azure' | 'vertex'
  /** Behind the base URL. An endpoint that is not here is not there. `{model}` stands for the model's name, `{id}` for it as one segment. */
  paths: Readonly<Partial<Record<Endpoint, string>>>
  /** Models that are not at its endpoint for completions, though it has one. */
  chatOnlyModels?: RegExp
  /** Endpoints that the provider's own service has at another host; behind an `api_base` they are at their path. */
  elsewhere?: Readonly<Partial<Record<Endpoint, { origin: string; path: string }>>>
  hostKinds?: readonly HostKind[]
  /** The query parameter for the entry's `api_version`. */
  versionQuery?: string
  /** The path for streams, where that is another one. */
  streamPath?: string
  /** Shapes of endpoints other than chat; absent: OpenAI's. */
  codecs?: Readonly<Partial<Record<Endpoint, Codec>>>
  flags: Flags
  /** Other dialects it speaks, in order of preference. */
  also?: readonly OtherSpeech[]
  /** What writing its prompt cache costs, as multiples of the input price: for config prices that do not say. */
  cacheWriteFactors?: { short: number; long: number }
  /**
   * Service tiers at which an account's settings may have requests served that name none, each with what a request must say to
   * rule that out: a hold covers them.
   */
  unaskedTiers?: Readonly<Record<string, readonly string[]>>
  /** Models that its models may ask by themselves: what those cost is billed with the answer. */
  askedModels?: RegExp
  /** By what these models cost more than the table says, unless a part of the address has the value named. */
  premium?: { models: RegExp; factor: number; variable: string; unless: string }
  /** Where its replies say what they have cost: that is booked, whatever the table says. */
  costReport?: CostReport
  /** Models that work as several at once: no cap of one answer bounds what they all write. */
  unboundedModels?: RegExp
  /** It chooses who serves a model, and prices differ: what keeps a hard budget hard there. */
  hostChoice?: HostChoice
  /** The provider's id in the price table; absent: only config prices. */
  priceId?: string
  /** `gen_ai.provider.name` of OpenTelemetry's semantic conventions. */
  telemetryName: string
  /** Why nothing of it can be called, and what to do instead: a config that names it is refused with these words. */
  unserved?: string
}
