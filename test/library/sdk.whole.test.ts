import OpenAI, { AuthenticationError, RateLimitError } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BookkeepingGateway, createGateway } from '../../lib/library/index.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import type { LogRow } from '../whole/server.ts'
import { allOf, folder, rejection, scripts, textOf } from './gateways.ts'

// The SDK in front of a gateway with a data directory: what holds over HTTP must hold without it.
const at = folder()
let upstream: ScriptedUpstream
let gateway: BookkeepingGateway
let openai: OpenAI

beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await createGateway({ config: scripts(upstream.url), env: {}, dataDir: at.dataDir })
  openai = new OpenAI({ ...gateway.clientOptions, maxRetries: 0 })
})
afterAll(async () => {
  await gateway.close()
  at.remove()
  await upstream.stop()
})

const messages = [{ role: 'user' as const, content: 'Say words.' }]
const words = 'w0 w1 w2 w3 w4 w5 w6 w7'

async function asked<T>(path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${gateway.clientOptions.apiKey}` }
  const init = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers }
  return (await (await gateway.fetch(`http://any.host${path}`, init)).json()) as T
}
const makeKey = async (fields: object) => (await asked<{ key: string }>('/key/generate', fields)).key
const clientOf = (apiKey: string) => new OpenAI({ apiKey, fetch: gateway.fetch, maxRetries: 0 })

test.each(['ok', 'claude/ok'])('%s: whole and streamed answers', async (model) => {
  const whole = await openai.chat.completions.create({ model, messages, max_tokens: 20 })
  const stream = await openai.chat.completions.create({ model, messages, max_tokens: 20, stream: true })

  expect(whole.choices[0]?.message.content).toBe(words)
  expect(await textOf(stream)).toBe(words)
})

test('embeddings, responses and the list of models', async () => {
  const { data } = await openai.embeddings.create({ model: 'ok', input: 'a' })
  const { output_text } = await openai.responses.create({ model: 'ok', input: 'Say words.' })
  const models = await allOf(openai.models.list())

  expect(data[0]?.embedding).toEqual([0.5, -0.25])
  expect(output_text).toBe(words)
  expect(models.map(({ id }) => id)).toContain('*')
})

test('a client made for the provider itself needs nothing but the fetch', async () => {
  const answer = await clientOf(await makeKey({})).chat.completions.create({ model: 'ok', messages })

  expect(answer.choices[0]?.message.content).toBe(words)
})

test('a key that nobody made is refused', async () => {
  expect(await rejection(clientOf('sk-nobody').chat.completions.create({ model: 'ok', messages }))).toBeInstanceOf(
    AuthenticationError,
  )
})

test('a cut stream is an error for the SDK', async () => {
  const stream = await openai.chat.completions.create({ model: 'cut,after=3', messages, stream: true })

  await expect(textOf(stream)).rejects.toThrow()
})

test("an aborted stream ends as the SDK's aborts do, and is booked", async () => {
  const key = await makeKey({ key_alias: 'leaves' })
  const stream = await clientOf(key).chat.completions.create({ model: 'ok,gap=50', messages, stream: true })
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) stream.controller.abort()
  await gateway.close()
  gateway = await createGateway({ config: scripts(upstream.url), env: {}, dataDir: at.dataDir })
  openai = new OpenAI({ ...gateway.clientOptions, maxRetries: 0 })

  const logs = await asked<LogRow[]>('/spend/logs')
  expect(logs.filter(({ outcome }) => outcome === 'client_left')).toHaveLength(1)
})

test('a hard budget holds over a rush of calls, by SDK and by completion', async () => {
  const max_budget = 0.002
  const key = await makeKey({ max_budget })
  const client = clientOf(key)
  const model = 'ok,tokens=100'
  const bySdk = () => client.chat.completions.create({ model, messages, max_tokens: 100 })
  const byCall = () => gateway.completion({ model, messages, max_tokens: 100 }, { key })
  const outcomes = await Promise.allSettled(Array.from({ length: 30 }, (_, i) => (i % 2 ? bySdk() : byCall())))
  await gateway.settled()

  const { info } = await asked<{ info: { spend: number } }>(`/key/info?key=${key}`)
  const answered = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value.usage] : []))
  const refused = outcomes.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []))
  const paid = answered.reduce((sum, usage) => sum + Number((usage as { cost?: number } | undefined)?.cost), 0)
  expect(answered.length).toBeGreaterThan(0)
  expect(refused.length).toBeGreaterThan(0)
  for (const error of refused) expect(error).toMatchObject({ status: 429, type: 'budget_exceeded' })
  expect(refused.some((error) => error instanceof RateLimitError)).toBe(true)
  expect(info.spend).toBeCloseTo(paid, 9)
  expect(info.spend).toBeLessThanOrEqual(max_budget)
})

test("the gateway's own key is the one whose budget counts, where it is given", async () => {
  const key = await makeKey({ max_budget: 0 })
  await gateway.close()
  gateway = await createGateway({ config: scripts(upstream.url), env: {}, dataDir: at.dataDir, key })

  const error = await rejection(gateway.completion({ model: 'ok', messages }))

  expect(gateway.clientOptions.apiKey).toBe(key)
  expect(error).toMatchObject({
    status: 429,
    type: 'budget_exceeded',
    error: expect.objectContaining({ param: null }) as object,
  })
})

test('a folder that another gateway has is refused', async () => {
  const error = await rejection(createGateway({ config: scripts(upstream.url), env: {}, dataDir: at.dataDir }))

  expect(String(error)).toMatch(/in use/)
})
