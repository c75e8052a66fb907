import { expect, it } from 'vitest'
import { loadConfig, printProblem } from '../../lib/config/load.ts'

const load = (params: string, info = '') =>
  loadConfig(`model_list: [{ model_name: m, litellm_params: { ${params} }, model_info: { ${info} } }]`, {
    file: 'config.yaml',
  })

it('brings the prices along of models that a provider’s models may ask, once, and of no others', () => {
  const { config } = load('model: anthropic/claude-sonnet-4-6')
  const { anthropic = {}, ...others } = config?.askedModels ?? {}

  expect(others).toEqual({})
  expect(anthropic['claude-opus-4-7']?.price).toMatchObject({ input: 5e6, output: 25e6 })
  expect(Object.keys(anthropic).filter((name) => /claude-(?:2|3|v1)/.test(name))).toEqual([])
})

it('brings none along where no model asks another', () => {
  expect(load('model: openai/gpt-4o').config).not.toHaveProperty('askedModels')
})

it.each([
  ['supports_web_search: true', true],
  ['supports_web_search: "true"', true],
  ['supports_web_search: false', undefined],
  ['', undefined],
])('reads whether a model searches for clients of any tongue (%s)', (info, webSearch) => {
  const { config, problems } = load('model: anthropic/claude-sonnet-4-6', info)

  expect(problems.map(printProblem)).toEqual([])
  expect(config?.deployments[0]?.webSearch).toBe(webSearch)
})
