import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { systemClock } from '../../lib/core/clock.ts'
import type { Deployment } from '../../lib/core/deployment.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import { tokenSigner } from '../../lib/net/tokens.ts'
import { undiciUpstream } from '../../lib/net/upstream.ts'
import { config, deployment } from '../support/configuration.ts'
import { fixture, framed } from '../support/gemini.ts'
import { type Machine, startMachine } from '../support/machine.ts'
import { accumulated, messageOf } from '../support/translated.ts'

type Seen = { url: string; headers: NodeJS.Dict<string | string[]>; body: string }
const seen: Seen[] = []
const candidate = { content: { role: 'model', parts: [{ text: 'Hello there.' }] }, finishReason: 'STOP' }
const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 3, thoughtsTokenCount: 10, totalTokenCount: 18 }
const answer = { candidates: [candidate], usageMetadata, modelVersion: 'gemini-2.5-flash-001', responseId: 'r-1' }
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text: 'Hello.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 4, output_tokens: 2 },
}
const busy = {
  error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Slow down.', details: [{ retryDelay: '7s' }] },
}

/** Google's three doors in a few lines: its token service, its own models, and Claude's in its envelope. */
const google = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const url = decodeURIComponent(request.url ?? '')
    seen.push({ url, headers: request.headers, body: Buffer.concat(parts).toString() })
    const reply = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body))
    if (url === '/token') reply(200, { access_token: 'ya29.made', expires_in: 3600 })
    else if (url.includes('busy')) reply(429, busy)
    else if (url.includes('blocked'))
      reply(200, { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 5 } })
    else if (url.endsWith('/count-tokens:rawPredict')) reply(200, { input_tokens: 17 })
    else if (url.includes(':rawPredict')) reply(200, message)
    else if (url.includes(':generateContent')) reply(200, answer)
    else if (url.includes('cut')) response.end(framed(fixture('tools').split('\n').slice(0, 2).join('\n')))
    else response.end(framed(fixture('tools')))
  })
})

let machine: Machine
let key: string

beforeAll(async () => {
  await new Promise<void>((listening) => void google.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(google.address() as AddressInfo).port}`
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const account = {
    client_email: 'gateway@p-1.example',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    token_uri: `${url}/token`,
  }
  const price = { input: 1_000_000, output: 2_000_000, source: 'test' }
  const served = (group: string, over: Partial<Deployment>) =>
    deployment({ group, id: `id-${group}`, price, maxOutputTokens: 4000, ...over })
  const studio = (group: string, model: string) =>
    served(group, { provider: 'gemini', model, apiBase: { value: `${url}/v1beta` } })
  const vertex = (group: string, model: string) =>
    served(group, {
      provider: 'vertex_ai',
      model,
      apiBase: { value: url },
      apiKey: { value: JSON.stringify(account) },
      variables: { project: { value: 'p-1' }, location: { value: 'eu' } },
    })
  machine = await startMachine(
    config({
      deployments: [
        studio('flash', 'gemini-2.5-flash'),
        studio('busy', 'gemini-busy'),
        studio('blocked', 'gemini-blocked'),
        studio('cut', 'gemini-cut'),
        vertex('pro', 'gemini-3-pro-preview'),
        vertex('claude', 'claude-sonnet-4-5'),
      ],
    }),
    { sign: tokenSigner(undiciUpstream(), systemClock) },
  )
  key = (await machine.makeKey()).plain
})
afterAll(async () => {
  await machine.stop()
  await new Promise((closed) => void google.close(closed))
})
beforeEach(() => {
  seen.length = 0
  machine.published.length = 0
})

const ask = (model: string, over: JsonObject = {}, path = '/v1/chat/completions') =>
  machine.call({ path, key, json: { model, messages: [{ role: 'user', content: 'Hello' }], ...over } } as never)

describe('Gemini behind the gateway', () => {
  it('answers at AI Studio, with its key in a header, and is booked with its thoughts', async () => {
    const reply = await ask('flash')

    expect(reply.status).toBe(200)
    expect(messageOf(reply.text)).toMatchObject({ content: 'Hello there.', finish: 'stop', model: 'flash' })
    expect(seen[0]?.url).toBe('/v1beta/models/gemini-2.5-flash:generateContent')
    expect(seen[0]?.headers['x-goog-api-key']).toBe('sk-upstream')
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] })
    const [spend] = machine.spends()
    expect(spend).toMatchObject({ outcome: 'completed', estimated: false, cost: 5 * 1000 + 13 * 2000 })
  })

  it('streams on Vertex, with a token that was made from the account and is kept', async () => {
    const replies = [await ask('pro', { stream: true }), await ask('pro', { stream: true })]

    expect(accumulated(replies[0]?.text ?? '')).toMatchObject({ finish: 'tool_calls' })
    expect(seen.map(({ url }) => url)).toEqual([
      '/token',
      ...[1, 2].map(
        () =>
          '/v1beta1/projects/p-1/locations/eu/publishers/google/models/gemini-3-pro-preview:streamGenerateContent?alt=sse',
      ),
    ])
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer ya29.made')
  })

  it('says how long to wait where it is busy', async () => {
    const reply = await ask('busy')

    expect(reply.status).toBe(429)
    expect(reply.headers['retry-after']).toBe('7')
    expect(reply.text).toContain('Slow down.')
  })

  it('charges for a blocked prompt what was counted, not the worst that could have been', async () => {
    const { plain } = await machine.makeKey({ limit: 10_000_000_000 })
    const reply = await machine.call({
      path: '/v1/chat/completions',
      key: plain,
      json: { model: 'blocked', messages: [{ role: 'user', content: 'Hello' }] },
    } as never)

    expect(reply.status).toBe(400)
    expect(reply.text).toContain('SAFETY')
    expect(machine.spends()).toMatchObject([{ outcome: 'failed', estimated: false, cost: 5 * 1000 }])
  })

  it('never ends clean where its stream was cut', async () => {
    const reply = await ask('cut', { stream: true })

    expect(reply.text).toContain('"error"')
    expect(reply.text).not.toContain('[DONE]')
    expect(machine.spends()[0]).toMatchObject({ outcome: 'partial' })
  })
})

describe('Claude on Vertex behind the gateway', () => {
  it('is made to call a tool where structured output is asked for, which it has not there', async () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false }
    await ask('claude', { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })

    const body = JSON.parse(seen.at(-1)?.body ?? '') as JsonObject
    expect(body).toMatchObject({ tools: [{ name: 'json' }], tool_choice: { type: 'tool', name: 'json' } })
    expect(body).not.toHaveProperty('output_config')
  })

  it.each(['/v1/chat/completions', '/v1/messages'])(
    'is told model and version where they belong (%s)',
    async (path) => {
      const reply = await ask('claude', { max_tokens: 20 }, path)

      expect(reply.status).toBe(200)
      expect(reply.text).toContain('Hello.')
      const last = seen.at(-1)
      expect(last?.url).toBe('/v1/projects/p-1/locations/eu/publishers/anthropic/models/claude-sonnet-4-5:rawPredict')
      const body = JSON.parse(last?.body ?? '') as JsonObject
      expect(body).toMatchObject({ anthropic_version: 'vertex-2023-10-16', max_tokens: 20 })
      expect(body).not.toHaveProperty('model')
      expect(last?.headers).not.toHaveProperty('anthropic-version')
    },
  )

  it('counts at the endpoint that its publisher has for all of its models', async () => {
    const reply = await ask('claude', { max_tokens: 20 }, '/v1/messages/count_tokens')

    expect(JSON.parse(reply.text)).toEqual({ input_tokens: 17 })
    const last = seen.at(-1)
    expect(last?.url).toBe('/v1/projects/p-1/locations/eu/publishers/anthropic/models/count-tokens:rawPredict')
    expect(JSON.parse(last?.body ?? '')).toEqual({
      model: 'claude-sonnet-4-5',
      messages: [{ role: 'user', content: 'Hello' }],
      anthropic_version: 'vertex-2023-10-16',
    })
    expect(last?.headers).toMatchObject({ authorization: 'Bearer ya29.made' })
    expect(last?.headers).not.toHaveProperty('anthropic-version')
  })
})
