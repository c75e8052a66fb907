import { at, host, messagesAt, responsesAt } from './host.ts'
import type { Provider } from './provider.ts'

// Who passes requests on to others, as this gateway does.

const copilotHeaders = {
  'copilot-integration-id': 'vscode-chat',
  'editor-version': 'vscode/1.104.0',
  'editor-plugin-version': 'copilot-chat/0.31.0',
}

/** As Anthropic's own clients send it. */
const apiKey = { scheme: 'header', name: 'x-api-key' } as const

export const gateways: readonly Provider[] = [
  host({
    id: 'openrouter',
    name: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    keyNames: ['OPENROUTER_API_KEY', 'OR_API_KEY'],
    // Pictures are at a path of its own (its SDK's `images.generate`); recordings are taken in a shape of its own, and not by this row.
    paths: at('chat completions embeddings speech', { images: '/images' }),
    flags: { reasoningRequest: 'reasoning_object', reasoningHistory: 'details' },
    also: [responsesAt(), messagesAt('/messages')],
    // "Usage accounting": in every reply, streamed or not, whatever plugins and server tools have added.
    costReport: {
      at: ['usage.cost'],
      ownKeys: { at: 'usage.cost_details.upstream_inference_cost', used: 'usage.is_byok' },
      zeroIsMeant: true,
    },
    // Hosts of a model differ by factors of two and more. With an own key, its fee is 5 % on top.
    hostChoice: {
      headroom: 2,
      surcharge: 1.05,
      unboundedModels:
        /^(?:openrouter\/)?(?:auto|fusion|pareto|bodybuilder)(?:$|[:-])|:online(?:$|:)|@preset\/|-multi-agent/,
    },
    priceId: 'openrouter',
  }),
  host({
    id: 'huggingface',
    name: 'Hugging Face router',
    baseUrl: 'https://router.huggingface.co/v1',
    baseName: 'HF_API_BASE',
    keyNames: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
    paths: at('chat embeddings'),
    also: [responsesAt()],
  }),
  host({
    id: 'vercel_ai_gateway',
    name: 'Vercel AI Gateway',
    baseUrl: 'https://ai-gateway.vercel.sh/v1',
    keyNames: ['AI_GATEWAY_API_KEY', 'VERCEL_AI_GATEWAY_API_KEY', 'VERCEL_OIDC_TOKEN'],
    paths: at('chat embeddings images'),
    also: [responsesAt(), messagesAt('/messages')],
    // What it takes off the account's credits; with an own key that is nothing.
    costReport: {
      at: [
        'usage.cost',
        'choices.0.message.provider_metadata.gateway.cost',
        'choices.0.delta.provider_metadata.gateway.cost',
        'provider_metadata.gateway.cost',
        'providerMetadata.gateway.cost',
      ],
    },
  }),
  host({
    id: 'cometapi',
    name: 'CometAPI',
    baseUrl: 'https://api.cometapi.com/v1',
    keyNames: ['COMETAPI_KEY', 'COMETAPI_API_KEY'],
    paths: at('chat embeddings'),
  }),
  host({ id: 'aiml', name: 'AI/ML API', baseUrl: 'https://api.aimlapi.com/v1', paths: at('chat images') }),
  host({
    id: 'aihubmix',
    name: 'AIHubMix',
    baseUrl: 'https://aihubmix.com/v1',
    also: [messagesAt('/messages', apiKey)],
  }),
  host({
    id: 'veniceai',
    aliases: ['venice'],
    name: 'Venice',
    baseUrl: 'https://api.venice.ai/api/v1',
    keyNames: ['VENICE_AI_API_KEY'],
    paths: at('chat images speech'),
  }),
  host({
    id: 'zenmux',
    name: 'ZenMux',
    baseUrl: 'https://zenmux.ai/api/v1',
    // Claude has no other way there.
    also: [
      { ...messagesAt('/../anthropic/v1/messages', apiKey), models: /^anthropic\//, when: 'always' },
      responsesAt(),
    ],
  }),
  host({
    id: 'opencode',
    name: 'OpenCode Zen',
    baseUrl: 'https://opencode.ai/zen/v1',
    // Each family has its own endpoint there, and no other.
    also: [
      { ...messagesAt('/messages', apiKey), models: /^claude/, when: 'always' },
      { ...responsesAt(), models: /^gpt-/, when: 'always' },
      {
        dialect: 'gemini',
        path: '/models/{model}:generateContent',
        streamPath: '/models/{model}:streamGenerateContent?alt=sse',
        flags: { modelInPath: true },
        auth: { scheme: 'header', name: 'x-goog-api-key' },
        models: /^gemini/,
        when: 'always',
      },
    ],
  }),
  host({
    id: 'github_copilot',
    name: 'GitHub Copilot',
    baseUrl: 'https://api.githubcopilot.com',
    // A token with Copilot access; the device flow that makes one is the operator's.
    keyNames: ['GITHUB_COPILOT_TOKEN', 'GITHUB_TOKEN'],
    headers: copilotHeaders,
    paths: at('chat embeddings'),
    also: [messagesAt('/v1/messages'), responsesAt()],
  }),
  host({
    id: 'github',
    name: 'GitHub Models',
    baseUrl: 'https://models.github.ai/inference',
    keyNames: ['GITHUB_TOKEN', 'GITHUB_API_KEY'],
    unserved: 'GitHub Models was retired on 2026-07-30; name another provider of the model',
  }),
  host({
    id: 'llmgateway',
    name: 'LLM Gateway',
    baseUrl: 'https://api.llmgateway.io/v1',
    also: [messagesAt('/messages')],
  }),
]
