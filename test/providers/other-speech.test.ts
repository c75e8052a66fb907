import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import type { ClientDialect } from '../../lib/dialects/dialect.ts'
import { address } from '../../lib/providers/address.ts'
import { providerOf } from '../../lib/providers/rows.ts'
import { speechOf } from '../../lib/providers/speech-of.ts'

const deployment = (provider: string, model: string): Deployment => ({
  id: 'd',
  group: 'g',
  provider,
  model,
  headers: {},
  params: {},
  additionalDropParams: [],
  mode: 'chat',
  info: {},
})

/** How a model is spoken to for such a client, and where. */
function spoken(provider: string, model: string, client: ClientDialect, apiBase?: string) {
  const row = providerOf(provider)
  if (!row) throw new Error(`no row ${provider}`)
  const speech = speechOf(row, deployment(provider, model), { model, need: { client, reasonedTools: false } })
  const { url, headers } = address(deployment(provider, model), {
    kind: 'chat',
    model,
    key: 'KEY',
    chatPath: speech.path,
    ...(speech.auth && { auth: speech.auth }),
    ...(apiBase !== undefined && { apiBase }),
  })
  return { ...speech, url, headers }
}

describe('a host that speaks several dialects', () => {
  it.each([
    ['deepseek', undefined, 'https://api.deepseek.com/anthropic/v1/messages'],
    ['moonshot', undefined, 'https://api.moonshot.ai/anthropic/v1/messages'],
    ['moonshot', 'https://api.moonshot.cn/v1/', 'https://api.moonshot.cn/anthropic/v1/messages'],
    ['zai', undefined, 'https://api.z.ai/api/anthropic/v1/messages'],
    ['minimax', undefined, 'https://api.minimax.io/anthropic/v1/messages'],
    ['openrouter', undefined, 'https://openrouter.ai/api/v1/messages'],
    ['vercel_ai_gateway', undefined, 'https://ai-gateway.vercel.sh/v1/messages'],
    ['github_copilot', undefined, 'https://api.githubcopilot.com/v1/messages'],
  ])('%s at %s takes the messages of who speaks them at %s', (provider, apiBase, url) => {
    expect(spoken(provider, 'm', 'anthropic', apiBase)).toMatchObject({ dialect: 'anthropic', url })
  })

  it.each([
    ['groq', 'https://api.groq.com/openai/v1/responses'],
    ['xai', 'https://api.x.ai/v1/responses'],
    ['openrouter', 'https://openrouter.ai/api/v1/responses'],
    ['huggingface', 'https://router.huggingface.co/v1/responses'],
  ])('%s takes responses of who speaks them at %s', (provider, url) => {
    expect(spoken(provider, 'grok-4', 'responses')).toMatchObject({ dialect: 'responses', url })
  })

  it('is spoken to in its own dialect by everybody else', () => {
    expect(spoken('moonshot', 'm', 'openai').dialect).toBe('openai')
    expect(spoken('groq', 'm', 'anthropic').dialect).toBe('openai')
    expect(spoken('cohere', 'm', 'anthropic').dialect).toBe('cohere')
  })

  it('has models with one way alone, and a key that travels as they want it', () => {
    expect(spoken('opencode', 'claude-sonnet-5', 'openai')).toMatchObject({
      dialect: 'anthropic',
      url: 'https://opencode.ai/zen/v1/messages',
      headers: { 'x-api-key': 'KEY' },
    })
    expect(spoken('opencode', 'gpt-5.5', 'anthropic')).toMatchObject({
      dialect: 'responses',
      headers: { authorization: 'Bearer KEY' },
    })
    expect(spoken('opencode', 'gemini-3.5-flash', 'openai')).toMatchObject({
      dialect: 'gemini',
      url: 'https://opencode.ai/zen/v1/models/gemini-3.5-flash:generateContent',
      headers: { 'x-goog-api-key': 'KEY' },
    })
    expect(spoken('opencode', 'glm-5', 'openai').url).toBe('https://opencode.ai/zen/v1/chat/completions')
    expect(spoken('azure_ai', 'claude-opus-4-5', 'openai', 'https://r.services.ai.azure.com/models')).toMatchObject({
      dialect: 'anthropic',
      url: 'https://r.services.ai.azure.com/anthropic/v1/messages',
    })
  })
})

describe('models that differ from their host', () => {
  it.each([
    ['moonshot', 'kimi-k2.6', { reasoningRequest: 'thinking_type' }],
    ['moonshot', 'kimi-k3', { reasoningRequest: 'effort', effortValues: ['low', 'high', 'max'] }],
    ['zai', 'glm-4.7', { reasoningRequest: 'thinking_type', reasoningHistory: 'keep' }],
    ['zai', 'glm-5.2', { reasoningRequest: 'thinking_effort', reasoningHistory: 'keep' }],
    ['zai', 'glm-5.3-flash', { reasoningRequest: 'thinking_effort', effortValues: ['low', 'high', 'max'] }],
    ['zhipuai', 'glm-5.3', { reasoningRequest: 'thinking_effort', effortValues: ['low', 'high', 'max'] }],
    ['mistral', 'magistral-medium-2509', { reasoningRequest: 'prompt_mode', toolChoiceRequired: 'any' }],
    ['groq', 'openai/gpt-oss-120b', { effortValues: ['low', 'medium', 'high'], strictFields: true }],
    ['groq', 'qwen/qwen3-32b', { effortValues: ['none', 'default'] }],
    ['xai', 'grok-4.3', { refusedParams: ['stop', 'presence_penalty', 'frequency_penalty'] }],
  ])('%s/%s: %j', (provider, model, flags) => {
    expect(spoken(provider, model, 'openai').flags).toMatchObject(flags)
    expect(spoken(provider, model, 'openai').dialect).toBe('openai')
  })

  it.each(['deepseek-v4-pro', 'deepseek-reasoner', 'deepseek-chat'])('deepseek/%s: as all of its host', (model) => {
    const flags = { reasoningHistory: 'require', reasoningRequest: 'thinking_effort' }
    expect(spoken('deepseek', model, 'openai').flags).toMatchObject(flags)
  })

  it('are told apart by the whole of their names', () => {
    expect(spoken('xai', 'grok-4-fast-non-reasoning', 'openai').flags.refusedParams).toBeUndefined()
    expect(spoken('mistral', 'mistral-large-2512', 'openai').flags.reasoningRequest).toBeUndefined()
  })
})

it('writes models into paths where they stand there', () => {
  const { url } = address(deployment('fireworks_ai', 'm'), {
    kind: 'images',
    model: 'accounts/fireworks/models/flux-1 dev',
    key: 'KEY',
  })

  expect(url).toBe(
    'https://api.fireworks.ai/inference/v1/workflows/accounts/fireworks/models/flux-1%20dev/text_to_image',
  )
})
