import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'
import type { Config } from '../../lib/core/config.ts'

const fixture = (name: string) => readFileSync(new URL(`../fixtures/config/${name}`, import.meta.url), 'utf8')

/** The config of a text that must have no error. */
function loaded(text: string, env: Record<string, string> = {}): { config: Config; warnings: string[] } {
  const { config, problems } = loadConfig(text, { file: 'config.yaml', env })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  if (!config) throw new Error('no config')
  return { config, warnings: problems.map(({ key }) => key) }
}
const only = (params: string, more = '') =>
  loaded(`model_list: [{ model_name: m, litellm_params: { ${params} } ${more} }]`).config.deployments[0]

describe("the three-model example of LiteLLM's documentation", () => {
  const { config, warnings } = loaded(fixture('litellm-three-models.yaml'))

  it('loads unchanged, without a warning', () => {
    expect(warnings).toEqual([])
    expect(config.deployments.map(({ group, provider, model }) => [group, provider, model])).toEqual([
      ['gpt-4o-mini', 'openai', 'gpt-4o-mini'],
      ['claude-3-5-sonnet', 'anthropic', 'claude-3-5-sonnet-20241022'],
      ['llama3.1', 'ollama', 'llama3.1'],
    ])
  })

  it('keeps keys as names, and reads none while loading', () => {
    expect(config.deployments.map(({ apiKey, apiBase }) => apiKey ?? apiBase)).toEqual([
      { env: 'OPENAI_API_KEY' },
      { env: 'ANTHROPIC_API_KEY' },
      { value: 'http://localhost:11434' },
    ])
  })

  it('has the defaults that the documentation promises', () => {
    expect(config).toMatchObject({
      connectTimeoutMs: 10_000,
      timeoutMs: 600_000,
      streamTimeoutMs: 60_000,
      idleTimeoutMs: 60_000,
      totalTimeoutMs: 900_000,
      retries: 2,
      retryAfterMs: 0,
      maxFallbacks: 5,
      dropParams: false,
      budgetWaitMs: 2000,
      clampFloorTokens: 64,
      defaultMaxOutputTokens: 4096,
      alertThresholds: [],
      orphanedHolds: 'keep',
      unknownUsage: 'received',
      trackEveryAttempt: false,
      maxRequestBytes: 32 * 1024 * 1024,
      timeZone: 'UTC',
      cors: { origins: ['*'] },
    })
    expect(config).not.toHaveProperty('globalBudget')
    expect(config).not.toHaveProperty('masterKey')
  })
})

it('loads the example that the repository starts with, without a warning', () => {
  const { warnings } = loaded(readFileSync(new URL('../../config.yaml', import.meta.url), 'utf8'))

  expect(warnings).toEqual([])
})

describe('a config as it is found in the wild', () => {
  const { config, warnings } = loaded(fixture('wild.yaml'), { TEAM: 'red' })
  const [eu, us, orgA, orgB, wildcard, claude, local, embeddings] = config.deployments

  it('reads numbers written as texts, and references in values that are no secrets', () => {
    expect(eu).toMatchObject({ id: 'azure-eu', rpm: 900, timeoutMs: 300_000, streamTimeoutMs: 20_000 })
    expect(config.maxRequestBytes).toBe(10 * 1024 * 1024)
  })

  it('keeps a date in api_version a text', () => {
    expect(eu?.apiVersion).toBe('2024-10-21')
  })

  it('merges YAML anchors and shared credentials, the entry winning, and takes an Entra token as a bearer', () => {
    expect(us).toMatchObject({
      model: 'gpt-4o-us',
      apiBase: { value: 'https://us.openai.azure.com/' },
      apiKey: { env: 'AZURE_AD_TOKEN' },
      auth: 'bearer',
      apiVersion: '2024-10-21',
      rpm: 900,
      tpm: 100_000,
      order: 2,
    })
  })

  it('makes one deployment per organization, each with an id of its own', () => {
    expect([orgA?.organization, orgB?.organization]).toEqual(['org-a', 'org-b'])
    expect(orgA?.id).not.toBe(orgB?.id)
  })

  it('sends what is not a setting as a default request parameter', () => {
    expect(orgA?.params).toEqual({ temperature: 0.2, max_tokens: 256, logit_bias: { '50256': -100 } })
    expect(orgA).toMatchObject({
      headers: { 'X-Team': 'red', 'X-Number': '7' },
      retries: 1,
      dropParams: true,
      additionalDropParams: ['seed'],
    })
  })

  it('takes a key from environment_variables where the entry has none', () => {
    expect(orgA?.apiKey).toEqual({ value: 'sk-from-the-file' })
    expect(config.slackWebhook).toEqual({ env: 'ALERTS_URL' })
  })

  it('knows the provider by prefix, by the name alone, and by custom_llm_provider', () => {
    expect([wildcard, claude, local].map((d) => [d?.provider, d?.model])).toEqual([
      ['anthropic', '*'],
      ['anthropic', 'claude-sonnet-4-5'],
      ['hosted_vllm', 'meta-llama/Llama-3.1-8B-Instruct'],
    ])
  })

  it('reads limits and the kind of the model from model_info, and keeps the rest of it', () => {
    expect(local?.maxOutputTokens).toBe(8192)
    expect(embeddings?.mode).toBe('embedding')
    expect(eu).toMatchObject({ baseModel: 'azure/gpt-4o', info: { supports_vision: true } })
  })

  it('lets router_settings win where both sections have a knob', () => {
    expect(config).toMatchObject({ retries: 3, retryAfterMs: 1000, timeoutMs: 240_000, dropParams: true })
    expect(config.fallbacks).toEqual({ 'gpt-4o': ['claude', 'anthropic/claude-opus-4-5'], '*': ['gpt-3.5-turbo'] })
    expect(config.contextWindowFallbacks).toEqual({ 'gpt-3.5-turbo': ['gpt-4o', 'claude'] })
    expect(config.defaultFallbacks).toEqual(['azure-eu'])
  })

  it('reads aliases of both forms', () => {
    expect(config.aliases).toEqual({
      'gpt-4': { model: 'gpt-4o', hidden: false },
      'hidden-gpt': { model: 'gpt-4o', hidden: true },
    })
  })

  it('reads budgets, alerts and our own settings', () => {
    expect(config).toMatchObject({
      globalBudget: { limit: 100_000_000_000, duration: '30d' },
      timeZone: 'Europe/Berlin',
      masterKey: { env: 'LITELLM_MASTER_KEY' },
      alertThresholds: [50, 80, 95],
      budgetWaitMs: 0,
      orphanedHolds: 'release',
      unknownUsage: 'worst_case',
      trackEveryAttempt: true,
      cors: { origins: ['https://app.example.com'] },
      defaultKeyParams: { max_budget: 5 },
      upperboundKeyParams: { max_budget: 100, budget_duration: '30d' },
    })
  })

  it('names what is understood and not done, and leaves out kinds of models that are not served', () => {
    expect(warnings).toEqual(
      expect.arrayContaining([
        'model_list[8].model_info.mode',
        'litellm_settings.cache',
        'litellm_settings.callbacks[0]',
        'router_settings.redis_host',
        'general_settings.database_url',
        'guardrails',
      ]),
    )
    expect(config.deployments.map(({ group }) => group)).not.toContain('films')
    expect(config.deployments.find(({ group }) => group === 'pictures')?.mode).toBe('image_generation')
  })
})

const id = (text: string) => only(text)?.id

describe('the id of a deployment', () => {
  it('is the same for the same entry, and another for another', () => {
    expect(id('model: openai/gpt-4o')).toBe(id('model: openai/gpt-4o'))
    expect(id('model: openai/gpt-4o')).not.toBe(id('model: openai/gpt-4o, rpm: 5'))
  })

  it('tells equal entries apart', () => {
    const entry = '{ model_name: m, litellm_params: { model: openai/gpt-4o } }'
    const ids = loaded(`model_list: [${entry}, ${entry}]`).config.deployments.map((d) => d.id)

    expect(new Set(ids).size).toBe(2)
  })
})

it('asks for a request to live at least as long as its longest attempt may', () => {
  const { config } = loaded(
    'model_list: [{ model_name: m, litellm_params: { model: openai/gpt-4o, timeout: 1800 } }]\nlitellm_settings: { request_timeout: 1200 }',
  )

  expect([config.timeoutMs, config.totalTimeoutMs]).toEqual([1_200_000, 1_800_000])
})

it("looks for Azure's address and version where LiteLLM does", () => {
  const { config } = loaded('model_list: [{ model_name: m, litellm_params: { model: azure/d } }]', {
    AZURE_API_VERSION: '2025-01-01-preview',
  })

  expect(config.deployments[0]).toMatchObject({
    apiBase: { env: 'AZURE_API_BASE' },
    apiVersion: '2025-01-01-preview',
  })
})

it('sends alerts to the variable that LiteLLM reads, where Slack is asked for', () => {
  const base = 'model_list: [{ model_name: m, litellm_params: { model: openai/gpt-4o } }]\ngeneral_settings: '

  expect(loaded(`${base}{ alerting: [slack] }`).config.slackWebhook).toEqual({ env: 'SLACK_WEBHOOK_URL' })
  expect(
    loaded(`${base}{ alert_to_webhook_url: { budget_alerts: os.environ/BUDGET_HOOK } }`).config.slackWebhook,
  ).toEqual({ env: 'BUDGET_HOOK' })
  expect(loaded(`${base}{}`).config.slackWebhook).toBeUndefined()
})

it('sends reports elsewhere, more seldom or not at all, as LiteLLM is told to', () => {
  const base = 'model_list: [{ model_name: m, litellm_params: { model: openai/gpt-4o } }]\ngeneral_settings: '
  const urls = '{ budget_alerts: [os.environ/A], spend_reports: os.environ/B }'

  expect(loaded(`${base}{ alert_to_webhook_url: ${urls} }`).config).toMatchObject({
    slackWebhook: { env: 'A' },
    reportWebhook: { env: 'B' },
  })
  expect(loaded(`${base}{ alerting: [slack, webhook] }`).config).toMatchObject({
    slackWebhook: { env: 'SLACK_WEBHOOK_URL' },
    alertWebhook: { env: 'WEBHOOK_URL' },
  })
  expect(loaded(`${base}{}`).config.report).toBeUndefined()
  expect(loaded(`${base}{ spend_report_frequency: 30d }`).config.report).toBe('monthly')
  expect(loaded(`${base}{ alert_types: [budget_alerts] }`).config.report).toBe('off')
  expect(loaded(`${base}{ alert_types: [budget_alerts, spend_reports] }`).config.report).toBeUndefined()
  expect(loaded(`${base}{ spend_report_frequency: 1d }`).warnings).toEqual(['general_settings.spend_report_frequency'])
})

it('reads a model_info that is indented too far, and says so', () => {
  const { config, warnings } = loaded(
    'model_list: [{ model_name: m, litellm_params: { model: openai/gpt-4o, model_info: { id: mine } } }]',
  )

  expect(config.deployments[0]).toMatchObject({ id: 'mine', params: {} })
  expect(warnings).toEqual(['model_list[0].litellm_params.model_info'])
})

it('warns of a request parameter that looks like a slip of the pen', () => {
  const { config, warnings } = loaded(
    'model_list: [{ model_name: m, litellm_params: { model: openai/gpt-4o, api_bse: x, top_p: 1, seed: 2 } }]',
  )

  expect(warnings).toEqual(['model_list[0].litellm_params.api_bse'])
  expect(config.deployments[0]?.params).toEqual({ api_bse: 'x', top_p: 1, seed: 2 })
})

it('leaves out a deployment that is blocked', () => {
  expect(only('model: openai/gpt-4o', ', model_info: { blocked: true }')).toBeUndefined()
})
