import { describe, expect, it } from 'vitest'
import { providerOf, providerOfModel, providers } from '../../lib/providers/rows.ts'

describe('the rows', () => {
  it.each([
    'openai',
    'azure',
    'anthropic',
    'ollama',
    'ollama_chat',
    'hosted_vllm',
    'lm_studio',
    'litellm_proxy',
    'custom_openai',
  ])('have %s', (id) => {
    expect(providerOf(id)).toMatchObject({ id })
  })

  it('have every id once, a base that is a URL, and paths that start with a slash', () => {
    expect(new Set(providers.map(({ id }) => id)).size).toBe(providers.length)
    for (const { baseUrl, paths } of providers) {
      if (baseUrl !== undefined) expect(URL.canParse(baseUrl.replaceAll(/[{}]/g, ''))).toBe(true)
      expect(Object.values(paths).filter((path) => !/^(?:\/\.\.)*\/[\w{]/.test(path))).toEqual([])
    }
  })

  it.each(['ollama', 'ollama_openai', 'lm_studio'])('say of %s that it reads no addresses of images', (id) => {
    expect(providerOf(id)?.flags.imageBytes).toBe(true)
  })

  it('say the same of the other endpoint of a server that speaks two', () => {
    expect(providerOf('ollama_chat')?.also?.map(({ flags }) => flags.imageBytes)).toEqual([true])
  })

  it('know no other provider', () => {
    expect(providerOf('nobody')).toBeUndefined()
    expect(providerOf('constructor')).toBeUndefined()
  })
})

it.each([
  ['gpt-4o', 'openai'],
  ['o3-mini', 'openai'],
  ['o1', 'openai'],
  ['text-embedding-3-small', 'openai'],
  ['ft:gpt-4o-2024-08-06:org::x', 'openai'],
  ['claude-sonnet-4-5', 'anthropic'],
  ['llama3.1', undefined],
  ['o1x', undefined],
  ['my-gpt-4o', undefined],
])('a bare %s is of %s', (model, id) => {
  expect(providerOfModel(model)?.id).toBe(id)
})
