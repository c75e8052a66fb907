import type { Flags } from '../dialects/flags.ts'
import { hostFlags } from './host.ts'
import type { Provider } from './provider.ts'

/** What both of Google's doors to its own models have in common: the model is in the URL, and so is whether it streams. */
const geminiFlags: Flags = { modelInPath: true }

const project = '/projects/{project}/locations/{location}'
const googleModel = `/v1beta1${project}/publishers/google/models/{model}`
/** Picture models of two kinds, each with a method of its own. */
const pictures = '{method}'
const anthropicModels = `/v1${project}/publishers/anthropic/models`
const mistralModel = `/v1${project}/publishers/mistralai/models/{model}`
/** Anthropic's documentation of Claude on Vertex AI: no structured outputs, and no automatic prompt caching. */
const claudeFlags: Flags = {
  cacheByMark: true,
  modelInPath: true,
  anthropicVersion: 'vertex-2023-10-16',
  plainSchemas: true,
  refusedParams: ['cache_control'],
}
/** Publishers whose models are served by the endpoint for OpenAI's chat completions (`meta/llama-4-...-maas`). */
const publishers = /^(?:openai|meta|deepseek-ai|qwen|moonshotai|minimaxai|zai-org|xai|mistralai|google\/gemma)\//

/** Google's models at Google: with a key at AI Studio, with a service account (or a key, in express mode) on Vertex. */
export const google: readonly Provider[] = [
  {
    id: 'gemini',
    name: 'Google AI Studio',
    dialect: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    keyNames: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
    auth: { scheme: 'header', name: 'x-goog-api-key' },
    envelope: 'plain',
    paths: {
      chat: '/models/{model}:generateContent',
      embeddings: '/models/{model}:batchEmbedContents',
      images: `/models/{model}:${pictures}`,
      imageEdits: `/models/{model}:${pictures}`,
      speech: '/models/{model}:generateContent',
    },
    streamPath: '/models/{model}:streamGenerateContent?alt=sse',
    codecs: { embeddings: 'gemini', images: 'gemini', imageEdits: 'gemini', speech: 'gemini' },
    flags: { ...geminiFlags, callIds: true, serviceTier: 'body' },
    priceId: 'google',
    telemetryName: 'gcp.gemini',
  },
  {
    id: 'vertex_ai',
    name: 'Google Vertex AI',
    aliases: ['vertex_ai_beta'],
    dialect: 'gemini',
    // The host of a location is made of this one.
    baseUrl: 'https://aiplatform.googleapis.com',
    variables: {
      project: {
        param: 'vertex_project',
        env: ['VERTEXAI_PROJECT', 'VERTEX_PROJECT', 'GOOGLE_CLOUD_PROJECT'],
      },
      location: {
        param: 'vertex_location',
        env: ['VERTEXAI_LOCATION', 'VERTEX_LOCATION', 'GOOGLE_CLOUD_LOCATION'],
        otherwise: 'us-central1',
      },
    },
    // The key file of a service account, or the path of one; an API key is one too.
    keyNames: ['GOOGLE_APPLICATION_CREDENTIALS', 'VERTEXAI_CREDENTIALS', 'VERTEX_CREDENTIALS'],
    auth: { scheme: 'google' },
    envelope: 'vertex',
    modelHints: ['gemini/'],
    paths: {
      chat: `${googleModel}:generateContent`,
      embeddings: `/v1${project}/publishers/google/models/{model}:predict`,
      images: `${googleModel}:${pictures}`,
      imageEdits: `${googleModel}:${pictures}`,
      speech: `${googleModel}:generateContent`,
    },
    streamPath: `${googleModel}:streamGenerateContent?alt=sse`,
    codecs: { embeddings: 'vertex', images: 'gemini', imageEdits: 'gemini', speech: 'gemini' },
    flags: { ...geminiFlags, serviceTier: 'header' },
    also: [
      {
        dialect: 'anthropic',
        path: `${anthropicModels}/{model}:rawPredict`,
        streamPath: `${anthropicModels}/{model}:streamRawPredict`,
        countPath: `${anthropicModels}/count-tokens:rawPredict`,
        flags: claudeFlags,
        models: /^claude/,
        when: 'always',
      },
      {
        dialect: 'openai',
        path: `${mistralModel}:rawPredict`,
        streamPath: `${mistralModel}:streamRawPredict`,
        flags: hostFlags,
        models: /^(?:mistral|codestral|ministral)/,
        when: 'always',
      },
      {
        dialect: 'openai',
        path: `/v1${project}/endpoints/openapi/chat/completions`,
        flags: hostFlags,
        models: publishers,
        when: 'always',
      },
    ],
    priceId: 'google',
    telemetryName: 'gcp.vertex_ai',
    // From Claude 4.5 on, endpoints of regions cost a tenth more than the global one (Anthropic's price list, Vertex AI).
    premium: {
      models: /^claude-[a-z]+-(?:4-[5-9]|[5-9]|\d\d)/,
      factor: 1.1,
      variable: 'location',
      unless: 'global',
    },
  },
]
