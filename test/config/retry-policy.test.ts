import { expect, it } from 'vitest'
import { loadConfig, printProblem } from '../../lib/config/load.ts'

const model = `model_list:
  - model_name: a
    litellm_params: { model: openai/gpt-4o, stream_recovery: continue }
    model_info: { supports_assistant_prefill: true }
  - model_name: b
    litellm_params: { model: openai/gpt-4o-mini, stream_recovery: hold, supports_assistant_prefill: "false" }
`
const load = (more: string) => loadConfig(model + more, { file: 'config.yaml' })

it('reads policies for all groups and for one, in either section, as LiteLLM names them', () => {
  const { config, problems } = load(`router_settings:
  retry_policy: { TimeoutErrorRetries: 1, RateLimitErrorRetries: "3", DefaultRetries: 0 }
litellm_settings:
  model_group_retry_policy:
    a: { BadRequestErrorRetries: 2, ServiceUnavailableErrorRetries: 4 }
`)

  expect(problems.map(printProblem)).toEqual([])
  expect(config?.retryPolicy).toEqual({ timeout: 1, rate_limit: 3, default: 0 })
  expect(config?.groupRetryPolicies).toEqual({ a: { bad_request: 2, unavailable: 4 } })
})

it('names what is wrong in one, and what was meant', () => {
  const { problems } = load(`router_settings:
  retry_policy: { TimeoutErrorRetires: 1, RateLimitErrorRetries: many }
`)

  expect(problems.map(printProblem).join('\n')).toMatch(
    /did you mean TimeoutErrorRetries[^]*not a whole number of retries/,
  )
})

it('reads what becomes of streams that break off: of the gateway, of a model', () => {
  const { config, problems } = load(`general_settings:
  stream_recovery: hold
  stream_heartbeat: 0
  hold_heartbeat_after: 40
`)

  expect(problems.map(printProblem)).toEqual([])
  expect(config).toMatchObject({ streamRecovery: 'hold', heartbeatMs: 0, holdHeartbeatMs: 40_000 })
  expect(config?.deployments).toMatchObject([
    { streamRecovery: 'continue', acceptsPrefill: true },
    { streamRecovery: 'hold', acceptsPrefill: false },
  ])
})

it('has safe defaults, and refuses a word it does not know', () => {
  expect(load('').config).toMatchObject({ streamRecovery: 'error', heartbeatMs: 15_000, holdHeartbeatMs: 25_000 })
  expect(load('general_settings: { stream_recovery: retry }\n').problems.map(printProblem).join()).toMatch(
    /error, continue, hold/,
  )
})
