import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { boundsOf, embeddingsCall } from '../../lib/dialects/embeddings/call.ts'
import { embeddingsExchange } from '../../lib/dialects/embeddings/index.ts'
import { fixture, options } from './openai-support.ts'

const bytes = (of: string | object) => new TextEncoder().encode(typeof of === 'string' ? of : JSON.stringify(of))
const text = '{"input":["a","ü"], "model":"vectors", "encoding_format":"base64", "timeout":5}'

const bound = (request: string | JsonObject, more: Partial<ExchangeOptions> = {}) =>
  embeddingsExchange(
    embeddingsCall(typeof request === 'string' ? request : JSON.stringify({ model: 'vectors', ...request })),
    options(more),
  )
const sent = async (codec: string, request: JsonObject, more: Partial<ExchangeOptions> = {}) =>
  JSON.parse((await bound(request, { upstreamModel: 'm', codec, ...more })).body) as JsonObject
const read = async (codec: string | undefined, reply: object, request: JsonObject, headers = {}) => {
  const whole = (
    await bound({ input: ['a', 'b'], ...request }, { ...(codec && { codec }), publicModel: 'vectors' })
  ).whole(bytes(reply), headers)
  if ('failure' in whole) return whole
  return {
    seen: whole.seen,
    reply: JSON.parse(Buffer.from(whole.body).toString()) as { data: { embedding: unknown }[] },
  }
}
const vectorsIn = async (...given: Parameters<typeof read>) => {
  const told = await read(...given)
  return 'reply' in told ? told.reply.data.map(({ embedding }) => embedding) : told
}

const base64 = (vector: number[]) => Buffer.from(new Float32Array(vector).buffer).toString('base64')
const [one, two] = [
  [0.5, -0.25],
  [1, 2],
]

describe('embeddings of OpenAI-like hosts', () => {
  test('are asked for as the client did, with model and defaults, without what is for the gateway', async () => {
    const how = { upstreamModel: 'text-embedding-3-small', params: { dimensions: 8 } }

    expect((await bound(text, how)).body).toBe(
      '{"input":["a","ü"], "model":"text-embedding-3-small", "encoding_format":"base64","dimensions":8}',
    )
  })

  test('lose what the host refuses where that is wanted', async () => {
    const how = { flags: { refusedParams: ['encoding_format'] }, dropParams: true }

    expect((await bound(text, how)).dropped).toEqual(['encoding_format'])
  })

  test('pass as they came, with cost and public name', async () => {
    const plain = (await bound(text)).whole(bytes(fixture('embeddings.json')))
    const edited = (await bound(text, { publicModel: 'vectors', dollars: () => 0.5 })).whole(
      bytes(fixture('embeddings.json')),
    )

    expect('body' in plain && plain.body).toEqual(bytes(fixture('embeddings.json')))
    expect('seen' in plain && plain.seen).toMatchObject({
      usage: { prompt: 5, completion: 0 },
      model: 'text-embedding-3-small',
    })
    expect('body' in edited && edited.body).toBe(
      fixture('embeddings.json')
        .replace('text-embedding-3-small', 'vectors')
        .replace('"total_tokens": 5', '"total_tokens": 5,"cost":0.5'),
    )
  })

  test('come as base64 where that was asked for and floats were given, and the other way round', async () => {
    const floats = { data: [{ embedding: one, index: 0 }], usage: { prompt_tokens: 1 } }
    const coded = { data: [{ embedding: base64(one ?? []), index: 0 }] }

    expect(await vectorsIn(undefined, floats, { encoding_format: 'base64' })).toEqual([base64(one ?? [])])
    expect(await vectorsIn(undefined, coded, { encoding_format: 'float' })).toEqual([one])
    expect(await vectorsIn(undefined, coded, {})).toEqual([one])
  })

  test('are a failure without vectors, with bytes that are none, and with an error inside', async () => {
    const broken = { data: [{ embedding: 'AAA=' }] }

    expect(await read(undefined, { data: [] }, {})).toMatchObject({ failure: { kind: 'malformed' } })
    expect(await read(undefined, broken, {})).toMatchObject({ failure: { kind: 'malformed' } })
    expect(await read(undefined, { error: { message: 'x', code: '429' } }, {})).toMatchObject({
      failure: { kind: 'rate_limit', status: 429 },
    })
  })

  test('are bounded by the bytes of their texts, or by their tokens', () => {
    expect(boundsOf({ inputs: ['a', 'ü'], body: {} })).toEqual({ inputTokens: 11, outputCap: 0, choices: 1 })
    expect(boundsOf({ inputs: [[1, 2, 3]], body: {} }).inputTokens).toBe(7)
  })

  test('counts what stands beside the inputs with each of them', () => {
    const more = (body: JsonObject) =>
      boundsOf({ inputs: ['a', 'b'], body: { model: 'e', input: ['a', 'b'], ...body } })

    expect(more({ instruction: 'z'.repeat(500) }).inputTokens).toBeGreaterThanOrEqual(1000)
    expect(more({ content: { parts: [{ text: 'z'.repeat(500) }] } }).inputTokens).toBeGreaterThanOrEqual(1000)
    expect(more({ user: 'z'.repeat(500), dimensions: 5 }).inputTokens).toBe(10)
    expect(more({ cachedContent: 'c' }).unbounded).toBe('cachedContent')
  })
})

describe('embeddings in words of their own', () => {
  test('embed what was sent as input, whatever else stands in the request', async () => {
    const body = (await bound({ model: 'm', input: 'a', content: { parts: [{ text: 'other' }] } }, { codec: 'gemini' }))
      .body

    expect(JSON.parse(body)).toMatchObject({ requests: [{ content: { parts: [{ text: 'a' }] } }] })
  })

  const request = { input: ['a', 'b'], dimensions: 256, encoding_format: 'base64', user: 'u' }

  test.each([
    ['mistral', { model: 'm', input: ['a', 'b'], output_dimension: 256 }],
    ['voyage', { model: 'm', input: ['a', 'b'], output_dimension: 256 }],
    ['jina', { model: 'm', input: ['a', 'b'], dimensions: 256 }],
    [
      'cohere',
      {
        model: 'm',
        texts: ['a', 'b'],
        input_type: 'search_document',
        embedding_types: ['float'],
        output_dimension: 256,
      },
    ],
    ['nomic', { model: 'm', texts: ['a', 'b'], dimensionality: 256 }],
    [
      'gemini',
      {
        requests: ['a', 'b'].map((part) => ({
          model: 'models/m',
          content: { parts: [{ text: part }] },
          outputDimensionality: 256,
        })),
      },
    ],
    ['vertex', { instances: [{ content: 'a' }, { content: 'b' }], parameters: { outputDimensionality: 256 } }],
  ])('%s is asked in its own', async (codec, body) => {
    expect(await sent(codec, request)).toEqual(body)
  })

  test('name what the host has no word for, or drop it', async () => {
    await expect(sent('nvidia', request)).rejects.toMatchObject({ code: 'unsupported_parameter' })
    const { body, dropped } = await bound(request, { codec: 'nvidia', upstreamModel: 'm', dropParams: true })

    expect(JSON.parse(body)).toEqual({ model: 'm', input: ['a', 'b'], input_type: 'passage' })
    expect(dropped).toEqual(['dimensions'])
  })

  test('send the provider’s own parameters on', async () => {
    expect(await sent('cohere', { input: 'a', input_type: 'search_query' })).toMatchObject({
      input_type: 'search_query',
    })
    expect(await sent('watsonx', { input: 'a' }, { params: { project_id: 'p' } })).toEqual({
      model_id: 'm',
      inputs: ['a'],
      project_id: 'p',
    })
  })

  test('are refused as tokens, which mean nothing there', async () => {
    await expect(sent('cohere', { input: [1, 2] })).rejects.toMatchObject({ detail: { param: 'input' } })
  })

  test.each([
    ['cohere', { embeddings: { float: [one, two] }, meta: { billed_units: { input_tokens: 9 } } }],
    ['voyage', { data: [{ embedding: one }, { embedding: two }], usage: { total_tokens: 9 } }],
    ['nomic', { embeddings: [one, two], usage: { prompt_tokens: 9, total_tokens: 9 } }],
    ['watsonx', { results: [{ embedding: one }, { embedding: two }], input_token_count: 9 }],
    [
      'vertex',
      {
        predictions: [one, two].map((values, at) => ({ embeddings: { values, statistics: { token_count: 4 + at } } })),
      },
    ],
  ])('%s is read with its tokens', async (codec, reply) => {
    const told = await read(codec, reply, { encoding_format: 'base64' })

    expect(await vectorsIn(codec, reply, {})).toEqual([one, two])
    expect(await vectorsIn(codec, reply, { encoding_format: 'base64' })).toEqual([base64(one ?? []), base64(two ?? [])])
    expect('seen' in told && told.seen?.usage).toEqual({ prompt: 9, completion: 0 })
    expect('reply' in told && told.reply).toMatchObject({ usage: { prompt_tokens: 9, total_tokens: 9 } })
  })

  test('of Gemini have length one when they are shortened, and no usage where none is told', async () => {
    const reply = { embeddings: [{ values: [3, 4] }, { values: [0, 2] }] }
    const told = await read('gemini', reply, { dimensions: 2 })

    expect(await vectorsIn('gemini', reply, { dimensions: 2 })).toEqual([
      [0.6, 0.8],
      [0, 1],
    ])
    expect('seen' in told && told.seen?.usage).toBeUndefined()
  })

  test('are a failure where one is missing', async () => {
    expect(await read('cohere', { embeddings: { float: [one] } }, {})).toMatchObject({ failure: { kind: 'malformed' } })
  })
})

describe('embeddings behind InvokeModel', () => {
  const ask = (upstreamModel: string, request: JsonObject) => sent('bedrock', request, { upstreamModel })

  test('are asked for in each maker’s words', async () => {
    expect(await ask('amazon.titan-embed-text-v2:0', { input: 'a', dimensions: 256 })).toEqual({
      inputText: 'a',
      dimensions: 256,
    })
    expect(await ask('cohere.embed-v4:0', { input: ['a', 'b'] })).toEqual({
      texts: ['a', 'b'],
      input_type: 'search_document',
      embedding_types: ['float'],
    })
    expect(await ask('amazon.nova-2-multimodal-embeddings-v1:0', { input: 'a', dimensions: 384 })).toMatchObject({
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: { embeddingDimension: 384, text: { value: 'a' } },
    })
  })

  test('refuse a list where the model takes one text', async () => {
    await expect(ask('amazon.titan-embed-text-v2:0', { input: ['a', 'b'] })).rejects.toMatchObject({
      detail: { param: 'input' },
    })
  })

  test('are counted by the body or by the header', async () => {
    const titan = (
      await bound({ input: 'a' }, { codec: 'bedrock', upstreamModel: 'amazon.titan-embed-text-v2:0' })
    ).whole(bytes({ embedding: one, inputTextTokenCount: 7 }))
    const cohere = (await bound({ input: ['a', 'b'] }, { codec: 'bedrock', upstreamModel: 'cohere.embed-v4:0' })).whole(
      bytes({ embeddings: { float: [one, two] } }),
      { 'x-amzn-bedrock-input-token-count': '8' },
    )

    expect('seen' in titan && titan.seen.usage).toEqual({ prompt: 7, completion: 0 })
    expect('seen' in cohere && cohere.seen.usage).toEqual({ prompt: 8, completion: 0 })
  })
})
