import type { Flags } from '../dialects/flags.ts'
import { at, host, hostFlags, messagesAt, modelsWith, responsesAt } from './host.ts'
import type { Provider } from './provider.ts'

// Who makes models and serves them. Deviations are from each maker's API reference and from recorded answers.

/** Mistral's own API: strict about turns and ids, lenient about nothing (docs.mistral.ai, API reference). */
const mistralFlags: Flags = {
  prefillMark: 'prefix',
  toolChoiceRequired: 'any',
  toolChoiceNamed: 'filter_any',
  // Told `none`, it writes calls as text.
  toolChoiceNone: 'drop_tools',
  toolCallIdRule: 'nine_alphanumerics',
  toolMessageNeedsName: true,
  toolThenUserFiller: true,
  assistantNeedsContentOrCalls: true,
  renameParams: { seed: 'random_seed' },
  effortValues: ['none', 'high'],
  reasoningResponse: 'content_parts',
  // Fields that it does not know are refused in messages ("extra_forbidden"), those of its own answers' reasoning among them.
  reasoningHistory: 'drop',
}
const magistral = modelsWith(/^magistral/, { ...mistralFlags, reasoningRequest: 'prompt_mode' })

/**
 * api-docs.deepseek.com, thinking mode: turns with calls must bring their reasoning along, in others it is not read. The old
 * names (`deepseek-reasoner`) are today's models too. Every level of effort has a meaning there.
 */
const deepseekFlags: Flags = {
  responseFormat: 'json_object',
  reasoningRequest: 'thinking_effort',
  reasoningHistory: 'require',
}

/** platform.moonshot.ai: `required` is refused, temperatures end at 1, schemas are a subset of its own. */
const moonshotFlags: Flags = {
  toolChoiceRequired: 'unsupported',
  temperatureMax: 1,
  schemaDialect: 'moonshot',
  reasoningRequest: 'thinking_type',
  reasoningHistory: 'keep',
}
/** Kimi K3 reasons always, and is told how much (platform.kimi.ai, thinking effort). */
const kimiThree = modelsWith(/^kimi-k(?:[3-9]|\d\d)/, {
  ...moonshotFlags,
  reasoningRequest: 'effort',
  effortValues: ['low', 'high', 'max'],
})
const dashscopeFlags: Flags = { reasoningRequest: 'enable_thinking', refusedParams: ['frequency_penalty'] }
const glmFlags: Flags = {
  responseFormat: 'json_object',
  reasoningRequest: 'thinking_type',
  reasoningHistory: 'keep',
}
/** docs.z.ai, `reasoning_effort`: from GLM-5.2 on; from 5.3 on it has three levels. */
const glmEfforts = [
  modelsWith(/^glm-5\.2/, { ...glmFlags, reasoningRequest: 'thinking_effort' }),
  modelsWith(/^glm-(?:5\.(?:[3-9]|\d\d)|[6-9]|\d\d)/, {
    ...glmFlags,
    reasoningRequest: 'thinking_effort',
    effortValues: ['low', 'high', 'max'],
  }),
]
const zhipuKeys = ['ZAI_API_KEY', 'ZHIPU_API_KEY', 'ZHIPUAI_API_KEY']

/** docs.x.ai: results in the order of their calls; what reasoning models refuse, they refuse with 400. */
const grokFlags: Flags = { developerRole: true, toolResultOrder: 'calls', schemaDialect: 'no_additional_properties' }

export const labs: readonly Provider[] = [
  host({
    id: 'mistral',
    name: 'Mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    paths: at('chat embeddings speech transcriptions moderations'),
    codecs: { embeddings: 'mistral', speech: 'mistral', transcriptions: 'mistral' },
    flags: mistralFlags,
    also: [magistral],
    priceId: 'mistral',
    telemetryName: 'mistral_ai',
  }),
  host({
    id: 'codestral',
    name: 'Mistral Codestral',
    baseUrl: 'https://codestral.mistral.ai/v1',
    flags: mistralFlags,
    priceId: 'mistral',
    telemetryName: 'mistral_ai',
  }),
  host({
    id: 'deepseek',
    name: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com',
    flags: deepseekFlags,
    also: [messagesAt('/anthropic/v1/messages')],
    priceId: 'deepseek',
    telemetryName: 'deepseek',
  }),
  host({
    id: 'xai',
    name: 'xAI',
    baseUrl: 'https://api.x.ai/v1',
    paths: at('chat embeddings images imageEdits', { speech: '/tts', transcriptions: '/stt' }),
    codecs: { images: 'xai', imageEdits: 'xai', speech: 'xai', transcriptions: 'xai' },
    flags: grokFlags,
    also: [
      responsesAt(),
      modelsWith(/^grok-(?:[4-9]|3-mini|code)(?!.*non-reasoning)/, {
        ...grokFlags,
        refusedParams: ['stop', 'presence_penalty', 'frequency_penalty'],
      }),
    ],
    // "Cost tracking": with discounts and the tools that it ran; ten thousand million ticks are a dollar.
    costReport: { at: ['usage.cost_in_usd_ticks'], perDollar: 1e10 },
    // 4 to 16 agents talk among themselves and all their tokens are billed, in and out: neither the prompt nor a cap bounds them.
    unboundedModels: /multi-agent/,
    priceId: 'x-ai',
    telemetryName: 'x_ai',
  }),
  host({
    id: 'perplexity',
    name: 'Perplexity Sonar',
    baseUrl: 'https://api.perplexity.ai',
    keyNames: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'],
    paths: at('chat', { embeddings: '/v1/embeddings' }),
    flags: {
      requireAlternation: true,
      systemRole: 'mergeToOne',
      refusedParams: ['tools', 'tool_choice', 'parallel_tool_calls', 'seed', 'stop', 'logit_bias', 'n'],
    },
    // With the fee of the search, which depends on its size.
    costReport: { at: ['usage.cost.total_cost'] },
    priceId: 'perplexity',
    telemetryName: 'perplexity',
  }),
  host({
    id: 'perplexity_agent',
    name: 'Perplexity Agent API',
    dialect: 'responses',
    baseUrl: 'https://api.perplexity.ai/v1',
    keyNames: ['PERPLEXITY_API_KEY', 'PERPLEXITYAI_API_KEY'],
    paths: { chat: '/responses' },
    costReport: { at: ['usage.cost.total_cost'] },
    telemetryName: 'perplexity',
  }),
  host({
    id: 'cohere',
    aliases: ['cohere_chat'],
    name: 'Cohere',
    dialect: 'cohere',
    baseUrl: 'https://api.cohere.com/v2',
    keyNames: ['COHERE_API_KEY', 'CO_API_KEY'],
    paths: { chat: '/chat', embeddings: '/embed', rerank: '/rerank', transcriptions: '/audio/transcriptions' },
    codecs: { embeddings: 'cohere', rerank: 'cohere' },
    priceId: 'cohere',
    telemetryName: 'cohere',
  }),
  host({
    id: 'moonshot',
    name: 'Moonshot Kimi',
    baseUrl: 'https://api.moonshot.ai/v1',
    flags: moonshotFlags,
    also: [messagesAt('/../anthropic/v1/messages'), kimiThree],
    priceId: 'moonshotai',
  }),
  host({
    id: 'moonshot-cn',
    name: 'Moonshot China',
    baseUrl: 'https://api.moonshot.cn/v1',
    keyNames: ['MOONSHOT_API_KEY'],
    flags: moonshotFlags,
    also: [messagesAt('/../anthropic/v1/messages'), kimiThree],
    telemetryName: 'moonshot',
  }),
  host({
    id: 'kimi_coding',
    name: 'Kimi for Coding',
    dialect: 'anthropic',
    baseUrl: 'https://api.kimi.com/coding/v1',
    keyNames: ['KIMI_API_KEY'],
    auth: { scheme: 'header', name: 'x-api-key' },
    paths: { chat: '/messages' },
    telemetryName: 'moonshot',
  }),
  host({
    id: 'dashscope',
    name: 'Alibaba Model Studio',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    paths: at('chat embeddings', { rerank: '/../../compatible-api/v1/reranks' }),
    codecs: { rerank: 'cohere' },
    flags: dashscopeFlags,
    priceId: 'dashscope',
  }),
  host({
    id: 'dashscope-cn',
    name: 'Alibaba Model Studio China',
    baseUrl: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
    keyNames: ['DASHSCOPE_API_KEY'],
    paths: at('chat embeddings', { rerank: '/../../compatible-api/v1/reranks' }),
    codecs: { rerank: 'cohere' },
    flags: dashscopeFlags,
    telemetryName: 'dashscope',
  }),
  host({
    id: 'zai',
    name: 'Z.AI',
    baseUrl: 'https://api.z.ai/api/paas/v4',
    keyNames: zhipuKeys,
    paths: at('chat embeddings'),
    flags: glmFlags,
    also: [messagesAt('/../../anthropic/v1/messages'), ...glmEfforts],
    priceId: 'zai',
  }),
  host({
    id: 'zhipuai',
    name: 'Zhipu China',
    baseUrl: 'https://open.bigmodel.cn/api/paas/v4',
    keyNames: ['ZHIPU_API_KEY', 'ZHIPUAI_API_KEY'],
    paths: at('chat embeddings images'),
    flags: glmFlags,
    also: glmEfforts,
    priceId: 'zhipuai',
    telemetryName: 'zai',
  }),
  host({
    // Reasoning between calls works best where signatures and blocks are kept: its messages endpoint.
    id: 'minimax',
    name: 'MiniMax',
    dialect: 'anthropic',
    baseUrl: 'https://api.minimax.io',
    paths: { chat: '/anthropic/v1/messages', speech: '/v1/t2a_v2' },
    codecs: { speech: 'minimax' },
    flags: { unsignedThinking: true },
    also: [
      {
        dialect: 'openai',
        path: '/v1/chat/completions',
        // There, reasoning stands at the start of the text.
        flags: { ...hostFlags, reasoningResponse: 'think_tags' },
        when: 'client',
      },
    ],
    priceId: 'minimax',
  }),
  host({
    id: 'volcengine',
    name: 'Volcengine Ark',
    baseUrl: 'https://ark.cn-beijing.volces.com/api/v3',
    keyNames: ['VOLCENGINE_API_KEY', 'ARK_API_KEY'],
    paths: at('chat embeddings images'),
    flags: { reasoningRequest: 'thinking_type' },
  }),
  host({
    id: 'ai21_chat',
    aliases: ['ai21'],
    name: 'AI21',
    baseUrl: 'https://api.ai21.com/studio/v1',
    keyNames: ['AI21_API_KEY'],
  }),
  host({
    id: 'sarvam',
    name: 'Sarvam',
    baseUrl: 'https://api.sarvam.ai/v1',
    auth: { scheme: 'header', name: 'api-subscription-key' },
    paths: at('chat', { speech: '/../text-to-speech', transcriptions: '/../speech-to-text' }),
    codecs: { speech: 'sarvam', transcriptions: 'sarvam' },
  }),
  host({ id: 'upstage', name: 'Upstage', baseUrl: 'https://api.upstage.ai/v1/solar', paths: at('chat embeddings') }),
  host({
    id: 'inception',
    name: 'Inception',
    baseUrl: 'https://api.inceptionlabs.ai/v1',
    // With it, later events replace the text of earlier ones, which no client of this API can show.
    flags: { refusedParams: ['diffusing'] },
  }),
  host({ id: 'reka', name: 'Reka', baseUrl: 'https://api.reka.ai/v1', auth: { scheme: 'header', name: 'x-api-key' } }),
  host({
    id: 'morph',
    name: 'Morph',
    baseUrl: 'https://api.morphllm.com/v1',
    paths: at('chat embeddings rerank'),
    codecs: { rerank: 'cohere' },
  }),
]
