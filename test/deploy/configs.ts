import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './places.ts'

/** One token of an answer costs a tenth of a cent, so that a few calls empty a budget. */
const model = (name: string, upstreamUrl: string): string => `
  - model_name: "${name}"
    litellm_params:
      model: openai/${name}
      api_base: ${upstreamUrl}/v1
      api_key: os.environ/UPSTREAM_KEY
      input_cost_per_token: 0.00001
      output_cost_per_token: 0.001`

/** A group with a deployment on trial, under an id that scenarios know. */
const trial = (upstreamUrl: string): string =>
  `${model('tried', upstreamUrl)}${model('tried', upstreamUrl)}
      canary: 0.1
    model_info:
      id: the-canary`

/** One that seals its reasoning. */
const thinker = (upstreamUrl: string): string => `
  - model_name: thinker
    litellm_params:
      model: anthropic/agent,rounds=1
      api_base: ${upstreamUrl}
      api_key: os.environ/UPSTREAM_KEY
      input_cost_per_token: 0.00001
      output_cost_per_token: 0.0001`

/** Writes the config with these models, and gives its path. */
export function writeConfig(name: string, upstreamUrl: string, models: readonly string[]): string {
  const file = join(run, `${name}.yaml`)
  const text = `model_list:${models.map((one) => model(one, upstreamUrl)).join('')}${trial(upstreamUrl)}${thinker(upstreamUrl)}
litellm_settings:
  num_retries: 0
  max_budget: 1000
  budget_duration: 1mo
router_settings:
  routing_strategy: least-busy
`
  writeFileSync(file, text)
  return file
}
