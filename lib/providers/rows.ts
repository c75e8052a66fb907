import type { Flags } from '../dialects/dialect.ts'
import type { Provider } from './provider.ts'

/**
 * OpenAI's own rules: reasoning models take `max_completion_tokens` and role `developer`, and a field it does not know is an
 * error.
 */
const openaiFlags: Flags = { maxTokensField: 'byModel', developerRole: true, streamUsage: true, strictFields: true }

/** Servers that imitate the older half of OpenAI's API. */
const localFlags: Flags = { maxTokensField: 'max_tokens', developerRole: false, streamUsage: true }

const openaiPaths = { chat: '/chat/completions', embeddings: '/embeddings' }
const bearer = { scheme: 'bearer' } as const

const ollama: Provider = {
  id: 'ollama',
  name: 'Ollama',
  dialect: 'openai',
  baseUrl: 'http://localhost:11434',
  keyNames: ['OLLAMA_API_KEY'],
  keyless: true,
  auth: bearer,
  envelope: 'plain',
  // Its OpenAI-compatible endpoint. LiteLLM's users write api_base without /v1, Ollama's own documentation with it.
  paths: { chat: '/v1/chat/completions', embeddings: '/v1/embeddings' },
  flags: localFlags,
  telemetryName: 'ollama',
}

const hosted: Omit<Provider, 'id' | 'name' | 'keyNames' | 'telemetryName'> = {
  dialect: 'openai',
  keyless: true,
  auth: bearer,
  envelope: 'plain',
  paths: openaiPaths,
  flags: localFlags,
}

/** Every provider that can be called. One more OpenAI-compatible provider is one more row. */
export const providers = [
  {
    id: 'openai',
    name: 'OpenAI',
    dialect: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    keyNames: ['OPENAI_API_KEY'],
    modelHints: ['responses/'],
    auth: bearer,
    envelope: 'plain',
    paths: openaiPaths,
    flags: openaiFlags,
    priceId: 'openai',
    telemetryName: 'openai',
  },
  {
    id: 'azure',
    name: 'Azure OpenAI',
    dialect: 'openai',
    keyNames: ['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY'],
    baseName: 'AZURE_API_BASE',
    versionName: 'AZURE_API_VERSION',
    modelHints: ['o_series/', 'gpt5_series/', 'responses/'],
    auth: { scheme: 'header', name: 'api-key' },
    envelope: 'azure',
    paths: openaiPaths,
    flags: openaiFlags,
    priceId: 'azure',
    telemetryName: 'azure.ai.openai',
  },
  {
    id: 'anthropic',
    name: 'Anthropic',
    dialect: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    keyNames: ['ANTHROPIC_API_KEY'],
    auth: { scheme: 'header', name: 'x-api-key' },
    envelope: 'plain',
    paths: { chat: '/v1/messages' },
    flags: { cacheByMark: true },
    cacheWriteFactors: { short: 1.25, long: 2 },
    priceId: 'anthropic',
    telemetryName: 'anthropic',
  },
  ollama,
  { ...ollama, id: 'ollama_chat' },
  {
    ...hosted,
    id: 'hosted_vllm',
    name: 'vLLM',
    keyNames: ['HOSTED_VLLM_API_KEY'],
    baseName: 'HOSTED_VLLM_API_BASE',
    telemetryName: 'vllm',
  },
  {
    ...hosted,
    id: 'lm_studio',
    name: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    keyNames: ['LM_STUDIO_API_KEY'],
    telemetryName: 'lm_studio',
  },
  {
    ...hosted,
    id: 'litellm_proxy',
    name: 'LiteLLM proxy',
    keyNames: ['LITELLM_PROXY_API_KEY'],
    baseName: 'LITELLM_PROXY_API_BASE',
    // A gateway translates by itself: what the client called its parameters passes as it is.
    flags: { developerRole: true, streamUsage: true },
    telemetryName: 'litellm',
  },
  {
    ...hosted,
    id: 'custom_openai',
    name: 'OpenAI-compatible server',
    keyNames: ['CUSTOM_OPENAI_API_KEY'],
    telemetryName: 'custom_openai',
  },
] as const satisfies readonly Provider[] as readonly Provider[]

const byId = new Map(providers.map((provider) => [provider.id, provider]))

export const providerOf = (id: string): Provider | undefined => byId.get(id)

/** Names that mean one provider wherever they stand without a prefix, as LiteLLM has it. */
const wellKnown: readonly (readonly [RegExp, string])[] = [
  [/^(?:gpt-|chatgpt-|o[134](?:-|$)|text-embedding-|ft:gpt-|codex-)/, 'openai'],
  [/^claude-/, 'anthropic'],
]

/** The provider of a model that is written without a prefix; undefined where the name does not say. */
export const providerOfModel = (model: string): Provider | undefined => {
  const id = wellKnown.find(([pattern]) => pattern.test(model))?.[1]
  return id === undefined ? undefined : providerOf(id)
}
