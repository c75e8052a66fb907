import { describe, expect, it } from 'vitest'
import { address } from '../../lib/providers/address.ts'
import { providerOf } from '../../lib/providers/rows.ts'
import { type Need, speechOf } from '../../lib/providers/speech-of.ts'
import { deployment } from '../support/configuration.ts'

const chat: Need = { client: 'openai', reasonedTools: false }

function spoken(
  model: string,
  need: Partial<Need> = {},
  more: Parameters<typeof deployment>[0] = { group: 'g' },
): string {
  const own = deployment(more)
  const provider = providerOf(own.provider)
  return provider ? speechOf(provider, own, { model, need: { ...chat, ...need } }).dialect : 'no row'
}

describe.each(['openai', 'azure'])('%s is spoken to', (provider) => {
  const own = { group: 'g', provider }

  it.each<[string, Partial<Need>, string]>([
    ['gpt-4o', { tools: true, reasonedTools: true }, 'openai'],
    ['gpt-5', { tools: true, reasonedTools: true }, 'openai'],
    ['gpt-5.4', { tools: true }, 'openai'],
    ['gpt-5.4-mini', { tools: true, reasonedTools: true }, 'responses'],
    ['gpt-5.6', {}, 'openai'],
    ['gpt-5.6', { tools: true }, 'responses'],
    ['gpt-5.6', { client: 'anthropic', tools: true }, 'responses'],
    ['gpt-5-pro', {}, 'responses'],
    ['gpt-5.1-codex-max', {}, 'responses'],
    ['o3-deep-research', {}, 'responses'],
    ['o3', { tools: true }, 'openai'],
    ['gpt-4o', { client: 'responses' }, 'responses'],
  ])('for %s and %j in %s', (model, need, dialect) => {
    expect(spoken(model, need, own)).toBe(dialect)
  })

  it('as its deployment says', () => {
    expect(spoken('gpt-4o', {}, { ...own, dialect: 'responses' })).toBe('responses')
    expect(spoken('gpt-5.6', { tools: true }, { ...own, dialect: 'openai' })).toBe('openai')
  })
})

it.each([
  [{ apiVersion: '2025-04-01-preview' }, 'https://r.openai.azure.com/openai/responses?api-version=2025-04-01-preview'],
  [{ apiVersion: 'v1' }, 'https://r.openai.azure.com/openai/v1/responses'],
])('Azure has the endpoint beside its deployments (%j)', (version, url) => {
  const found = address(deployment({ group: 'g', provider: 'azure', ...version }), {
    kind: 'chat',
    model: 'my-deployment',
    chatPath: '/responses',
    apiBase: 'https://r.openai.azure.com',
    key: 'k',
  })

  expect(found.url).toBe(url)
})
