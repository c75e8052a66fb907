import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { boundsOf, rerankCall } from '../../lib/dialects/rerank/call.ts'
import { rerankExchange } from '../../lib/dialects/rerank/index.ts'
import { options } from './openai-support.ts'

const call = (more: JsonObject = {}) =>
  rerankCall(JSON.stringify({ model: 'order', query: 'q', documents: ['a', { text: 'b' }], ...more }))
const sent = (codec: string, more: JsonObject = {}) =>
  JSON.parse(rerankExchange(call(more), options({ codec, upstreamModel: 'm' })).body) as JsonObject
const read = (codec: string, reply: object, more: JsonObject = {}) => {
  const whole = rerankExchange(call(more), options({ codec })).whole(Buffer.from(JSON.stringify(reply)))
  return 'failure' in whole ? whole : { seen: whole.seen, reply: JSON.parse(whole.body as string) as JsonObject }
}

describe('a rerank request', () => {
  test.each([
    ['{"model":"m","documents":["a"]}', 'query'],
    ['{"model":"m","query":"q"}', 'documents'],
    ['{"model":"m","query":"q","documents":[5]}', 'documents[0]'],
    ['{"query":"q","documents":["a"]}', 'model'],
  ])('%s is refused by its field %s', (text, param) => {
    expect(() => rerankCall(text)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ param }) as unknown }) as Error,
    )
  })

  test.each([
    ['cohere', { model: 'm', query: 'q', documents: ['a', 'b'], top_n: 1 }],
    ['jina', { model: 'm', query: 'q', documents: ['a', 'b'], top_n: 1, return_documents: false }],
    ['voyage', { model: 'm', query: 'q', documents: ['a', 'b'], top_k: 1 }],
    ['bedrock', { query: 'q', documents: ['a', 'b'], top_n: 1, api_version: 2 }],
    ['nvidia', { model: 'm', query: { text: 'q' }, passages: [{ text: 'a' }, { text: 'b' }] }],
    [
      'watsonx',
      {
        model_id: 'm',
        query: 'q',
        inputs: [{ text: 'a' }, { text: 'b' }],
        parameters: { return_options: { top_n: 1 } },
      },
    ],
    ['deepinfra', { queries: ['q'], documents: ['a', 'b'] }],
  ])('is written for %s', (codec, body) => {
    expect(sent(codec, { top_n: 1, return_documents: true })).toEqual(body)
  })

  test('names the fields that are to be read', () => {
    const documents = [{ title: 'T', body: 'B', id: 5 }]

    expect(sent('cohere', { documents, rank_fields: ['title', 'body'] }).documents).toEqual(['title: T\nbody: B'])
  })

  test('is bounded by its searches: a hundred pieces of five hundred tokens each', () => {
    const many = (count: number, size: number) =>
      boundsOf(call({ documents: Array(count).fill('x'.repeat(size)) as string[] })).units

    expect([many(2, 1), many(100, 1), many(101, 1), many(60, 900)]).toEqual(
      [1, 1, 2, 2].map((searchUnits) => ({ searchUnits })),
    )
    // An instruction is read with each of the documents.
    expect(boundsOf(call({ instruction: 'z'.repeat(500) })).inputTokens).toBeGreaterThan(1000)
  })
})

describe('an order', () => {
  const ordered = { results: [1, 0].map((index, at) => ({ index, relevance_score: 0.9 - at / 2 })) }

  test.each([
    ['cohere', { id: 'r', ...ordered, meta: { billed_units: { search_units: 1 } } }],
    ['jina', { ...ordered, usage: { total_tokens: 8 } }],
    ['bedrock', ordered],
    ['voyage', { data: ordered.results, usage: { total_tokens: 8 } }],
    [
      'nvidia',
      {
        rankings: [
          { index: 1, logit: 3 },
          { index: 0, logit: -2 },
        ],
      },
    ],
    [
      'watsonx',
      {
        results: [
          { index: 0, score: 0.1 },
          { index: 1, score: 0.8 },
        ],
        input_token_count: 8,
      },
    ],
    ['deepinfra', { scores: [0.1, 0.8], input_tokens: 8 }],
  ])('of %s is told in Cohere’s shape, with documents where they are wanted', (codec, reply) => {
    const told = read(codec, reply, { return_documents: true, top_n: 1 })

    expect('reply' in told && told.reply?.results).toMatchObject([{ index: 1, document: { text: 'b' } }])
  })

  test('is charged by searches or by tokens, as it is counted', () => {
    expect(read('cohere', { ...ordered, meta: { billed_units: { search_units: 3 } } })).toMatchObject({
      seen: { units: { searchUnits: 3 } },
    })
    expect(read('voyage', { data: ordered.results, usage: { total_tokens: 8 } })).toMatchObject({
      seen: { usage: { prompt: 8, completion: 0 } },
    })
  })

  test('that is empty, or of documents that were never sent, is a failure', () => {
    expect(read('cohere', { results: [] })).toMatchObject({ failure: { kind: 'malformed' } })
    expect(read('cohere', { results: [{ index: 7, relevance_score: 1 }] })).toMatchObject({
      failure: { kind: 'malformed' },
    })
  })
})
