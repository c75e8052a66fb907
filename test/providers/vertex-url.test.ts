import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { GatewayError } from '../../lib/core/errors.ts'
import { address, type AddressRequest } from '../../lib/providers/address.ts'
import { providerOf } from '../../lib/providers/rows.ts'
import { speechOf } from '../../lib/providers/speech-of.ts'

const deployment = (provider: string): Deployment => ({
  id: 'd',
  group: 'my-model',
  provider,
  model: 'm',
  headers: {},
  params: {},
  additionalDropParams: [],
  mode: 'chat',
  info: {},
})
const account = JSON.stringify({
  type: 'service_account',
  project_id: 'from-key',
  client_email: 'a@b',
  private_key: 'k',
})

/** As an attempt does it. */
function addressOf(provider: string, model: string, more: Partial<AddressRequest> & { stream?: boolean } = {}) {
  const row = providerOf(provider)
  if (!row) throw new Error(provider)
  const { stream, ...request } = more
  const need = { client: 'openai' as const, reasonedTools: false }
  const speech = speechOf(row, deployment(provider), { model, need })
  const chatPath = (stream ? speech.streamPath : undefined) ?? speech.path
  return { speech, ...address(deployment(provider), { kind: 'chat', model, chatPath, key: account, ...request }) }
}
const vertex = (model: string, location?: string, more: Parameters<typeof addressOf>[2] = {}) =>
  addressOf('vertex_ai', model, { variables: { project: 'p-1', ...(location && { location }) }, ...more })

describe('AI Studio', () => {
  it.each([
    [false, 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent'],
    [true, 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse'],
  ])('has an address of its own for streams (%s)', (stream, url) => {
    const found = addressOf('gemini', 'gemini-2.5-flash', { stream, key: 'AIzaKey' })

    expect(found).toMatchObject({ url, headers: { 'x-goog-api-key': 'AIzaKey' } })
    expect(found.signing).toBeUndefined()
  })
})

describe('Vertex', () => {
  it.each([
    [undefined, 'https://us-central1-aiplatform.googleapis.com', 'us-central1'],
    ['europe-west4', 'https://europe-west4-aiplatform.googleapis.com', 'europe-west4'],
    ['global', 'https://aiplatform.googleapis.com', 'global'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com', 'eu'],
    ['us', 'https://aiplatform.us.rep.googleapis.com', 'us'],
  ])('knows the host of location %s', (location, host, inPath) => {
    expect(vertex('gemini-3-pro-preview', location).url).toBe(
      `${host}/v1beta1/projects/p-1/locations/${inPath}/publishers/google/models/gemini-3-pro-preview:generateContent`,
    )
  })

  it.each([
    [
      'gemini-2.5-pro',
      true,
      'gemini',
      'v1beta1',
      'publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
    ],
    ['1234567', false, 'gemini', 'v1beta1', 'endpoints/1234567:generateContent'],
    [
      'claude-sonnet-4-5@20250929',
      false,
      'anthropic',
      'v1',
      'publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict',
    ],
    ['claude-opus-4-6', true, 'anthropic', 'v1', 'publishers/anthropic/models/claude-opus-4-6:streamRawPredict'],
    ['meta/llama-4-maverick-17b-128e-instruct-maas', true, 'openai', 'v1', 'endpoints/openapi/chat/completions'],
    ['mistral-large-2411', true, 'openai', 'v1', 'publishers/mistralai/models/mistral-large-2411:streamRawPredict'],
  ])('serves %s (stream: %s) in dialect %s', (model, stream, dialect, version, path) => {
    const { url, speech } = vertex(model, undefined, { stream })

    expect(speech.dialect).toBe(dialect)
    expect(decodeURIComponent(url)).toBe(
      `https://us-central1-aiplatform.googleapis.com/${version}/projects/p-1/locations/us-central1/${path}`,
    )
  })

  it('signs with the service account, and takes the project from its file where none is named', () => {
    const found = vertex('gemini-2.5-pro', undefined, { variables: {} })

    expect(found.signing).toEqual({ scheme: 'google', serviceAccount: account })
    expect(found.url).toContain('/projects/from-key/')
    expect(found.headers).toEqual({})
  })

  it.each([
    ['AIzaSyKey', { 'x-goog-api-key': 'AIzaSyKey' }],
    ['ya29.token', { authorization: 'Bearer ya29.token' }],
  ])('sends %s as it is', (key, headers) => {
    const found = vertex('gemini-2.5-pro', undefined, { key })

    expect(found.headers).toEqual(headers)
    expect(found.signing).toBeUndefined()
  })

  it('needs no project with an API key (express mode)', () => {
    expect(vertex('gemini-2.5-pro', undefined, { key: 'AIzaSyKey', variables: {} }).url).toBe(
      'https://aiplatform.googleapis.com/v1beta1/publishers/google/models/gemini-2.5-pro:generateContent',
    )
  })

  it.each([
    [
      'https://proxy.example',
      'https://proxy.example/v1beta1/projects/p-1/locations/us-central1/publishers/google/models/g:generateContent',
    ],
    [
      'https://proxy.example/x/v1',
      'https://proxy.example/x/v1/projects/p-1/locations/us-central1/publishers/google/models/g:generateContent',
    ],
    [
      'https://proxy.example/v1/projects/q/locations/r',
      'https://proxy.example/v1/projects/q/locations/r/publishers/google/models/g:generateContent',
    ],
  ])('behind %s keeps what the base says', (apiBase, url) => {
    expect(vertex('g', undefined, { apiBase }).url).toBe(url)
  })

  it('says what to set where no project is known', () => {
    const run = () => vertex('gemini-2.5-pro', undefined, { variables: {}, key: '/etc/key.json' })

    expect(run).toThrow(GatewayError)
    expect(run).toThrow(/vertex_project.*VERTEXAI_PROJECT/)
  })
})
