import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { home, type Home, type Server, startServer } from './server.ts'

let upstream: ScriptedUpstream
let at: Home
let server: Server
let openai: OpenAI

const prices = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 }
const kinds = ['openai', 'azure', 'anthropic', 'ollama'] as const

beforeAll(async () => {
  upstream = await startUpstream()
  const to = { api_base: upstream.url, api_key: 'sk-up', ...prices }
  const model = (name: string, model: string, more = {}) => ({ name, params: { model, ...to, ...more } })
  at = home(
    [
      ...kinds.flatMap((kind) => [model(kind, `${kind}/ok`), model(`${kind}-tool`, `${kind}/tool,parallel=2`)]),
      model('refused', 'openai/context'),
      model('limited', 'openai/status,status=429,retry-after=7'),
      model('cut', 'openai/cut,after=3,tokens=8'),
      model('unpriced', 'openai/ok', { input_cost_per_token: undefined, output_cost_per_token: undefined }),
      model('backed-up', 'openai/status,status=500'),
    ],
    { litellm_settings: { num_retries: 0, fallbacks: [{ 'backed-up': ['anthropic'] }] } },
  )
  server = await startServer(at)
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: await server.makeKey(), maxRetries: 0 })
})

afterAll(async () => {
  await server.stop()
  await at.remove()
  await upstream.stop()
})

const messages = [{ role: 'user' as const, content: 'Say words.' }]
const words = 'w0 w1 w2 w3 w4 w5 w6 w7'
const tools = ['weather', 'time'].map((name) => ({
  type: 'function' as const,
  function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}))

test.each(kinds)('%s: a whole answer with its usage and its cost', async (model) => {
  const answer = await openai.chat.completions.create({ model, messages, max_tokens: 20 })

  expect(answer.choices[0]).toMatchObject({ message: { role: 'assistant', content: words }, finish_reason: 'stop' })
  expect(answer.model).toBe(model)
  const { usage } = answer
  expect(usage).toMatchObject({ completion_tokens: 8 })
  expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + 8)
  expect(usage).toHaveProperty('cost', expect.closeTo((usage?.prompt_tokens ?? 0) * 1e-6 + 8 * 2e-6, 9))
})

test.each(kinds)('%s: a stream with usage at its end', async (model) => {
  const stream = await openai.chat.completions.create({
    model,
    messages,
    max_tokens: 20,
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let finish: string | null | undefined
  let completion: number | undefined
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    finish = chunk.choices[0]?.finish_reason ?? finish
    completion = chunk.usage?.completion_tokens ?? completion
  }

  expect({ text, finish, completion }).toEqual({ text: words, finish: 'stop', completion: 8 })
})

test.each(kinds)('%s: parallel tool calls, whole and streamed', async (kind) => {
  const model = `${kind}-tool`
  const whole = await openai.chat.completions.create({ model, messages, tools, max_tokens: 50 })
  const streamed = await openai.chat.completions
    .stream({ model, messages, tools, max_tokens: 50 })
    .finalChatCompletion()

  for (const { choices } of [whole, streamed]) {
    const calls = choices[0]?.message.tool_calls?.map((call) => call.type === 'function' && call.function)
    expect(choices[0]?.finish_reason).toBe('tool_calls')
    expect(calls?.map((call) => call && call.name)).toEqual(['weather', 'time'])
    expect(calls?.map((call) => call && JSON.parse(call.arguments))).toEqual([{ city: 'Oslo' }, { city: 'Oslo' }])
  }
})

test('embeddings, as floats and as the base64 that the SDK asks for', async () => {
  const answer = await openai.embeddings.create({ model: 'openai', input: ['a', 'b'] })

  expect(answer.data.map(({ embedding }) => embedding)).toEqual([
    [0.5, -0.25],
    [0.5, -0.25],
  ])
})

test('models lists what the key may use', async () => {
  const names = (await openai.models.list()).data.map(({ id }) => id)

  expect(names).toEqual(expect.arrayContaining([...kinds]))
})

test('errors are the typed ones of the SDK', async () => {
  const ask = (model: string, client = openai) =>
    client.chat.completions.create({ model, messages }).then(
      () => undefined,
      (error: unknown) => error,
    )
  const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-unknown', maxRetries: 0 })
  const poor = new OpenAI({
    baseURL: `${server.url}/v1`,
    apiKey: await server.makeKey({ max_budget: 0 }),
    maxRetries: 0,
  })
  const narrow = new OpenAI({
    baseURL: `${server.url}/v1`,
    apiKey: await server.makeKey({ models: ['azure'] }),
    maxRetries: 0,
  })

  expect(await ask('openai', stranger)).toBeInstanceOf(AuthenticationError)
  expect(await ask('no-such-model')).toBeInstanceOf(BadRequestError)
  expect(await ask('refused')).toMatchObject({ status: 400, code: 'context_length_exceeded' })
  const limited = await ask('limited')
  expect(limited).toBeInstanceOf(RateLimitError)
  expect(limited).toMatchObject({ headers: expect.any(Headers) as Headers })
  expect((limited as APIError).headers?.get('retry-after')).toBe('7')
  expect(await ask('openai', poor)).toMatchObject({ status: 429, type: 'budget_exceeded' })
  expect(await ask('openai', narrow)).toMatchObject({ status: 403, type: 'key_model_access_denied' })
  expect(await openai.models.retrieve('no-such-model').catch((error: unknown) => error)).toBeInstanceOf(NotFoundError)
})

test('a cut stream is an error for the SDK, never a clean end', async () => {
  const stream = await openai.chat.completions.create({ model: 'cut', messages, stream: true })
  const read = async () => {
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    return text
  }

  await expect(read()).rejects.toThrow()
})

test('a failing deployment is answered by its fallback, which says so', async () => {
  const { data, response } = await openai.chat.completions
    .create({ model: 'backed-up', messages, max_tokens: 20 })
    .withResponse()

  expect(data.choices[0]?.message.content).toBe(words)
  expect(response.headers.get('x-litellm-attempted-fallbacks')).toBe('1')
})

test('a model without a price is refused under a hard budget, and answered without one', async () => {
  const budgeted = new OpenAI({
    baseURL: `${server.url}/v1`,
    apiKey: await server.makeKey({ max_budget: 1 }),
    maxRetries: 0,
  })

  const refused = await budgeted.chat.completions
    .create({ model: 'unpriced', messages })
    .catch((error: unknown) => error)
  const answered = await openai.chat.completions.create({ model: 'unpriced', messages })

  expect(refused).toMatchObject({ status: 400 })
  expect(String(refused)).toContain('input_cost_per_token')
  expect(answered.choices[0]?.message.content).toBe(words)
})
