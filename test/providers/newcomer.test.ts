import { expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'
import { priceOf, unitsOf } from '../../lib/providers/prices.ts'

/** What people begin with, by provider: a config that names nothing else works with hard budgets. */
const models: Record<string, string> = {
  openai: `gpt-6-astra gpt-6-sol gpt-6-luna gpt-6.1-sol gpt-6.1-terra gpt-5.6 gpt-5.6-sol gpt-5.5 gpt-5.5-pro gpt-5.4 gpt-5.4-mini gpt-5.4-nano
    gpt-5.3-codex gpt-5.2 gpt-5.1 gpt-5 gpt-5-mini gpt-5-nano gpt-4.1 gpt-4.1-mini gpt-4o gpt-4o-mini o1 o3 o3-pro o4-mini chat-latest
    text-embedding-3-small text-embedding-3-large gpt-image-2 dall-e-3 tts-1 whisper-1 gpt-4o-transcribe omni-moderation-latest`,
  azure: 'gpt-5.5 gpt-5.4 gpt-5.1 gpt-4.1 gpt-4o o3 text-embedding-3-small',
  anthropic: `claude-fable-5-1 claude-opus-5-5 claude-opus-5 claude-opus-4-8 claude-opus-4-1 claude-sonnet-5-5 claude-sonnet-5
    claude-sonnet-4-6 claude-sonnet-4-5 claude-sonnet-4-20250514 claude-haiku-5-5 claude-haiku-4-5-20251001`,
  gemini: `gemini-4-argon gemini-3.8-flash gemini-3.5-flash gemini-3.5-flash-lite gemini-3.1-pro-preview gemini-3-flash-preview
    gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite gemini-pro-latest gemini-flash-latest gemini-flash-lite-latest
    gemini-2.5-flash-image gemini-3-pro-image gemini-embedding-001`,
  vertex_ai: 'gemini-3.5-flash gemini-2.5-pro claude-opus-5-5 claude-sonnet-5-5 claude-haiku-4-5@20251001',
  bedrock: `anthropic.claude-opus-5-5 us.anthropic.claude-sonnet-5-5 global.anthropic.claude-haiku-5-5
    us.anthropic.claude-sonnet-4-5-20250929-v1:0 amazon.nova-lite-v1:0 us.amazon.nova-pro-v1:0 eu.amazon.nova-micro-v1:0
    us.amazon.nova-premier-v1:0 us.amazon.nova-2-lite-v1:0 us.meta.llama3-3-70b-instruct-v1:0 openai.gpt-oss-120b-1:0 deepseek.v3.2
    qwen.qwen3-32b-v1:0 mistral.mistral-large-3-675b-instruct amazon.titan-embed-text-v2:0 cohere.embed-v4:0 cohere.rerank-v3-5:0`,
  mistral: `mistral-large-latest mistral-large-4 mistral-medium-latest mistral-small-latest ministral-8b-latest codestral-latest
    devstral-latest magistral-medium-latest mistral-embed`,
  deepseek: 'deepseek-v4-pro deepseek-v4-flash deepseek-chat deepseek-reasoner',
  xai: 'grok-4.7 grok-4.3 grok-4.20-reasoning grok-4 grok-4-fast-reasoning grok-code-fast-1 grok-imagine-image',
  groq: `llama-3.3-70b-versatile llama-3.1-8b-instant openai/gpt-oss-120b openai/gpt-oss-20b qwen/qwen3-32b
    meta-llama/llama-4-scout-17b-16e-instruct moonshotai/kimi-k2-instruct-0905 whisper-large-v3`,
  together_ai: `meta-llama/Llama-3.3-70B-Instruct-Turbo meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8 deepseek-ai/DeepSeek-V3.1
    openai/gpt-oss-120b`,
  fireworks_ai: `accounts/fireworks/models/llama-v3p3-70b-instruct accounts/fireworks/models/deepseek-v4-pro
    accounts/fireworks/models/kimi-k3 accounts/fireworks/models/gpt-oss-120b accounts/fireworks/models/glm-4p6`,
  cohere: `command-a-03-2025 command-r-plus-08-2024 command-r-08-2024 command-r7b-12-2024 embed-v4.0 embed-english-v3.0 rerank-v3.5
    rerank-v4.0-pro`,
  perplexity: 'sonar sonar-pro sonar-reasoning-pro',
  cerebras: 'llama-3.3-70b gpt-oss-120b',
  moonshot: 'kimi-k2.5 kimi-k3',
  zai: 'glm-5.3 glm-5 glm-4.7',
  minimax: 'MiniMax-M2',
  dashscope: 'qwen3-max qwen3-coder-plus',
  openrouter: 'anthropic/claude-sonnet-4.5 openai/gpt-5.5 openai/gpt-4o',
  voyage: 'voyage-3.5 rerank-2.5',
  stability: 'sd3.5-large stable-image-core stable-image-ultra',
  recraft: 'recraftv3',
  black_forest_labs: 'flux-pro-1.1 flux-kontext-pro',
  elevenlabs: 'eleven_multilingual_v2 scribe_v2',
  deepgram: 'nova-3 aura-2',
}

it.each(Object.entries(models))('every common model of %s has a price', (provider, names) => {
  const written = names
    .split(/\s+/)
    .map((name) => `{ model_name: "${name}", litellm_params: { model: "${provider}/${name}" } }`)
  const { config } = loadConfig(`model_list: [${written.join(', ')}]`, { file: 'config.yaml' })
  const found = config?.deployments ?? []

  expect(found).toHaveLength(written.length)
  expect(found.filter((one) => !priceOf(one, one.model) && !unitsOf(one, one.model)).map(({ model }) => model)).toEqual(
    [],
  )
})
