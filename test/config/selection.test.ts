import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'
import { defaultCanary } from '../../lib/core/canary.ts'

const entry = (name: string, params = '', model = 'openai/m') => `
  - model_name: ${name}
    litellm_params:
      model: ${model}
      api_key: k
${params ? params.replace(/^/gm, '      ') : ''}`
const load = (models: string[], rest = '') => {
  const { config, problems } = loadConfig(`model_list:${models.join('')}\n${rest}`, { file: 'c.yaml' })
  return { config, said: problems.map(({ severity, key, message }) => `${severity} ${key} ${message}`) }
}

describe('keys that choose among deployments', () => {
  it('are read from a deployment', () => {
    const { config, said } = load([
      entry('a', 'tags: [free]\nregion_name: EU\ncanary: 0.05\nsilent_model: b\nsilent_sample_rate: 0.1'),
      entry('a'),
      entry('b'),
    ])

    expect(said).toEqual([])
    expect(config?.deployments[0]).toMatchObject({
      tags: ['free'],
      region: 'eu',
      canary: 0.05,
      shadow: { model: 'b', share: 0.1 },
    })
    expect(config?.deployments[0]?.params).toEqual({})
  })

  it('copy every request where no rate is said, as LiteLLM does', () => {
    expect(load([entry('a', 'silent_model: b'), entry('b')]).config?.deployments[0]?.shadow?.share).toBe(1)
  })

  it('are read from the settings', () => {
    const settings = `router_settings:
  enable_tag_filtering: true
  tag_filtering_match_any: false
  enable_pre_call_checks: true
  canary: { sticky_by: X-Session, max_error_increase: 0.1, max_latency_ratio: 2, min_calls: 10, window: 60 }`
    const { config, said } = load([entry('a')], settings)

    expect(said).toEqual([])
    expect(config).toMatchObject({
      tagFiltering: 'all',
      preCallChecks: true,
      canary: {
        stickyBy: { header: 'x-session' },
        maxErrorIncrease: 0.1,
        maxLatencyRatio: 2,
        minCalls: 10,
        windowMs: 60_000,
      },
    })
  })

  it('do nothing where they are switched off or left out', () => {
    const { config } = load([entry('a')], 'router_settings: { enable_tag_filtering: false, canary: {} }')

    expect([config?.tagFiltering, config?.preCallChecks]).toEqual([undefined, undefined])
    expect(config?.canary).toEqual(defaultCanary)
  })

  it('find the region in an address or a model, unless it is global', () => {
    const region = (params: string, model: string) => load([entry('a', params, model)]).config?.deployments[0]?.region

    expect(region('aws_region_name: eu-west-1', 'bedrock/amazon.nova-lite-v1:0')).toBe('eu-west-1')
    expect(region('aws_region_name: eu-west-1', 'bedrock/us.amazon.nova-lite-v1:0')).toBe('us')
    expect(region('aws_region_name: eu-west-1', 'bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0')).toBe(
      undefined,
    )
    expect(region('', 'openai/gpt-4o')).toBe(undefined)
  })
})

it.each<[string, string[], string, string]>([
  [
    'a share above 1',
    [entry('a', 'canary: 5'), entry('a')],
    '',
    'error model_list[0].litellm_params.canary is more than 1',
  ],
  [
    'shares that add up to more than 1',
    [entry('a', 'canary: 0.6'), entry('a', 'canary: 0.6'), entry('a')],
    '',
    'error model_list the canaries of a get 1.2 of its traffic',
  ],
  [
    'a canary without a baseline',
    [entry('a', 'canary: 0.5')],
    '',
    'error model_list a has canaries alone, and nobody to serve the rest of its traffic',
  ],
  ['copies for nobody', [entry('a', 'silent_model: b\nid: x')], '', 'which no model is named'],
  [
    'a rate without a model',
    [entry('a', 'silent_sample_rate: 0.5')],
    '',
    'warning model_list[0].litellm_params.silent_sample_rate has no effect',
  ],
  [
    'an unknown key of canary',
    [entry('a')],
    'router_settings: { canary: { sticky: key } }',
    'error router_settings.canary.sticky unknown setting',
  ],
  [
    'a ratio below 1',
    [entry('a')],
    'router_settings: { canary: { max_latency_ratio: 0.5 } }',
    'error router_settings.canary.max_latency_ratio must be 1 or more',
  ],
  [
    'an increase above 1',
    [entry('a')],
    'router_settings: { canary: { max_error_increase: 5 } }',
    'error router_settings.canary.max_error_increase is more than 1',
  ],
])('says what is wrong with %s', (_, models, rest, words) => {
  expect(load(models, rest).said.join('\n')).toContain(words)
})
