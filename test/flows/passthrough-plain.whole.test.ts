import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { behindHost } from '../support/behind-host.ts'
import { deployment } from '../support/configuration.ts'
import type { Answer } from '../support/host.ts'
import { dollars } from '../support/machine.ts'

const price = { input: 1_000_000, output: 2_000_000, source: 'test' }
const served = (provider: string, group: string, over: Partial<Deployment> = {}) =>
  deployment({
    provider,
    group,
    id: `id-${group}`,
    apiKey: { value: 'sk-up' },
    price,
    ...over,
  })

const scene = behindHost('', (url) => [
  served('gemini', 'flash', { model: 'gemini-x', apiBase: { value: `${url}/v1beta` } }),
  served('openai', 'gpt', { model: 'gpt-x', apiBase: { value: `${url}/v1` } }),
  served('openai', 'other', { model: 'gpt-y', apiBase: { value: `${url}/v1` } }),
  served('anthropic', 'claude', { model: 'claude-x' }),
  served('azure', 'fast', { model: 'my-deployment' }),
  served('bedrock', 'nova', { model: 'amazon.nova-x', variables: { region: { value: 'us-east-1' } } }),
])

type Ask = {
  method?: string
  key?: string
  query?: Record<string, string>
  json?: object
  headers?: Record<string, string>
}
const key = async (over: { limit?: number; models?: string[] } = {}) => (await scene.machine.makeKey(over)).plain
const ask = async (path: string, { key: plain, ...over }: Ask = {}) => {
  const call = { path, key: plain ?? (await key()), ...over }
  return scene.machine.call(call)
}
const asGet = (path: string, over: Ask = {}) => ask(path, { method: 'GET', ...over })

const generate = '/gemini/v1beta/models/gemini-x:generateContent'
const said = { contents: [{ parts: [{ text: 'Hi' }] }] }
const told = { candidates: [{ content: { parts: [{ text: 'Hello.' }] }, finishReason: 'STOP' }] }

describe('what a provider keeps for its account', () => {
  it('is looked at and deleted with its key, query and all, and costs nothing', async () => {
    scene.answer = { body: { data: [] }, headers: { 'set-cookie': 'a=b' } }

    const listed = await asGet('/openai/v1/files', { query: { purpose: 'batch' } })
    const deleted = await ask('/openai/v1/files/f%2F1', { method: 'DELETE' })

    expect([listed.status, listed.text, deleted.status]).toEqual([200, '{"data":[]}', 200])
    expect(listed.headers).not.toHaveProperty('set-cookie')
    expect(scene.host.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/files?purpose=batch',
      'DELETE /v1/files/f%2F1',
    ])
    expect(scene.host.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-up', 'Bearer sk-up'])
    expect(scene.machine.spends()).toEqual([])
  })

  it('comes with the headers that are the provider’s words', async () => {
    scene.answer = { body: { data: [] } }
    await asGet('/anthropic/v1/files', { headers: { 'anthropic-beta': 'files-api', cookie: 'c=d' } })

    expect(scene.host.last()?.headers).toMatchObject({ 'anthropic-beta': 'files-api', 'x-api-key': 'sk-up' })
    expect(scene.host.last()?.headers).not.toHaveProperty('cookie')
  })

  it('is not shown to keys that are confined, to a budget or to models', async () => {
    const poor = await asGet('/openai/v1/files', { key: await key({ limit: dollars(1) }) })
    const narrow = await asGet('/openai/v1/files', { key: await key({ models: ['gpt'] }) })

    expect([poor.status, narrow.status]).toEqual([403, 403])
    expect(poor.json().error?.message).toContain('hard budget')
    expect(scene.host.asked).toEqual([])
  })

  it('is missed in the provider’s own shape of errors, with its request id', async () => {
    scene.answer = {
      status: 404,
      body: { error: { code: 404, message: 'No such file.' } },
      headers: { 'x-request-id': 'up-1' },
    }
    const got = await asGet('/gemini/v1beta/files/x')

    expect(got.json().error).toMatchObject({
      message: 'No such file.',
      status: 'NOT_FOUND',
      upstream_request_id: 'up-1',
    })
    expect(got.headers['llm_provider-x-request-id']).toBe('up-1')
  })

  it('is not followed elsewhere, and not climbed out of', async () => {
    scene.answer = { status: 302, headers: { location: 'http://127.0.0.1:1/' } }

    expect((await asGet('/openai/v1/files')).status).toBe(502)
    expect((await asGet('/openai/v1/../admin')).json().error).toMatchObject({ param: 'path' })
  })
})

describe('a call in a provider’s own words', () => {
  it('may bring its key in the query, as Google’s clients do, which goes no further', async () => {
    scene.answer = { body: told }
    const call = { path: generate, query: { key: await key(), alt: 'json' }, json: said }
    const got = await scene.machine.call(call)

    expect(got.status).toBe(200)
    expect(scene.host.last()?.path).toBe('/v1beta/models/gemini-x:generateContent?alt=json')
  })

  it('may bring it as the access key of a signature', async () => {
    scene.answer = { body: { output: { message: { content: [] } }, usage: { inputTokens: 1, outputTokens: 1 } } }
    const authorization = `AWS4-HMAC-SHA256 Credential=${await key()}/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=ab`
    const call = { path: '/bedrock/model/amazon.nova-x/converse', json: { messages: [] }, headers: { authorization } }

    expect((await scene.machine.call(call)).status).toBe(200)
  })

  it('may ask for another version of the API than the base’s', async () => {
    scene.answer = { body: told }
    await ask('/gemini/v1/models/gemini-x:generateContent', { json: said })

    expect(scene.host.last()?.path).toBe('/v1/models/gemini-x:generateContent')
  })

  it('is told the provider’s name of the model wherever it names it', async () => {
    scene.answer = { body: { embeddings: [] } }
    const requests = [{ model: 'models/flash', content: {} }, { content: {} }]
    await ask('/gemini/v1beta/models/flash:batchEmbedContents', { json: { model: 'models/flash', requests } })

    expect(scene.host.last()?.path).toBe('/v1beta/models/gemini-x:batchEmbedContents')
    expect(scene.host.last()?.json).toEqual({
      model: 'models/gemini-x',
      requests: [{ model: 'models/gemini-x', content: {} }, { content: {} }],
    })
  })

  it('never reaches another model than the one that the key may use', async () => {
    scene.answer = { body: {} }
    const plain = await key({ models: ['gpt'] })
    const got = await ask('/openai/v1/new/models/gpt/x', { key: plain, json: { model: 'gpt-y' } })
    await ask('/openai/v1/new', { key: plain, json: { model: 'gpt' } })

    expect(got.status).toBe(403)
    expect(scene.host.asked.map(({ json }) => json.model)).toEqual(['gpt-x'])
  })

  it('may name the model as the provider does where the path is served here, too', async () => {
    scene.answer = {
      body: { choices: [{ message: { content: 'x' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1 } },
    }
    const got = await ask('/openai/v1/chat/completions', {
      json: { model: 'gpt-x', messages: [{ role: 'user', content: 'x' }] },
    })
    const bare = await ask('/v1/chat/completions', {
      json: { model: 'gpt-x', messages: [{ role: 'user', content: 'x' }] },
    })

    expect([got.status, bare.status]).toEqual([200, 400])
    expect(scene.machine.spends()).toMatchObject([{ model_group: 'gpt' }])
  })

  it('is refused where its model is no encoding, and where it makes keys that pass this gateway by', async () => {
    const broken = await ask('/gemini/v1beta/models/%E0%A4%A:generateContent', { json: said })
    const key = await ask('/openai/v1/realtime/client_secrets', { json: { model: 'gpt' } })

    expect([broken.status, broken.json().error?.param]).toEqual([400, 'model'])
    expect([key.status, scene.host.asked]).toEqual([403, []])
  })

  it.each([
    ['a page', { type: 'text/html', body: '<html>Busy</html>' }, 502],
    ['half a reply', { body: '{"candidates":[{"con' }, 502],
    ['an error', { body: { error: { code: 503, message: 'Overloaded.', status: 'UNAVAILABLE' } } }, 503],
  ] as [string, Answer, number][])(
    'that is answered by %s with a status of success has failed',
    async (_, given, status) => {
      scene.answer = given
      const streamed = await ask('/gemini/v1beta/models/gemini-x:streamGenerateContent', {
        query: { alt: 'sse' },
        json: said,
      })

      expect((await ask(generate, { json: said })).status).toBe(status)
      expect(streamed.status).toBe(status)
    },
  )

  it('gets a whole answer where one came in place of a stream', async () => {
    scene.answer = { body: { ...told, usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5 } } }
    const path = '/gemini/v1beta/models/gemini-x:streamGenerateContent'
    const got = await ask(path, { query: { alt: 'sse' }, json: said })

    expect(JSON.parse(got.text)).toMatchObject(told)
    expect(scene.machine.spends()).toMatchObject([{ usage: { prompt: 3, completion: 5 }, estimated: false }])
  })

  it('gets a response that failed as the provider wrote it', async () => {
    const failed = { object: 'response', status: 'failed', error: { code: 'server_error', message: 'x' } }
    scene.answer = { body: { ...failed, usage: { input_tokens: 1, output_tokens: 1 } } }

    expect((await ask('/azure/openai/v1/responses', { json: { model: 'my-deployment', input: 'x' } })).status).toBe(200)
  })
})

it('a name that a client made up cannot break the headers of its answer', async () => {
  scene.answer = { body: { choices: [{ message: { content: 'x' }, finish_reason: 'stop' }] } }
  const content = [{ type: 'a\u0000b\r\nx-evil: 1' }]
  const messages = [
    { role: 'user', content: 'x' },
    { role: 'assistant', content },
    { role: 'user', content: 'y' },
  ]
  const got = await ask('/v1/messages', { json: { model: 'gpt', max_tokens: 5, messages } })

  expect(got.headers['x-purser-dropped-params']).toContain('a%00b%0D%0Ax-evil')
})
