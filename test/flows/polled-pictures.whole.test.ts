import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { type JsonObject, objectOf, tryParse } from '../../lib/core/json.ts'
import { publishedOf } from '../../lib/providers/catalogue.ts'
import { config, deployment } from '../support/configuration.ts'
import { dollars, type Machine, startMachine } from '../support/machine.ts'

type Asked = { method: string; path: string; key: string | undefined; body: JsonObject }
type Reply = { status?: number; body: JsonObject }

const asked: Asked[] = []
let replies: Reply[] = []
let url = ''

/** Answers in order; the last one again and again. */
const server = createServer((request, response) => {
  const bytes: Buffer[] = []
  request.on('data', (chunk: Buffer) => bytes.push(chunk))
  request.on('end', () => {
    const key = request.headers['x-key'] ?? request.headers.authorization
    asked.push({
      method: request.method ?? '',
      path: request.url ?? '',
      key: Array.isArray(key) ? key[0] : key,
      body: objectOf(tryParse(Buffer.concat(bytes).toString())),
    })
    const { status = 200, body } = (replies.length > 1 ? replies.shift() : replies[0]) ?? { body: {} }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
})

let machine: Machine

beforeAll(async () => {
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const served = (over: Partial<Deployment> & { group: string; provider: string; model: string }): Deployment => {
    const read = deployment({
      apiBase: { value: `${url}/v1` },
      apiKey: { value: 'k' },
      mode: 'image_generation',
      ...over,
    })
    return { ...read, ...publishedOf(read) }
  }
  machine = await startMachine(
    config({
      deployments: [
        served({ group: 'flux', provider: 'black_forest_labs', model: 'flux-pro-1.1' }),
        served({ group: 'kontext', provider: 'black_forest_labs', model: 'flux-kontext-max' }),
        served({ group: 'hurried', provider: 'black_forest_labs', model: 'flux-dev', timeoutMs: 900 }),
        served({
          group: 'sdxl',
          provider: 'replicate',
          model: 'stability-ai/sdxl',
          units: { image: dollars(0.01), source: 'test' },
        }),
        served({
          group: 'imagen',
          provider: 'gemini',
          model: 'imagen-4.0-fast-generate-001',
          apiBase: { value: `${url}/v1beta` },
        }),
        served({ group: 'sd3', provider: 'stability', model: 'sd3.5-large', apiBase: { value: url } }),
      ],
    }),
  )
})
afterAll(async () => {
  await machine.stop()
  server.close()
})
beforeEach(() => {
  machine.published.length = 0
  asked.length = 0
})

async function paint(model: string, more: JsonObject = {}) {
  const key = await machine.makeKey({ limit: dollars(1) })
  const json = { model, prompt: 'An otter.', ...more }
  const call = { path: '/v1/images/generations', key: key.plain, json }
  const answer = await machine.call(call)
  return { answer, events: machine.spends() }
}

const place = () => ({ body: { id: 't', polling_url: `${url}/v1/get_result?id=t` } })
const pending: Reply = { body: { id: 't', status: 'Pending', result: null } }
const ready: Reply = { body: { id: 't', status: 'Ready', result: { sample: 'https://pictures.example/otter.png' } } }

describe('a picture that is ready only later', () => {
  it('is asked for until it is there, with the key, and paid for once', async () => {
    replies = [place(), pending, { status: 503, body: {} }, pending, ready]

    const { answer, events } = await paint('flux', { size: '1024x768', seed: 7 })

    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      200,
      { data: [{ url: 'https://pictures.example/otter.png' }] },
    ])
    expect(events).toMatchObject([
      { cost: dollars(0.04), units: { images: 1 }, estimated: false, holds: [{ amount: dollars(0.04) }] },
    ])
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/flux-pro-1.1',
      ...Array.from({ length: 4 }, () => 'GET /v1/get_result?id=t'),
    ])
    expect(new Set(asked.map(({ key }) => key))).toEqual(new Set(['k']))
    expect(asked[0]?.body).toEqual({ prompt: 'An otter.', width: 1024, height: 768, seed: 7 })
  })

  it('is asked for by its ratio where the model knows no other size', async () => {
    replies = [place(), ready]

    const { events } = await paint('kontext', { size: '1792x1024' })

    expect(asked[0]?.body).toEqual({ prompt: 'An otter.', aspect_ratio: '16:9' })
    expect(events[0]?.cost).toBe(dollars(0.08))
  })

  it('that a filter refused is an error of its content', async () => {
    replies = [place(), { body: { id: 't', status: 'Content Moderated' } }]

    const { answer } = await paint('flux')

    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      400,
      { error: { code: 'content_policy_violation' } },
    ])
  })

  it('that is not ready in time costs its worst case, which stays held until then', async () => {
    replies = [place(), pending]

    const { answer, events } = await paint('hurried')

    expect(answer.status).toBe(408)
    expect(events).toMatchObject([{ cost: dollars(0.025), estimated: true, outcome: 'failed' }])
  })

  it('that was lost where it was asked for is an error that may have been billed', async () => {
    replies = [place(), { status: 404, body: { detail: 'Task not found' } }]

    const { answer, events } = await paint('flux')

    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(events).toMatchObject([{ cost: dollars(0.04), estimated: true }])
  })

  it('is not asked for at somebody else, who would learn the key', async () => {
    replies = [{ body: { id: 't', polling_url: `http://localhost:${new URL(url).port}/v1/get_result` } }, ready]

    const { answer, events } = await paint('flux')

    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect(asked).toHaveLength(1)
    expect(events).toHaveLength(1)
  })

  it('of a host that waits for it first is asked for only where that was not enough', async () => {
    const get = { urls: { get: `${url}/v1/predictions/p` } }
    replies = [
      { body: { id: 'p', status: 'processing', ...get } },
      { body: { id: 'p', status: 'succeeded', output: ['https://pictures.example/otter.png'], ...get } },
    ]

    const { answer, events } = await paint('sdxl')

    expect(answer.status).toBe(200)
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/predictions',
      'GET /v1/predictions/p',
    ])
    expect(events[0]?.cost).toBe(dollars(0.01))
  })

  it('of a host whose task failed is an error', async () => {
    replies = [{ body: { id: 'p', status: 'failed', error: 'out of memory' } }]

    expect((await paint('sdxl')).answer.status).toBeGreaterThanOrEqual(500)
  })
})

it('every version of one family is at one path, and named in the form', async () => {
  replies = [{ body: { image: 'QQ==', finish_reason: 'SUCCESS' } }]

  const { answer, events } = await paint('sd3')

  expect([answer.status, asked[0]?.path, events[0]?.cost]).toEqual([
    200,
    '/v2beta/stable-image/generate/sd3',
    dollars(0.065),
  ])
})

it('a model that makes nothing but pictures is asked for a prediction, and paid for by the picture', async () => {
  const picture = { mimeType: 'image/png', bytesBase64Encoded: 'QQ==' }
  replies = [{ body: { predictions: [picture, picture] } }]

  const { answer, events } = await paint('imagen', { n: 2 })

  expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
    200,
    { data: [{ b64_json: 'QQ==' }, { b64_json: 'QQ==' }] },
  ])
  expect(asked).toMatchObject([
    {
      path: '/v1beta/models/imagen-4.0-fast-generate-001:predict',
      body: { instances: [{ prompt: 'An otter.' }], parameters: { sampleCount: 2 } },
    },
  ])
  expect(events).toMatchObject([{ cost: dollars(0.04), units: { images: 2 }, holds: [{ amount: dollars(0.04) }] }])
})
