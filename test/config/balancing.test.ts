import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'
import { defaultRouting } from '../../lib/core/routing.ts'

const model = (params = '', info = '') =>
  `model_list: [{ model_name: m, litellm_params: { model: openai/gpt-4o${params} }, model_info: { id: d${info} } }]\n`
const load = (text: string) => loadConfig(text, { file: 'config.yaml' })
const routing = (text: string) => load(model() + text).config?.routing
const own = (params: string, info = '') => load(model(params, info)).config?.deployments[0]
const problems = (text: string) =>
  load(text).problems.map(({ severity, key, message }) => `${severity} ${key} ${message}`)

describe('the settings of routing', () => {
  it("are LiteLLM's where nothing is written", () => {
    expect(routing('')).toEqual(defaultRouting)
    expect(defaultRouting).toMatchObject({ strategy: 'simple-shuffle', cooldownMs: 5000, disableCooldowns: false })
  })

  it.each([
    'simple-shuffle',
    'least-busy',
    'latency-based-routing',
    'usage-based-routing',
    'usage-based-routing-v2',
    'cost-based-routing',
  ])('take the strategy %s', (strategy) => {
    expect(routing(`router_settings: { routing_strategy: ${strategy} }`)).toMatchObject({ strategy })
  })

  it('refuse another strategy, and name those that there are', () => {
    const { problems } = load(`${model()}router_settings: { routing_strategy: fastest }`)

    expect(problems).toMatchObject([{ severity: 'error', key: 'router_settings.routing_strategy', value: 'fastest' }])
    expect(problems[0]?.remedy).toContain('latency-based-routing')
  })

  it('take the arguments of latency-based routing, and say which others have no effect', () => {
    const text = 'router_settings: { routing_strategy_args: { ttl: 60, lowest_latency_buffer: 0.5, rpm: 3 } }'

    expect(routing(text)).toMatchObject({ latencyTtlMs: 60_000, latencyBuffer: 0.5 })
    expect(problems(model() + text)).toEqual(['warning router_settings.routing_strategy_args.rpm has no effect here'])
  })

  it('take the breaker from either section, router_settings first', () => {
    const text = [
      'litellm_settings: { allowed_fails: 5, cooldown_time: 30 }',
      'router_settings: { cooldown_time: 60, disable_cooldowns: true, allowed_fails_policy: { TimeoutErrorAllowedFails: 2 } }',
    ].join('\n')

    expect(routing(text)).toMatchObject({
      allowedFails: 5,
      cooldownMs: 60_000,
      disableCooldowns: true,
      allowedFailsPolicy: { timeout: 2 },
    })
  })

  it("leave the rules as they are where allowed_fails is LiteLLM's default", () => {
    expect(routing('router_settings: { allowed_fails: 3 }')).toEqual(defaultRouting)
  })

  it('name what is wrong in a policy', () => {
    const policy = 'BadRequestErrorAllowedFails: 1, TimeoutErrorAllowedFails: few, OtherAllowedFails: 1'

    expect(problems(`${model()}router_settings: { allowed_fails_policy: { ${policy} } }`).toSorted()).toEqual([
      'error router_settings.allowed_fails_policy.OtherAllowedFails unknown kind of failure',
      'error router_settings.allowed_fails_policy.TimeoutErrorAllowedFails not a whole number of failures',
      'warning router_settings.allowed_fails_policy.BadRequestErrorAllowedFails has no effect',
    ])
  })
})

describe('a deployment', () => {
  it('has breaker settings of its own in litellm_params or model_info, which are not sent to the provider', () => {
    expect(own(', cooldown_time: 7', ', allowed_fails: 4, cooldown_time: 1')).toMatchObject({
      cooldownMs: 7000,
      allowedFails: 4,
      params: {},
    })
    expect(own('', ', allowed_fails_policy: { RateLimitErrorAllowedFails: 1 }')).toMatchObject({
      allowedFailsPolicy: { rate_limit: 1 },
    })
  })

  it.each([
    [', hedge: true', 'p95'],
    [', hedge_after: p95', 'p95'],
    [', hedge_after: 1.5', 1500],
    [', hedge: true, hedge_after: 2', 2000],
    [', hedge: false, hedge_after: 2', undefined],
    ['', undefined],
  ])('is hedged as it says: "%s"', (params, expected) => {
    expect(own(params)?.hedgeAfter).toBe(expected)
    expect(own(params)?.params).toEqual({})
  })

  it('cannot be hedged after what is no time', () => {
    expect(problems(model(', hedge_after: p99'))).toEqual([
      'error model_list[0].litellm_params.hedge_after not a number of seconds',
    ])
  })
})
