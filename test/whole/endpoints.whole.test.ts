import OpenAI, { BadRequestError, toFile } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type Asked, type Host, startHost } from '../support/host.ts'
import { eventually, home, type Home, type Server, startServer } from './server.ts'

let host: Host
let at: Home
let server: Server
let openai: OpenAI

const answers: Record<string, (asked: Asked) => Answer> = {
  '/v1/images/generations': () => ({ body: { created: 1, data: [{ b64_json: 'QQ==' }] } }),
  '/v1/images/edits': () => ({ body: { created: 1, data: [{ b64_json: 'QQ==' }] } }),
  '/v1/audio/speech': () => ({ type: 'audio/mpeg', chunks: ['ID3', 'audio'] }),
  '/v1/audio/transcriptions': ({ text }) =>
    text.includes('name="response_format"\r\n\r\nsrt')
      ? { type: 'text/plain', body: '1\n00:00:00,000 --> 00:00:01,000\nHi.\n' }
      : { body: { text: 'Hi.', usage: { type: 'duration', seconds: 7 } } },
  '/v1/audio/translations': () => ({ body: { text: 'Hi.' } }),
  '/v1/moderations': () => ({ body: { id: 'm', model: 'x', results: [{ flagged: true }] } }),
  '/v1/embeddings': () => ({ body: { data: [{ index: 0, embedding: [0.5, -0.25] }], usage: { prompt_tokens: 2 } } }),
  '/v1/completions': () => ({
    type: 'text/event-stream',
    chunks: [
      'data: {"id":"c","choices":[{"index":0,"text":" upon","finish_reason":"stop"}]}\n\n',
      'data: {"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n',
      'data: [DONE]\n\n',
    ],
  }),
}

beforeAll(async () => {
  host = await startHost((asked) => answers[asked.path]?.(asked) ?? { status: 404, body: { error: { message: 'no' } } })
  const to = { api_base: `${host.url}/v1`, api_key: 'sk-up' }
  const model = (name: string, prices: Record<string, number>) => ({
    name,
    params: { model: `openai/${name}`, ...to, ...prices },
  })
  const perToken = { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 }
  at = home([
    model('painter', { output_cost_per_image: 0.04 }),
    model('voice', { input_cost_per_character: 0.00001 }),
    model('ears', { input_cost_per_second: 0.0001 }),
    model('guard', perToken),
    model('vectors', perToken),
    model('old', perToken),
  ])
  server = await startServer(at)
  openai = new OpenAI({
    baseURL: `${server.url}/v1`,
    apiKey: await server.makeKey({ max_budget: 10 }),
    maxRetries: 0,
  })
})

afterAll(async () => {
  await server.stop()
  await at.remove()
  await host.stop()
})

const png = () => toFile(Buffer.from('PNG'), 'a.png', { type: 'image/png' })
const wav = () => toFile(Buffer.alloc(8000), 'a.wav', { type: 'audio/wav' })

test('pictures are made and edited', async () => {
  const made = await openai.images.generate({ model: 'painter', prompt: 'An otter.' })
  const edited = await openai.images.edit({ model: 'painter', prompt: 'A hat.', image: [await png(), await png()] })

  expect([made.data?.[0]?.b64_json, edited.data?.[0]?.b64_json]).toEqual(['QQ==', 'QQ=='])
  expect(host.last()?.text.match(/filename="a\.png"/g)).toHaveLength(2)
})

test('speech comes as the bytes that were spoken', async () => {
  const reply = await openai.audio.speech.create({ model: 'voice', voice: 'alloy', input: 'Hello.' })

  expect(Buffer.from(await reply.arrayBuffer()).toString()).toBe('ID3audio')
  expect(reply.headers.get('content-type')).toBe('audio/mpeg')
})

test('recordings are written down, in every format', async () => {
  const json = await openai.audio.transcriptions.create({ model: 'ears', file: await wav() })
  const srt = await openai.audio.transcriptions.create({ model: 'ears', file: await wav(), response_format: 'srt' })
  const english = await openai.audio.translations.create({ model: 'ears', file: await wav() })

  expect(json.text).toBe('Hi.')
  expect(srt).toContain('-->')
  expect(english.text).toBe('Hi.')
})

test('moderation, vectors and completions of old', async () => {
  const verdict = await openai.moderations.create({ model: 'guard', input: 'x' })
  const vectors = await openai.embeddings.create({ model: 'vectors', input: 'x' })
  const stream = await openai.completions.create({ model: 'old', prompt: 'Once', max_tokens: 5, stream: true })
  let text = ''
  for await (const chunk of stream) text += chunk.choices[0]?.text ?? ''

  expect(verdict.results[0]?.flagged).toBe(true)
  expect(vectors.data[0]?.embedding).toEqual([0.5, -0.25])
  expect(text).toBe(' upon')
})

test('every one of them is in the ledger with what it cost', async () => {
  type Row = { call_type: string; spend: number }
  const rows = await eventually(
    () => server.json<Row[]>('/spend/logs'),
    (found) => found.length >= 9,
  )
  const spent = (type: string) => rows.find(({ call_type: one }) => one === type)?.spend

  expect(spent('aimage_generation')).toBeCloseTo(0.04, 9)
  expect(spent('aimage_edit')).toBeCloseTo(0.04, 9)
  expect(spent('aspeech')).toBeCloseTo(0.00006, 9)
  expect(rows.some(({ call_type: type, spend }) => type === 'atranscription' && spend === 0.0007)).toBe(true)
  expect(spent('atext_completion')).toBeCloseTo(0.000002, 9)
})

test('a file that is none is the SDK’s bad request', async () => {
  const file = await toFile(Buffer.alloc(0), 'a.wav', { type: 'audio/wav' })

  await expect(openai.audio.transcriptions.create({ model: 'ears', file })).rejects.toBeInstanceOf(BadRequestError)
})
