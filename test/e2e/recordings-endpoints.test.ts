import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Json, type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { transcriptionCall } from '../../lib/dialects/audio/transcription-call.ts'
import { transcriptionExchange } from '../../lib/dialects/audio/transcription.ts'
import type { Exchange } from '../../lib/dialects/dialect.ts'
import { embeddingsCall } from '../../lib/dialects/embeddings/call.ts'
import { embeddingsExchange } from '../../lib/dialects/embeddings/index.ts'
import { imagesCall } from '../../lib/dialects/images/call.ts'
import { imagesExchange } from '../../lib/dialects/images/index.ts'
import { rerankCall } from '../../lib/dialects/rerank/call.ts'
import { rerankExchange } from '../../lib/dialects/rerank/index.ts'
import { printForm } from '../../lib/wire/multipart.ts'
import { options } from '../dialects/openai-support.ts'

// Replays recorded replies of endpoints other than chat where PURSER_RECORDINGS names the folder that holds them.
const folder = process.env.PURSER_RECORDINGS ?? ''
const at = (name: string): string => join(folder, name)
const here = (rows: [string, ...unknown[]][]) => rows.filter(([name]) => folder !== '' && existsSync(at(name)))
const json = (name: string) => JSON.parse(readFileSync(at(name), 'utf8')) as JsonObject

function read(exchange: Exchange, body: Json, type = 'application/json') {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const whole = exchange.whole(bytes, { 'content-type': type })
  if ('failure' in whole) throw new Error(whole.failure.message)
  return { ...whole, text: Buffer.from(whole.body).toString() }
}
const replyOf = ({ text }: { text: string }) => JSON.parse(text) as JsonObject
const found = (row: unknown[]) => row as [string, string | undefined, unknown]

describe.runIf(folder !== '')('recorded embeddings', () => {
  const rows = here([
    [
      'openai/embedding/openai-embedding.json',
      undefined,
      (told: JsonObject) => listOf(told.data).map((one) => objectOf(one).embedding),
    ],
    ['cohere/cohere-embedding.json', 'cohere', (told: JsonObject) => objectOf(told.embeddings).float],
    [
      'google-vertex/google-vertex-embedding.json',
      'vertex',
      (told: JsonObject) => listOf(told.predictions).map((one) => objectOf(objectOf(one).embeddings).values),
    ],
    [
      'voyage/voyage-embedding.json',
      'voyage',
      (told: JsonObject) => listOf(told.data).map((one) => objectOf(one).embedding),
    ],
  ])

  test.each(rows)('%s', async (...row) => {
    const [name, codec] = found(row)
    const told = json(name)
    const vectors = (row[2] as (told: JsonObject) => Json[])(told)
    const call = embeddingsCall(JSON.stringify({ model: 'm', input: vectors.map(String) }))
    const reply = read(await embeddingsExchange(call, options(codec ? { codec } : {})), told)

    expect(listOf(replyOf(reply).data).map((one) => objectOf(one).embedding)).toEqual(vectors)
    expect(reply.seen.usage?.prompt).toBeGreaterThan(0)
  })
})

describe.runIf(folder !== '')('recorded pictures', () => {
  const rows = here([['openai/image/openai-image.json'], ['openai/image/openai-image-edit.json']])

  test.each(rows)('%s', async (name) => {
    const told = json(name)
    const call = imagesCall(JSON.stringify({ model: 'm', prompt: 'p' }))
    const reply = read(await imagesExchange(call, options()), told)

    expect(replyOf(reply)).toEqual(told)
    expect(reply.seen.units?.images).toBe(listOf(told.data).length)
  })

  test.each(here([['openai/image/gpt-image-response-format-error.json']]))('%s', async (name) => {
    const exchange = await imagesExchange(imagesCall('{"model":"m","prompt":"p"}'), options())

    expect(exchange.failure(400, {}, readFileSync(at(name)))).toMatchObject({
      kind: 'bad_request',
      param: 'response_format',
    })
  })
})

describe.runIf(folder !== '')('recorded transcripts', () => {
  const parts = (format: string) => [
    { name: 'model', body: Buffer.from('m') },
    { name: 'response_format', body: Buffer.from(format) },
    { name: 'file', filename: 'a.wav', contentType: 'audio/wav', body: Buffer.alloc(9000) },
  ]
  const hear = (format: string, codec?: string) =>
    transcriptionExchange(
      transcriptionCall({
        bytes: Buffer.concat(printForm(parts(format), 'XX')),
        contentType: 'multipart/form-data; boundary=XX',
      }),
      options(codec ? { codec } : {}),
    )
  const rows = here([
    ['openai/transcription/openai-transcription.json', undefined, 37],
    ['mistral/mistral-transcription.json', 'mistral', 36],
    ['deepgram/deepgram-transcription.json', 'deepgram', 36.744],
    ['elevenlabs/elevenlabs-transcription.json', 'elevenlabs', 23],
    ['fal/fal-transcription-result.json', 'fal', 23],
  ])

  test.each(rows)('%s', async (...row) => {
    const [name, codec, seconds] = found(row)
    const told = json(name)
    const reply = read(await hear('verbose_json', codec), told)
    const alternative = objectOf(listOf(objectOf(listOf(objectOf(told.results).channels)[0]).alternatives)[0])

    expect(replyOf(reply).text).toBe(told.text ?? alternative.transcript)
    expect(reply.seen.units?.audioSeconds).toBe(seconds)
  })

  test.each(here([['groq/groq-transcription-text.json']]))('%s', async (name) => {
    const { headers, body } = json(name)
    const type = objectOf(headers)['content-type']
    const reply = read(await hear('text'), body ?? '', typeof type === 'string' ? type : '')

    expect(reply).toMatchObject({ text: body, contentType: type })
  })
})

describe.runIf(folder !== '')('recorded orders', () => {
  const rows = here([
    ['cohere/reranking/cohere-reranking.1.json', 'cohere'],
    ['togetherai/reranking/togetherai-reranking.1.json', 'cohere'],
    ['voyage/reranking/voyage-reranking.1.json', 'voyage'],
  ])

  test.each(rows)('%s', (...row) => {
    const [name, codec] = found(row)
    const told = json(name)
    const call = rerankCall(JSON.stringify({ model: 'm', query: 'q', documents: ['a', 'b', 'c', 'd', 'e', 'f'] }))
    const reply = read(rerankExchange(call, options({ codec: codec ?? 'cohere' })), told)
    const given = listOf(told.results ?? told.data).map(objectOf)

    expect(listOf(replyOf(reply).results)).toEqual(
      given.map(({ index, relevance_score: score }) => ({ index, relevance_score: score })),
    )
    expect(reply.seen.usage ?? reply.seen.units).toBeDefined()
  })
})
