import { expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'
import { secretNames, secretValue } from '../../lib/config/secrets.ts'

const text = `
model_list:
  - { model_name: a, litellm_params: { model: openai/a, api_key: os.environ/MY_KEY } }
  - { model_name: b, litellm_params: { model: openai/b } }
  - { model_name: c, litellm_params: { model: azure/c, api_base: os.environ/MY_BASE, api_key: written } }
  - { model_name: d, litellm_params: { model: ollama/d } }
  - { model_name: e, litellm_params: { model: anthropic/e } }
general_settings: { master_key: os.environ/MASTER, alerting: [slack] }
environment_variables: { ANTHROPIC_API_KEY: os.environ/ELSEWHERE, OTHER: text }
`

it('lists every name that a value has to be found for, once, and no value', () => {
  const { config } = loadConfig(text, { file: 'config.yaml' })

  expect(config && secretNames(config)).toEqual([
    'ELSEWHERE',
    'MASTER',
    'MY_BASE',
    'MY_KEY',
    'OPENAI_API_KEY',
    'SLACK_WEBHOOK_URL',
  ])
})

const get = async (name: string) => (name === 'A' ? 'one' : undefined)

it('asks for a name, and takes a written value as it is', async () => {
  expect(await secretValue({ env: 'A' }, get)).toBe('one')
  expect(await secretValue({ env: 'B' }, get)).toBeUndefined()
  expect(await secretValue({ value: 'written' }, get)).toBe('written')
})
