import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'
import { secretNames } from '../../lib/config/secrets.ts'

const load = (params: string, env: Record<string, string> = {}) => {
  const loaded = loadConfig(`model_list: [{ model_name: m, litellm_params: { ${params} } }]`, {
    file: 'config.yaml',
    env,
  })
  if (!loaded.config) throw new Error(JSON.stringify(loaded.problems))
  return { ...loaded, config: loaded.config, deployment: loaded.config.deployments[0] }
}
const vertex = 'model: vertex_ai/gemini-2.5-pro'

describe('a deployment on Vertex', () => {
  it.each([
    ['vertex_credentials: os.environ/KEY_FILE', { env: 'KEY_FILE' }],
    ['vertex_credentials: /etc/key.json', { value: '/etc/key.json' }],
    [`vertex_credentials: '{"client_email":"a@b"}'`, { value: '{"client_email":"a@b"}' }],
    [
      'vertex_credentials: { client_email: a@b, private_key: os.environ/PEM }',
      {
        value: '{"client_email":"a@b","private_key":"pem"}',
      },
    ],
    ['api_key: os.environ/VERTEX_KEY', { env: 'VERTEX_KEY' }],
  ])('has its account from %s', (params, apiKey) => {
    const { deployment, problems } = load(`${vertex}, vertex_project: p-1, ${params}`, { PEM: 'pem' })

    expect(deployment).toMatchObject({ provider: 'vertex_ai', model: 'gemini-2.5-pro', apiKey, params: {} })
    expect(problems).toEqual([])
  })

  it('is where the entry says, the environment, or where LiteLLM would have it', () => {
    const env = { VERTEXAI_PROJECT: 'p-env' }

    expect(load(`${vertex}, vertex_project: p-1, vertex_location: global`, env).deployment?.variables).toEqual({
      project: { value: 'p-1' },
      location: { value: 'global' },
    })
    expect(load(vertex, env).deployment?.variables).toEqual({
      project: { value: 'p-env' },
      location: { value: 'us-central1' },
    })
    expect(load(`${vertex}, vertex_project: p-1, api_base: "https://h.example"`).deployment?.variables).toMatchObject({
      project: { value: 'p-1' },
    })
  })

  it('needs the key file of an account among the stack’s secrets where it has none of its own', () => {
    expect(secretNames(load(`${vertex}, vertex_project: p-1`).config)).toContain('GOOGLE_APPLICATION_CREDENTIALS')
  })

  it.each(['vertex_ai/gemini/1234567', 'vertex_ai/1234567'])('may be an endpoint of one’s own: %s', (model) => {
    expect(load(`model: ${model}, vertex_project: p-1`).deployment).toMatchObject({ model: '1234567' })
  })
})

describe('a deployment at AI Studio', () => {
  it('needs nothing but its key', () => {
    const { deployment, config, problems } = load('model: gemini/gemini-3-pro-preview')

    expect(deployment).toMatchObject({ provider: 'gemini', model: 'gemini-3-pro-preview' })
    expect(secretNames(config)).toContain('GEMINI_API_KEY')
    expect(problems).toEqual([])
  })
})
