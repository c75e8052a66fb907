import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { behindHost } from '../support/behind-host.ts'
import { deployment } from '../support/configuration.ts'
import { event } from '../support/event-stream.ts'
import { dollars } from '../support/machine.ts'

const price = { input: 1_000_000, output: 2_000_000, source: 'test' }
const served = (provider: string, group: string, over: Partial<Deployment> = {}) =>
  deployment({
    provider,
    group,
    model: group,
    id: `id-${group}`,
    apiKey: { value: 'sk-provider' },
    price,
    ...over,
  })

const scene = behindHost('', (url) =>
  [
    served('gemini', 'flash', { model: 'gemini-x', apiBase: { value: `${url}/v1beta` } }),
    served('bedrock', 'nova', {
      model: 'amazon.nova-pro-v1:0',
      maxOutputTokens: 1000,
      variables: { region: { value: 'us-east-1' } },
    }),
    served('bedrock', 'guarded', {
      model: 'amazon.nova-lite-v1:0',
      maxOutputTokens: 1000,
      variables: { region: { value: 'us-east-1' } },
      params: { guardrailConfig: { guardrailIdentifier: 'ours' } },
    }),
    served('bedrock', 'tiered', {
      model: 'amazon.nova-premier-v1:0',
      maxOutputTokens: 1000,
      variables: { region: { value: 'us-east-1' } },
      price: { ...price, serviceTiers: { priority: { input: 2_000_000, output: 4_000_000, source: 'test' } } },
    }),
    served('bedrock', 'claude-2', { model: 'anthropic.claude-v2', variables: { region: { value: 'us-east-1' } } }),
    served('azure', 'fast', { model: 'my-deployment' }),
    served('openai', 'gpt', { apiBase: { value: `${url}/v1` } }),
    served('vertex_ai', 'vgemini', { model: 'gemini-v', variables: { location: { value: 'us-central1' } } }),
    served('anthropic', 'claude'),
    served('gemini', 'unpriced', { model: 'gemini-unpriced' }),
    served('gemini', 'team:flash:2', { model: 'gemini-y', apiBase: { value: `${url}/v1beta` } }),
  ].map((one) => (one.group === 'unpriced' ? without(one) : one)),
)
const without = (one: Deployment): Deployment => {
  const { price: _price, ...rest } = one
  return rest
}

type Ask = { limit?: number; query?: Record<string, string>; headers?: Record<string, string>; models?: string[] }
const ask = async (path: string, json: object, { limit, query = {}, headers = {}, models = [] }: Ask = {}) => {
  const { plain } = await scene.machine.makeKey({ models, ...(limit !== undefined && { limit }) })
  const call = { path, query, json, headers: { 'x-goog-api-key': plain, ...headers } }
  return scene.machine.call(call)
}
const generate = '/gemini/v1beta/models/gemini-x:generateContent'
const said = { contents: [{ parts: [{ text: 'Hi' }] }], generationConfig: { maxOutputTokens: 100 } }
const reply = {
  candidates: [{ content: { parts: [{ text: 'Hello.' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5 },
}

describe('a call in a provider’s own words', () => {
  it.each(['team:flash:2', 'team%3Aflash%3A2'])(
    'may name a model of the config with colons in it (%s)',
    async (name) => {
      scene.answer = { body: reply, type: 'application/json; charset=UTF-8' }

      const { status } = await ask(`/gemini/v1beta/models/${name}:generateContent`, said)

      expect(status).toBe(200)
      expect(scene.host.asked.at(-1)?.path).toBe('/v1beta/models/gemini-y:generateContent')
      expect(scene.machine.spends().at(-1)).toMatchObject({ model_group: 'team:flash:2' })
    },
  )

  it('goes to the provider with its key, comes back as it was, and is charged as it counts', async () => {
    scene.answer = { body: reply, type: 'application/json; charset=UTF-8' }

    const got = await ask(generate, said, { limit: dollars(1) })

    expect(got).toMatchObject({ status: 200, text: JSON.stringify(reply) })
    expect(scene.host.last()).toMatchObject({
      path: '/v1beta/models/gemini-x:generateContent',
      text: JSON.stringify(said),
    })
    expect(scene.host.last()?.headers['x-goog-api-key']).toBe('sk-provider')
    expect(scene.machine.spends()).toMatchObject([
      {
        call_type: 'pass_through',
        model_group: 'flash',
        cost: 13_000,
        usage: { prompt: 3, completion: 5 },
        estimated: false,
      },
    ])
    expect(scene.machine.spends()[0]?.holds[0]?.amount).toBeGreaterThan(200_000)
  })

  it('may name the model as the config does', async () => {
    scene.answer = { body: reply }

    await ask('/gemini/v1beta/models/flash:generateContent', said)

    expect(scene.host.last()?.path).toBe('/v1beta/models/gemini-x:generateContent')
  })

  it('streams as it comes, and is charged at its end', async () => {
    const events = [{ candidates: [{ content: { parts: [{ text: 'Hel' }] } }] }, reply].map(
      (one) => `data: ${JSON.stringify(one)}\r\n\r\n`,
    )
    scene.answer = { type: 'text/event-stream', chunks: events }

    const got = await ask('/gemini/v1beta/models/gemini-x:streamGenerateContent', said, {
      limit: dollars(1),
      query: { alt: 'sse', key: 'never-sent' },
    })

    expect(got).toMatchObject({ text: events.join(''), headers: { 'content-type': 'text/event-stream' } })
    expect(scene.host.last()?.path).toBe('/v1beta/models/gemini-x:streamGenerateContent?alt=sse')
    expect(scene.machine.spends()).toMatchObject([{ cost: 13_000, outcome: 'completed', estimated: false }])
  })

  it('streams in binary messages as it streams in events', async () => {
    const said = [
      event('contentBlockDelta', { delta: { text: 'Hi' } }),
      event('messageStop', { stopReason: 'end_turn' }),
      event('metadata', { usage: { inputTokens: 4, outputTokens: 2 } }),
    ]
    const streamed = (chunks: Buffer[]) => {
      scene.answer = { type: 'application/vnd.amazon.eventstream', chunks }
      return ask('/bedrock/model/amazon.nova-pro-v1%3A0/converse-stream', { messages: [] }, { limit: dollars(1) })
    }

    expect((await streamed(said)).headers['content-type']).toBe('application/vnd.amazon.eventstream')
    expect(scene.machine.spends()).toMatchObject([
      { cost: 8000, outcome: 'completed', usage: { prompt: 4, completion: 2 } },
    ])
    await expect(streamed(said.slice(0, 1))).rejects.toThrow()
  })

  it('streams binary messages that lost their type on the way', async () => {
    const chunks = [
      event('messageStop', { stopReason: 'end_turn' }),
      event('metadata', { usage: { inputTokens: 4, outputTokens: 2 } }),
    ]
    scene.answer = { type: 'text/plain', chunks }
    await ask('/bedrock/model/amazon.nova-pro-v1%3A0/converse-stream', { messages: [] }, { limit: dollars(1) })

    expect(scene.machine.spends()).toMatchObject([
      { cost: 8000, usage: { prompt: 4, completion: 2 }, estimated: false },
    ])
  })

  describe('to a family of Bedrock that has words of its own', () => {
    const path = '/bedrock/model/amazon.nova-pro-v1%3A0/invoke'
    const asked = { inputText: 'Hi', textGenerationConfig: { maxTokenCount: 50 } }
    const counted = [{ cost: 8000, usage: { prompt: 4, completion: 2 }, estimated: false, outcome: 'completed' }]

    it('is charged as AWS counts in its headers', async () => {
      const headers = { 'x-amzn-bedrock-input-token-count': '4', 'x-amzn-bedrock-output-token-count': '2' }
      scene.answer = { body: { results: [{ outputText: 'Hello.' }] }, headers }
      await ask(path, asked, { limit: dollars(1) })

      expect(scene.host.last()?.text).toBe(JSON.stringify(asked))
      expect(scene.machine.spends()).toMatchObject(counted)
    })

    it('is charged at the tier that a header of it asks for, and refused where that has no price', async () => {
      const headers = { 'x-amzn-bedrock-input-token-count': '4', 'x-amzn-bedrock-output-token-count': '2' }
      scene.answer = { headers, body: { output: {} } }
      const asking = { limit: dollars(1), headers: { 'x-amzn-bedrock-service-tier': 'priority' } }
      await ask('/bedrock/model/amazon.nova-premier-v1%3A0/invoke', { inferenceConfig: { maxTokens: 9 } }, asking)

      expect(scene.machine.spends()).toMatchObject([{ cost: 16_000, estimated: false }])
      const refused = await ask(path, { inferenceConfig: { maxTokens: 9 } }, asking)
      expect(refused.status).toBe(400)
      expect(JSON.stringify(refused.json())).toContain('x-amzn-bedrock-service-tier')
    })

    it('is charged so where a model of Anthropic’s still completes text', async () => {
      const headers = { 'x-amzn-bedrock-input-token-count': '4', 'x-amzn-bedrock-output-token-count': '2' }
      scene.answer = { body: { type: 'completion', completion: ' Hello.', stop_reason: 'stop_sequence' }, headers }
      await ask('/bedrock/model/anthropic.claude-v2/invoke', { prompt: 'Human: Hi', max_tokens_to_sample: 50 })

      expect(scene.machine.spends()).toMatchObject([{ usage: { prompt: 4, completion: 2 }, estimated: false }])
    })

    it('is charged as AWS counts where a guardrail replaced what was written', async () => {
      const headers = { 'x-amzn-bedrock-input-token-count': '4', 'x-amzn-bedrock-output-token-count': '2' }
      scene.answer = { body: { usage: { inputTokens: 4, outputTokens: 0 }, results: [] }, headers }
      await ask(path, asked, { limit: dollars(1) })

      expect(scene.machine.spends()).toMatchObject(counted)
    })

    it('is charged as its own words count, with what was cached', async () => {
      scene.answer = { body: { usage: { inputTokens: 3, cacheReadInputTokenCount: 1, outputTokens: 2 } } }
      await ask(path, asked, { limit: dollars(1) })

      expect(scene.machine.spends()).toMatchObject([{ usage: { prompt: 4, completion: 2, cached: 1 } }])
    })

    it('is charged as the last event of its stream counts', async () => {
      const inner = (value: object) => ({ bytes: Buffer.from(JSON.stringify(value)).toString('base64') })
      const metrics = { inputTokenCount: 4, outputTokenCount: 2 }
      scene.answer = {
        type: 'application/vnd.amazon.eventstream',
        chunks: [
          event('chunk', inner({ outputText: 'Hello.' })),
          event('chunk', inner({ outputText: '', 'amazon-bedrock-invocationMetrics': metrics })),
        ],
      }
      await ask(`${path}-with-response-stream`, asked, { limit: dollars(1) })

      expect(scene.machine.spends()).toMatchObject(counted)
    })
  })

  describe('that fails tells the provider’s own SDK why', () => {
    const converse = '/bedrock/model/amazon.nova-pro-v1%3A0/converse'
    const most = { messages: [], inferenceConfig: { maxTokens: 1000 } }

    it('in Google’s words', async () => {
      const error = { code: 400, message: 'No such role.', status: 'FAILED_PRECONDITION' }
      scene.answer = { status: 400, body: { error } }
      const got = await ask(generate, said)

      expect(got.json().error).toMatchObject({ message: error.message, status: 'FAILED_PRECONDITION' })
      expect(got.json().error).toMatchObject({ code: got.status })
    })

    it('in AWS’s words', async () => {
      scene.answer = {
        status: 400,
        body: { message: 'Too long.' },
        headers: { 'x-amzn-errortype': 'ValidationException' },
      }
      const got = await ask(converse, most)

      expect(got).toMatchObject({ status: 400, headers: { 'x-amzn-errortype': 'ValidationException' } })
      expect(got.json()).toMatchObject({ message: 'Too long.', error: { message: 'Too long.' } })
    })

    it('and that a budget is spent, which no SDK need try again', async () => {
      const got = await ask(converse, most, { limit: 1 })

      expect(got).toMatchObject({ status: 429, headers: { 'x-amzn-errortype': 'ServiceQuotaExceededException' } })
      expect(got.json()).toMatchObject({ message: expect.stringContaining('udget') as string })
    })
  })

  it('for vectors is charged by its prompt', async () => {
    scene.answer = { body: { embedding: { values: [0.5] }, usageMetadata: { promptTokenCount: 7 } } }
    await ask('/gemini/v1beta/models/gemini-x:embedContent', said, { limit: dollars(1) })

    expect(scene.machine.spends()).toMatchObject([{ cost: 7000, estimated: false }])
  })

  it('and a chat may have the operator’s guardrail under a hard budget, and no other', async () => {
    const { plain } = await scene.machine.makeKey({ limit: dollars(1) })
    const text = { message: { role: 'assistant', content: [{ text: 'Hello.' }] } }
    scene.answer = { body: { usage: { inputTokens: 4, outputTokens: 2 }, stopReason: 'end_turn', output: text } }
    const chat = (more: object) => {
      const json = { model: 'guarded', messages: [{ role: 'user', content: 'Hi' }], ...more }
      const call = { path: '/v1/chat/completions', headers: { authorization: `Bearer ${plain}` }, json }
      return scene.machine.call(call)
    }

    expect((await chat({})).status).toBe(200)
    expect(scene.host.last()?.text).toContain('ours')
    const refused = await chat({ guardrailConfig: { guardrailIdentifier: 'theirs' } })
    expect([refused.status, JSON.stringify(refused.json())]).toEqual([400, expect.stringContaining('guardrailConfig')])
  })

  it.each([
    ['/gemini/v1beta/models/gemini-x:countTokens', said, 'flash'],
    [
      '/vertex_ai/v1/projects/p/locations/us-central1/publishers/anthropic/models/count-tokens:rawPredict',
      { model: 'gemini-v', messages: [] },
      'vgemini',
    ],
  ])('that only counts tokens costs nothing (%s)', async (path, json, group) => {
    scene.answer = { body: { totalTokens: 31 } }
    await ask(path, json, { limit: dollars(1) })

    expect(scene.machine.spends()).toMatchObject([{ cost: 0, model_group: group }])
  })

  it('that breaks off breaks off for the client, too', async () => {
    scene.answer = {
      type: 'text/event-stream',
      chunks: ['data: {"candidates":[{"content":{"parts":[{"text":"Hel"}]}}]}\n\n'],
    }
    const path = '/gemini/v1beta/models/gemini-x:streamGenerateContent'

    await expect(ask(path, said, { query: { alt: 'sse' } })).rejects.toThrow()
    await expect.poll(() => scene.machine.spends()).toMatchObject([{ outcome: 'partial', estimated: true }])
  })

  it('reaches every provider at its own path', async () => {
    scene.answer = { body: { usage: { inputTokens: 4, outputTokens: 2 }, stopReason: 'end_turn', output: {} } }
    await ask('/bedrock/model/amazon.nova-pro-v1%3A0/converse', { messages: [] }, { limit: dollars(1) })
    const bedrock = scene.host.last()?.path
    scene.answer = {
      body: {
        choices: [{ message: { content: 'x' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 4, completion_tokens: 2 },
      },
    }
    await ask(
      '/azure/openai/deployments/my-deployment/chat/completions',
      { messages: [], max_tokens: 5 },
      { query: { 'api-version': '2024-10-21' } },
    )
    const azure = scene.host.last()?.path
    scene.answer = { body: reply }
    await ask('/vertex_ai/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-v:generateContent', said)
    const vertex = scene.host.last()?.path

    expect([bedrock, azure, vertex]).toEqual([
      '/model/amazon.nova-pro-v1%3A0/converse',
      '/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21',
      '/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-v:generateContent',
    ])
    expect(scene.machine.spends().map(({ cost }) => cost)).toEqual([8000, 8000, 13_000])
  })
})

describe('a call that nobody can bound', () => {
  it.each([
    ['/openai/v1/something/new', { model: 'gpt' }],
    ['/gemini/v1beta/models/gemini-unpriced:generateContent', said],
    ['/gemini/v1beta/models/nobody-knows:generateContent', said],
    ['/gemini/v1beta/models/gemini-x:generateContent', { contents: [] }],
    ['/gemini/v1beta/models/gemini-x:generateContent', { ...said, tools: [{ googleSearch: {} }] }],
  ])('POST %s is refused to a hard budget, and nothing is sent', async (path, body) => {
    const got = await ask(path, body, { limit: dollars(1) })

    expect(got.status).toBe(400)
    expect(got.json().error?.message).toContain('hard budget')
    expect(scene.host.asked).toEqual([])
  })

  it('passes without one', async () => {
    scene.answer = { body: { done: true } }

    expect(await ask('/openai/v1/something/new', { model: 'gpt' })).toMatchObject({
      status: 200,
      text: '{"done":true}',
    })
    expect(scene.host.last()?.path).toBe('/v1/something/new')
    expect(scene.machine.spends()).toMatchObject([{ call_type: 'pass_through', estimated: true }])
  })

  it('is refused where it names no model, climbs out of its path, or is not the key’s to use', async () => {
    expect((await ask('/openai/v1/files', {})).json().error).toMatchObject({ param: 'model' })
    expect((await ask('/gemini/v1beta/../admin/models/gemini-x:generateContent', said)).json().error).toMatchObject({
      param: 'path',
    })
    expect(await ask(generate, said, { models: ['gpt'] })).toMatchObject({ status: 403 })
    expect(await scene.machine.call({ path: generate, body: Buffer.from(JSON.stringify(said)) })).toMatchObject({
      status: 401,
    })
    expect(scene.host.asked).toEqual([])
  })
})
