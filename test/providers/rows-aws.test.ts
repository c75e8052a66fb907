import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { address, type AddressRequest } from '../../lib/providers/address.ts'
import { providerOf } from '../../lib/providers/rows.ts'
import { speechOf } from '../../lib/providers/speech-of.ts'

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
const claude = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'
const variables = { region: 'eu-central-1' }
const to = (provider: string, request: Partial<AddressRequest> = {}, more: Partial<Deployment> = {}) =>
  address(deployment(provider, more), { kind: 'chat', model: claude, variables, ...request })

describe('Bedrock', () => {
  it('is called at the model’s own path, its name one segment', () => {
    expect(to('bedrock').url).toBe(
      'https://bedrock-runtime.eu-central-1.amazonaws.com/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
    )
    const modelId = 'arn:aws:bedrock:eu-central-1:111122223333:application-inference-profile/abc123def456'
    const arn = 'arn%3Aaws%3Abedrock%3Aeu-central-1%3A111122223333%3Aapplication-inference-profile%2Fabc123def456'
    expect(to('bedrock', { model: modelId }).url).toContain(`/model/${arn}/converse`)
    expect(to('bedrock', { chatPath: '/model/{id}/invoke' }, { aws: { modelId } }).url).toContain(
      `/model/${arn}/invoke`,
    )
    expect(to('bedrock', { apiBase: 'https://vpce-1.example/' }).url).toMatch(
      /^https:\/\/vpce-1\.example\/model\/eu\.anthropic/,
    )
  })

  it('is signed by the role, by the entry’s keys, or takes a key of its own', () => {
    const signing = { scheme: 'sigv4', service: 'bedrock', region: 'eu-central-1' }
    const aws = { credentials: { accessKeyId: 'A', secretAccessKey: 'B' } }

    expect(to('bedrock')).toMatchObject({ signing, headers: {} })
    expect(to('bedrock', { aws }).signing).toEqual({ ...signing, ...aws })
    expect(to('bedrock', { key: 'k' })).toMatchObject({ headers: { authorization: 'Bearer k' } })
    expect(to('bedrock', { key: 'k' }).signing).toBeUndefined()
    expect(to('bedrock_mantle').signing).toMatchObject({ service: 'bedrock-mantle' })
    expect(to('anthropic_aws').signing).toMatchObject({ service: 'aws-external-anthropic' })
    expect(to('anthropic_aws', { key: 'k' }).headers).toEqual({ 'x-api-key': 'k' })
  })

  it('without a region says what to write', () => {
    expect(() => to('bedrock', { variables: {} })).toThrow(
      /does not know the region .*`aws_region_name`.*`AWS_REGION_NAME`/,
    )
  })

  it('is spoken to in the messages API where the client speaks it and the model is Claude, else in Converse', () => {
    const provider = providerOf('bedrock')
    if (!provider) throw new Error('no row')
    const speech = (client: 'openai' | 'anthropic', model: string, dialect?: Deployment['dialect']) =>
      speechOf(provider, deployment('bedrock', dialect && { dialect }), {
        model,
        need: { client, reasonedTools: false },
      })

    expect(speech('openai', claude)).toMatchObject({ dialect: 'converse', streamPath: '/model/{id}/converse-stream' })
    expect(speech('anthropic', claude)).toMatchObject({ dialect: 'anthropic', path: '/model/{id}/invoke' })
    expect(speech('anthropic', 'amazon.nova-pro-v1:0').dialect).toBe('converse')
    expect(speech('openai', claude, 'anthropic').path).toBe('/model/{id}/invoke')
    expect(speech('anthropic', claude, 'converse').dialect).toBe('converse')
  })
})

describe('Bedrock’s imitation of OpenAI', () => {
  const provider = providerOf('bedrock_mantle')
  if (!provider) throw new Error('no row')
  const path = (model: string, client: 'openai' | 'anthropic' | 'responses', tools = false) =>
    speechOf(provider, deployment('bedrock_mantle'), { model, need: { client, reasonedTools: tools, tools } }).path

  it.each([
    ['qwen.qwen3-32b', 'openai', '/v1/chat/completions'],
    ['openai.gpt-oss-120b', 'openai', '/v1/chat/completions'],
    ['openai.gpt-oss-120b', 'responses', '/v1/responses'],
    ['openai.gpt-5.5', 'openai', '/openai/v1/chat/completions'],
    ['openai.gpt-5.5', 'responses', '/openai/v1/responses'],
    ['anthropic.claude-sonnet-5', 'openai', '/anthropic/v1/messages'],
  ] as const)('has %s for clients of %s at %s', (model, client, expected) => {
    expect(path(model, client)).toBe(expected)
  })

  it('has tools of models that reason at the API that takes both', () => {
    expect(path('openai.gpt-5.5', 'openai', true)).toBe('/openai/v1/responses')
    expect(path('openai.gpt-5.4', 'openai', true)).toBe('/openai/v1/responses')
    expect(path('openai.gpt-oss-120b', 'openai', true)).toBe('/v1/chat/completions')
  })
})
