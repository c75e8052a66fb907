import type { Config } from '../../lib/core/config.ts'

/** What is printed once the server answers: where it is, what it serves, and the two calls that a newcomer makes first. */
export function greeting(options: { url: string; config: Config; masterKey: { value: string; from: string } }): string {
  const { url, config, masterKey } = options
  const models = [...new Set([...config.deployments.map(({ group }) => group), ...Object.keys(config.aliases)])]
  const example = models.find((name) => !name.includes('*')) ?? 'MODEL'
  const json = "-H 'content-type: application/json'"
  return `
Purser is ready:  ${url}
Base URL:         ${url}/v1   (for any OpenAI SDK)
Models:           ${models.join(', ') || 'none; add some to model_list in the config'}
Master key:       ${masterKey.from}

Make a key with a budget of $10 a month:
  curl -s ${url}/key/generate -H 'authorization: Bearer ${masterKey.value}' ${json} -d '{"max_budget": 10, "budget_duration": "1mo"}'

Call a model with it:
  curl -s ${url}/v1/chat/completions -H 'authorization: Bearer KEY' ${json} -d '{"model": "${example}", "messages": [{"role": "user", "content": "Hello"}]}'
`
}
