import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { GatewayError } from '../../lib/core/errors.ts'
import { address, type AddressRequest } from '../../lib/providers/address.ts'

const deployment = (provider: string, more: Partial<Deployment> = {}): Deployment => ({
  id: 'd',
  group: 'my-model',
  provider,
  model: 'm',
  headers: {},
  params: {},
  additionalDropParams: [],
  mode: 'chat',
  info: {},
  ...more,
})
const url = (
  provider: string,
  apiBase?: string,
  more: Partial<Deployment> = {},
  kind: AddressRequest['kind'] = 'chat',
) =>
  address(deployment(provider, more), { kind, model: 'my model', key: 'k', ...(apiBase !== undefined && { apiBase }) })
    .url

const headers = (provider: string, more: Partial<Deployment> = {}, key?: string) =>
  address(deployment(provider, more), { kind: 'chat', model: 'm', apiBase: 'https://h.example', ...(key && { key }) })
    .headers

function refusal(run: () => unknown): GatewayError {
  try {
    run()
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('was not refused')
}

describe('the URL of a plain provider', () => {
  it.each([
    ['openai', undefined, 'https://api.openai.com/v1/chat/completions'],
    ['openai', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080/chat/completions'],
    ['openai', 'https://proxy.example/openai/v1/', 'https://proxy.example/openai/v1/chat/completions'],
    ['openai', 'https://proxy.example/x/chat/completions', 'https://proxy.example/x/chat/completions'],
    ['openai', 'https://proxy.example/v1?tenant=a&b=c', 'https://proxy.example/v1/chat/completions?tenant=a&b=c'],
    ['openai', 'https://proxy.example/chat', 'https://proxy.example/chat/chat/completions'],
    ['anthropic', undefined, 'https://api.anthropic.com/v1/messages'],
    ['anthropic', 'https://api.anthropic.com', 'https://api.anthropic.com/v1/messages'],
    ['anthropic', 'https://api.anthropic.com/v1', 'https://api.anthropic.com/v1/messages'],
    ['anthropic', 'https://proxy.example/a/v1/messages', 'https://proxy.example/a/v1/messages'],
    ['ollama', undefined, 'http://localhost:11434/v1/chat/completions'],
    ['ollama', 'http://gpu:11434/', 'http://gpu:11434/v1/chat/completions'],
    ['ollama', 'http://gpu:11434/v1', 'http://gpu:11434/v1/chat/completions'],
    ['ollama_chat', 'http://gpu:11434', 'http://gpu:11434/api/chat'],
    ['ollama_chat', 'http://gpu:11434/v1', 'http://gpu:11434/api/chat'],
    ['ollama_chat', 'http://gpu:11434/api/chat', 'http://gpu:11434/api/chat'],
    ['hosted_vllm', 'http://gpu:8000/v1', 'http://gpu:8000/v1/chat/completions'],
    ['lm_studio', undefined, 'http://127.0.0.1:1234/v1/chat/completions'],
    ['litellm_proxy', 'http://proxy:4000', 'http://proxy:4000/chat/completions'],
  ])('of %s at %s is %s', (provider, apiBase, expected) => {
    expect(url(provider, apiBase)).toBe(expected)
  })

  const resource = 'https://r.services.ai.azure.com'
  it.each<[AddressRequest['kind'], string, string]>([
    ['chat', resource, `${resource}/models/chat/completions?api-version=2024-05-01-preview`],
    ['chat', `${resource}/models/`, `${resource}/models/chat/completions?api-version=2024-05-01-preview`],
    ['chat', `${resource}/models?api-version=1`, `${resource}/models/chat/completions?api-version=1`],
    ['chat', `${resource}/openai/v1?api-version=1`, `${resource}/openai/v1/chat/completions?api-version=1`],
    ['embeddings', `${resource}/?api-version=1`, `${resource}/models/embeddings?api-version=1`],
    ['rerank', `${resource}?api-version=1`, `${resource}/providers/cohere/v2/rerank?api-version=1`],
    [
      'rerank',
      `${resource}/providers/cohere/v2/rerank?api-version=1`,
      `${resource}/providers/cohere/v2/rerank?api-version=1`,
    ],
    [
      'rerank',
      'https://proxy.example/providers/cohere/v2?api-version=1',
      'https://proxy.example/providers/cohere/v2/rerank?api-version=1',
    ],
    ['rerank', 'http://127.0.0.1:9?api-version=1', 'http://127.0.0.1:9/v1/rerank?api-version=1'],
    [
      'rerank',
      'https://cohere-x.eastus.models.ai.azure.com?api-version=1',
      'https://cohere-x.eastus.models.ai.azure.com/v1/rerank?api-version=1',
    ],
  ])('for %s of a host of its own kind at %s is %s', (kind, apiBase, expected) => {
    expect(url('azure_ai', apiBase, { apiVersion: '2024-05-01-preview' }, kind)).toBe(expected)
  })

  it('decides how the key travels where a kind of host wants it otherwise', () => {
    const keyed = (apiBase: string) =>
      address(deployment('azure_ai'), { kind: 'chat', model: 'm', apiBase, key: 'k' }).headers

    expect(keyed(resource)).toEqual({ 'api-key': 'k' })
    expect(keyed('https://x.eastus.models.ai.azure.com')).toEqual({ authorization: 'Bearer k' })
  })

  it('exchanges the path of one endpoint for that of another', () => {
    expect(url('openai', 'https://proxy.example/v1/chat/completions', {}, 'embeddings')).toBe(
      'https://proxy.example/v1/embeddings',
    )
    expect(url('ollama', 'http://gpu:11434/v1', {}, 'embeddings')).toBe('http://gpu:11434/v1/embeddings')
  })

  it('is refused where the provider has no such endpoint, no base, or a broken one', () => {
    expect(refusal(() => url('anthropic', undefined, {}, 'embeddings')).code).toBe('invalid_request')
    expect(refusal(() => url('hosted_vllm')).message).toMatch(/`my-model` has no base URL.*must set `api_base`/)
    const named = refusal(() => url('openai', 'ftp://x', { apiBase: { env: 'MY_BASE' } }))
    expect(named).toMatchObject({
      code: 'upstream_unreachable',
      message: expect.stringContaining('`MY_BASE`') as string,
    })
  })
})

describe("Azure's URL", () => {
  const base = 'https://r.openai.azure.com'
  const dated = '?api-version=2024-10-21'

  it.each([
    [base, '2024-10-21', `${base}/openai/deployments/my%20model/chat/completions${dated}`],
    [`${base}/`, undefined, `${base}/openai/deployments/my%20model/chat/completions?api-version=2025-04-01-preview`],
    [`${base}/openai`, '2024-10-21', `${base}/openai/deployments/my%20model/chat/completions${dated}`],
    [`${base}/openai/deployments/other`, '2024-10-21', `${base}/openai/deployments/other/chat/completions${dated}`],
    [
      `${base}/openai/deployments/other/chat/completions?api-version=2023-05-15`,
      '2024-10-21',
      `${base}/openai/deployments/other/chat/completions?api-version=2023-05-15`,
    ],
    [base, 'v1', `${base}/openai/v1/chat/completions`],
    [base, 'latest', `${base}/openai/v1/chat/completions`],
    [base, 'preview', `${base}/openai/v1/chat/completions?api-version=preview`],
    [`${base}/openai/v1/`, undefined, `${base}/openai/v1/chat/completions`],
    [`${base}/openai/v1`, '2024-10-21', `${base}/openai/v1/chat/completions`],
    [`${base}/openai/v1/chat/completions`, undefined, `${base}/openai/v1/chat/completions`],
    [
      'https://apim.example/azure',
      '2024-10-21',
      `https://apim.example/azure/openai/deployments/my%20model/chat/completions${dated}`,
    ],
  ])('of %s with api_version %s is %s', (apiBase, apiVersion, expected) => {
    expect(url('azure', apiBase, apiVersion === undefined ? {} : { apiVersion })).toBe(expected)
  })

  it('serves embeddings of the same deployment', () => {
    expect(
      url('azure', `${base}/openai/deployments/e/chat/completions`, { apiVersion: '2024-10-21' }, 'embeddings'),
    ).toBe(`${base}/openai/deployments/e/embeddings${dated}`)
  })
})

describe('the headers', () => {
  it('carry the key as the provider wants it', () => {
    expect(headers('openai', {}, ' k\n')).toEqual({ authorization: 'Bearer k' })
    expect(headers('anthropic', {}, 'k')).toEqual({ 'x-api-key': 'k' })
    expect(headers('azure', {}, 'k')).toEqual({ 'api-key': 'k' })
    expect(headers('azure', { auth: 'bearer' }, 'token')).toEqual({ authorization: 'Bearer token' })
  })

  it('add the organization, and let the entry have the last word', () => {
    const more = { organization: 'org-1', headers: { 'X-Team': 'red', Authorization: 'Custom' } }

    expect(headers('openai', more, 'k')).toEqual({
      authorization: 'Custom',
      'openai-organization': 'org-1',
      'x-team': 'red',
    })
  })

  it('carry none for a server that needs none, or of which we cannot know', () => {
    expect(headers('ollama')).toEqual({})
    expect(headers('openai')).toEqual({})
  })

  it('are refused without the key that the provider needs, naming what to set', () => {
    const call = (d: Deployment) => refusal(() => address(d, { kind: 'chat', model: 'm' }))

    expect(call(deployment('openai'))).toMatchObject({
      code: 'upstream_auth',
      message: expect.stringContaining('`OPENAI_API_KEY`') as string,
    })
    expect(call(deployment('anthropic', { apiKey: { env: 'MY_KEY' } })).message).toContain('`MY_KEY`')
    expect(refusal(() => headers('azure')).message).toContain('`AZURE_API_KEY`')
  })
})
