import { expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'

const loaded = (text: string) => loadConfig(text, { file: 'config.yaml', env: {} })
const entry = (model: string, more = '') =>
  `model_list: [{ model_name: m, litellm_params: { model: ${model} } ${more} }]`

it.each([
  ['openai/responses/gpt-4o', '', 'gpt-4o', 'responses'],
  ['openai/gpt-4o', ', model_info: { mode: responses }', 'gpt-4o', 'responses'],
  ['openai/gpt-4o', '', 'gpt-4o', undefined],
  ['azure/o_series/mine', '', 'mine', undefined],
])('%s%s is model %s, spoken to in %s', (model, more, name, dialect) => {
  const [deployment] = loaded(entry(model, more)).config?.deployments ?? []

  expect([deployment?.model, deployment?.dialect]).toEqual([name, dialect])
})

it('keeps responses unless it is told not to', () => {
  const of = (value: string) => loaded(`${entry('openai/gpt-4o')}\ngeneral_settings: { store_responses: ${value} }`)

  expect([of('false').config?.storeResponses, of('true').config?.storeResponses]).toEqual([false, undefined])
  expect(of('maybe').problems).toMatchObject([
    { severity: 'error', key: expect.stringContaining('store_responses') as string },
  ])
})

it('fetches media for providers unless it is told not to', () => {
  const of = (value: string) => loaded(`${entry('openai/gpt-4o')}\ngeneral_settings: { fetch_media: ${value} }`)

  expect([of('false').config?.fetchMedia, of('true').config?.fetchMedia]).toEqual([false, undefined])
  expect(of('maybe').problems).toMatchObject([
    { severity: 'error', key: expect.stringContaining('fetch_media') as string },
  ])
})
