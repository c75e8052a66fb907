import type { Flags } from '../dialects/flags.ts'
import { clouds } from './rows-clouds.ts'
import { gateways } from './rows-gateways.ts'
import { labs } from './rows-labs.ts'
import { advisors, at, host, hostFlags, messagesAt, usWorkspace } from './host.ts'
import { aws } from './rows-aws.ts'
import { google } from './rows-google.ts'
import { media } from './rows-media.ts'
import { plain } from './rows-plain.ts'
import type { Provider } from './provider.ts'
import type { OtherSpeech } from './speech.ts'

/**
 * OpenAI's own rules: reasoning models take `max_completion_tokens` and role `developer`, and a field it does not know is an
 * error.
 */
const openaiFlags: Flags = { maxTokensField: 'byModel', developerRole: true, streamUsage: true, strictFields: true }

/** A project, or a deployment, can be set to fast mode, once called priority ("Fast mode", project service tier). */
const fastProject = { priority: ['default', 'flex'] }

/** The endpoint for completions serves `gpt-3.5-turbo-instruct`, `davinci-002` and `babbage-002` alone ("This is a chat model"). */
const chatOnly = /^(?:ft:)?(?:gpt-(?!3\.5-turbo-instruct)|chatgpt-|o\d)/

const openaiPaths = at('chat completions embeddings images imageEdits speech transcriptions translations moderations')
const azurePaths = at('chat completions embeddings images imageEdits speech transcriptions translations')
const bearer = { scheme: 'bearer' } as const

/**
 * OpenAI's other API. Newer models refuse functions with reasoning on chat completions (400, `param: reasoning_effort`); of these
 * the newest reason unless told not to; some models are served nowhere else (OpenAI's model pages).
 */
const responses = { dialect: 'responses', path: '/responses', flags: openaiFlags } as const
const openaiAlso: readonly OtherSpeech[] = [
  { ...responses, when: 'client' },
  { ...responses, when: 'tools', models: /(?:^|\/)gpt-(?:5\.(?:[5-9]|\d\d)|[6-9])/ },
  { ...responses, when: 'reasoned_tools', models: /(?:^|\/)gpt-5\.4(?!\d)/ },
  {
    ...responses,
    when: 'always',
    models: /(?:^|\/)(?:o\d-pro|gpt-[\d.]+-(?:pro|codex)|codex-mini|computer-use|o\d(?:-mini)?-deep-research)/,
  },
]

/** Parameters of Ollama's own API that its OpenAI-compatible one passes over in silence. */
const ollamaParams =
  `num_ctx keep_alive think options num_predict num_keep num_batch num_gpu main_gpu num_thread repeat_last_n repeat_penalty
   mirostat mirostat_eta mirostat_tau tfs_z typical_p min_p`.split(/\s+/)

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
  flags: { ...hostFlags, imageBytes: true },
  // How much of a prompt is read, and how long a model stays loaded, can be said to its own endpoint alone; and a call can be
  // demanded there alone (as a format): the other one ignores `tool_choice` ("OpenAI compatibility" of its documentation).
  also: [{ dialect: 'ollama', path: '/api/chat', flags: {}, when: 'forced_call', params: ollamaParams }],
  telemetryName: 'ollama',
}

/** The same server by its own endpoint: what this prefix means to LiteLLM. */
const ollamaChat: Provider = {
  ...ollama,
  id: 'ollama_chat',
  dialect: 'ollama',
  paths: { chat: '/api/chat', embeddings: '/v1/embeddings' },
  flags: {},
  also: [{ dialect: 'openai', path: '/v1/chat/completions', flags: ollama.flags, when: 'params' }],
}

/** The same server by its OpenAI-compatible endpoint, whatever the other rows of it speak. */
const ollamaOpenai: Provider = { ...ollama, id: 'ollama_openai', also: [] }

const hosted: Omit<Provider, 'id' | 'name' | 'keyNames' | 'telemetryName'> = {
  dialect: 'openai',
  keyless: true,
  auth: bearer,
  envelope: 'plain',
  paths: at('chat completions embeddings'),
  flags: hostFlags,
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
    also: openaiAlso,
    chatOnlyModels: chatOnly,
    unaskedTiers: fastProject,
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
    paths: azurePaths,
    flags: openaiFlags,
    also: openaiAlso,
    chatOnlyModels: chatOnly,
    unaskedTiers: fastProject,
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
    flags: { cacheByMark: true, threads: true },
    cacheWriteFactors: { short: 1.25, long: 2 },
    unaskedTiers: usWorkspace,
    askedModels: advisors,
    priceId: 'anthropic',
    telemetryName: 'anthropic',
  },
  ollama,
  ollamaChat,
  ollamaOpenai,
  {
    ...hosted,
    id: 'hosted_vllm',
    aliases: ['vllm'],
    name: 'vLLM',
    keyNames: ['HOSTED_VLLM_API_KEY'],
    baseName: 'HOSTED_VLLM_API_BASE',
    paths: at('chat completions embeddings transcriptions rerank'),
    codecs: { rerank: 'cohere' },
    telemetryName: 'vllm',
  },
  {
    ...hosted,
    id: 'lm_studio',
    name: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    keyNames: ['LM_STUDIO_API_KEY'],
    // "'url' field must be a base64 encoded image" (its issues 1120 and 1752).
    flags: { ...hosted.flags, imageBytes: true },
    telemetryName: 'lm_studio',
  },
  {
    ...hosted,
    id: 'litellm_proxy',
    name: 'LiteLLM proxy',
    keyNames: ['LITELLM_PROXY_API_KEY'],
    baseName: 'LITELLM_PROXY_API_BASE',
    paths: at('chat completions embeddings images imageEdits speech transcriptions translations moderations rerank'),
    codecs: { rerank: 'cohere' },
    // A gateway translates by itself: what the client called its parameters passes as it is.
    flags: { developerRole: true, streamUsage: true },
    // What it books itself: in a header, and in a stream's usage where it is told to (`include_cost_in_streaming_usage`).
    costReport: { at: ['usage.cost'], header: 'x-litellm-response-cost' },
    telemetryName: 'litellm',
  },
  {
    ...hosted,
    id: 'custom_openai',
    aliases: ['openai_like'],
    name: 'OpenAI-compatible server',
    keyNames: ['CUSTOM_OPENAI_API_KEY'],
    telemetryName: 'custom_openai',
  },
  {
    ...hosted,
    id: 'llamafile',
    name: 'llamafile',
    baseUrl: 'http://127.0.0.1:8080/v1',
    keyNames: ['LLAMAFILE_API_KEY'],
    paths: at('chat completions embeddings rerank'),
    codecs: { rerank: 'cohere' },
    telemetryName: 'llamafile',
  },
  host({
    id: 'azure_ai',
    name: 'Azure AI Foundry models',
    keyNames: ['AZURE_AI_API_KEY'],
    baseName: 'AZURE_AI_API_BASE',
    auth: { scheme: 'header', name: 'api-key' },
    paths: at('chat embeddings rerank'),
    // A resource has its endpoints at paths of their own ("Endpoints for Foundry Models"; Cohere's rerankers beside them); older
    // serverless deployments are hosts of their own, and take the key as a bearer.
    hostKinds: [
      {
        hosts: /\.services\.ai\.azure\.com$/,
        roots: /^\/(?:models\/?)?$/,
        paths: {
          chat: '/models/chat/completions',
          embeddings: '/models/embeddings',
          rerank: '/providers/cohere/v2/rerank',
        },
      },
      { hosts: /\.models\.ai\.azure\.com$/, auth: bearer, roots: /^\/$/, paths: { rerank: '/v1/rerank' } },
      { hosts: /./, roots: /^\/$/, paths: { rerank: '/v1/rerank' } },
    ],
    versionQuery: 'api-version',
    codecs: { rerank: 'cohere' },
    // Claude is served beside the others, behind the same resource.
    also: [{ ...messagesAt('/../anthropic/v1/messages'), models: /^claude/i, when: 'always' }],
    unaskedTiers: fastProject,
    priceId: 'azure',
    telemetryName: 'azure.ai.inference',
  }),
  ...labs,
  ...clouds,
  ...gateways,
  ...media,
  ...plain,
  ...google,
  ...aws,
] as const satisfies readonly Provider[] as readonly Provider[]

const byId = new Map(
  providers.flatMap((provider) => [provider.id, ...(provider.aliases ?? [])].map((id) => [id, provider] as const)),
)

/** The row of a provider by its id or an alias; undefined: there is none. */
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
