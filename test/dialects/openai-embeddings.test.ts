import { describe, expect, test } from 'vitest'
import { embeddingsCall } from '../../lib/dialects/openai/call.ts'
import { embeddingsBounds, embeddingsExchange } from '../../lib/dialects/openai/embeddings.ts'
import { fixture, options } from './openai-support.ts'

const text = '{"input":["a","ü"], "model":"vectors", "encoding_format":"base64", "timeout":5}'
const bytes = (of: string) => new TextEncoder().encode(of)

const whole = (body: string) => embeddingsExchange(embeddingsCall(text), options()).whole(bytes(body))

describe('an embeddings exchange', () => {
  test('sends what the client sent, with model and defaults, without what is for the gateway', () => {
    const how = options({ upstreamModel: 'text-embedding-3-small', params: { dimensions: 8 } })

    expect(embeddingsExchange(embeddingsCall(text), how).body).toBe(
      '{"input":["a","ü"], "model":"text-embedding-3-small", "encoding_format":"base64","dimensions":8}',
    )
  })

  test('drops what the host refuses where that is wanted', () => {
    const how = options({ flags: { refusedParams: ['encoding_format'] }, dropParams: true })

    expect(embeddingsExchange(embeddingsCall(text), how).dropped).toEqual(['encoding_format'])
  })

  test('passes vectors as they came, with cost and public name', () => {
    const read = (more = {}) =>
      embeddingsExchange(embeddingsCall(text), options(more)).whole(bytes(fixture('embeddings.json')))
    const plain = read()
    const edited = read({ publicModel: 'vectors', dollars: () => 0.5 })

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

  test('is a failure without vectors, and with an error inside', () => {
    expect(whole('{"data":[]}')).toMatchObject({ failure: { kind: 'malformed' } })
    expect(whole('{"error":{"message":"x","code":"429"}}')).toMatchObject({
      failure: { kind: 'rate_limit', status: 429 },
    })
  })

  test('is bounded by the bytes of its texts, or by its tokens', () => {
    expect(embeddingsBounds({ inputs: ['a', 'ü'] })).toEqual({ inputTokens: 11, outputCap: 0, choices: 1 })
    expect(embeddingsBounds({ inputs: [[1, 2, 3]] }).inputTokens).toBe(7)
  })
})
