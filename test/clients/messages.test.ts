import Anthropic, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listOf, objectOf } from '../../lib/core/json.ts'
import { signature } from '../support/agent-script.ts'
import { type Clients, hosts, startClients } from './server.ts'

let clients: Clients
let anthropic: Anthropic

beforeAll(async () => {
  clients = await startClients([
    'ok',
    'agent',
    'cut,after=3',
    'error-late',
    'clean-cut',
    'context',
    'status,status=429,retry-after=7',
    'status,status=529',
  ])
  anthropic = await client()
})
afterAll(() => clients.stop())
beforeEach(() => void (clients.upstream.seen.length = 0))

const client = async (fields = {}, more = {}) =>
  new Anthropic({
    baseURL: clients.server.url,
    apiKey: await clients.server.makeKey(fields),
    maxRetries: 0,
    ...more,
  })

const words = 'w0 w1 w2 w3 w4 w5 w6 w7'
const asked = { max_tokens: 50, messages: [{ role: 'user' as const, content: 'Say words.' }] }
const tools: Anthropic.Tool[] = ['weather', 'time'].map((name) => ({
  name,
  input_schema: { type: 'object', properties: { round: { type: 'number' }, nth: { type: 'number' } } },
}))
const failed = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each(hosts)("Anthropic's SDK in front of %s", (host) => {
  test('reads a whole message, with its usage', async () => {
    const message = await anthropic.messages.create({ ...asked, model: `${host}:ok` })

    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: `${host}:ok`,
      content: [{ type: 'text', text: words }],
      stop_reason: 'end_turn',
      usage: { output_tokens: 8, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    })
    expect(message.usage.input_tokens).toBeGreaterThan(0)
  })

  test('reads a stream piece by piece, and what it adds up to', async () => {
    const stream = anthropic.messages.stream({ ...asked, model: `${host}:ok` })
    const pieces: string[] = []
    stream.on('text', (piece) => void pieces.push(piece))
    const message = await stream.finalMessage()

    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces.join('')).toBe(words)
    expect(message).toMatchObject({ content: [{ type: 'text', text: words }], usage: { output_tokens: 8 } })
  })

  test.each(['whole', 'streamed'])('calls tools in parallel over several turns, thinking kept (%s)', async (way) => {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Find out.' }]
    const ask = async (): Promise<Anthropic.Message> => {
      const body = {
        model: `${host}:agent`,
        max_tokens: 4000,
        messages,
        tools,
        thinking: { type: 'adaptive' as const },
      }
      return way === 'whole' ? anthropic.messages.create(body) : anthropic.messages.stream(body).finalMessage()
    }
    let message = await ask()
    for (let turn = 0; message.stop_reason === 'tool_use'; turn++) {
      const calls = message.content.filter((block) => block.type === 'tool_use')
      expect(calls.map(({ name, input }) => [name, input])).toEqual([
        ['weather', { round: turn, nth: 0 }],
        ['time', { round: turn, nth: 1 }],
      ])
      expect(message.content[0]).toMatchObject({ type: 'thinking', thinking: 'Let me see. ' })
      messages.push({ role: 'assistant', content: message.content })
      messages.push({
        role: 'user',
        content: calls.map(({ id, name }) => ({ type: 'tool_result', tool_use_id: id, content: `${name} ${turn}` })),
      })
      message = await ask()
    }

    expect(messages).toHaveLength(5)
    expect(message.content.at(-1)).toEqual(
      expect.objectContaining({ type: 'text', text: 'Results: weather 0, time 0, weather 1, time 1' }),
    )
    expect(message.usage).toMatchObject({ cache_read_input_tokens: 5 })
    const last = clients.upstream.seen.at(-1)
    expect(message.usage.input_tokens).toBe((last?.promptTokens ?? 0) - 5)
    if (host === 'anthropic') {
      const sent = listOf(last?.body.messages).flatMap((one) => listOf(objectOf(one).content).map(objectOf))
      expect(sent.filter(({ type }) => type === 'thinking').map((block) => block.signature)).toEqual([
        signature,
        signature,
      ])
    }
  })

  test('runs an agent with the tool runner of the SDK', async () => {
    const runner = anthropic.beta.messages.toolRunner({
      model: `${host}:agent`,
      max_tokens: 4000,
      messages: [{ role: 'user', content: 'Find out.' }],
      tools: tools.map((tool) => ({
        ...tool,
        type: 'custom' as const,
        run: () => `${tool.name} done`,
        parse: (input: unknown) => input,
      })),
    })
    const message = await runner

    expect(message.content.at(-1)).toMatchObject({
      type: 'text',
      text: 'Results: weather done, time done, weather done, time done',
    })
  })

  test('sends images and files, and counts tokens', async () => {
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const content: Anthropic.ContentBlockParam[] = [
      { type: 'text', text: 'Look' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
    ]
    await anthropic.messages.create({ model: `${host}:ok`, max_tokens: 20, messages: [{ role: 'user', content }] })
    const { input_tokens: counted } = await anthropic.messages.countTokens({
      model: `${host}:ok`,
      messages: [{ role: 'user', content }],
      tools,
    })

    expect(JSON.stringify(clients.upstream.seen[0]?.body)).toContain(png)
    expect(counted).toBeGreaterThan(20)
  })

  test.each(['cut,after=3', 'error-late', 'clean-cut'])('sees %s as an error, never as an end', async (script) => {
    const stream = anthropic.messages.stream({ ...asked, model: `${host}:${script}` })
    const summed = await failed(stream.finalMessage())
    const raw = await anthropic.messages.create({ ...asked, model: `${host}:${script}`, stream: true })
    const read = async () => {
      for await (const event of raw) if (event.type === 'message_stop') return
    }

    expect(summed).toBeInstanceOf(Error)
    expect(await failed(read())).toBeInstanceOf(APIError)
  })

  test('throws its typed errors', async () => {
    const ask = (script: string, from = anthropic) =>
      failed(from.messages.create({ ...asked, model: `${host}:${script}` }))
    const limited = await ask('status,status=429,retry-after=7')
    const stranger = new Anthropic({ baseURL: clients.server.url, apiKey: 'sk-unknown', maxRetries: 0 })
    const bearer = new Anthropic({ baseURL: clients.server.url, apiKey: null, authToken: 'sk-unknown', maxRetries: 0 })

    expect(limited).toBeInstanceOf(RateLimitError)
    expect((limited as APIError).headers?.get('retry-after')).toBe('7')
    expect(await ask('status,status=529')).toMatchObject({ status: 529, type: 'overloaded_error' })
    expect(await ask('status,status=529')).toBeInstanceOf(InternalServerError)
    expect(await ask('context')).toBeInstanceOf(BadRequestError)
    expect(await ask('nothing-serves-this')).toBeInstanceOf(NotFoundError)
    expect(await ask('ok', stranger)).toBeInstanceOf(AuthenticationError)
    expect(await ask('ok', bearer)).toBeInstanceOf(AuthenticationError)
    expect(await ask('ok', await client({ models: ['other'] }))).toBeInstanceOf(PermissionDeniedError)
    expect(await ask('ok', await client({ max_budget: 0 }))).toBeInstanceOf(RateLimitError)
    expect((await ask('ok', stranger)) as APIError).toMatchObject({ requestID: expect.any(String) as string })
  })
})

test('the SDK lists models, in its own type', async () => {
  const ids: string[] = []
  for await (const model of anthropic.models.list({ limit: 3 })) {
    expect(model).toMatchObject({ type: 'model', display_name: model.id })
    ids.push(model.id)
  }

  expect(ids).toContain('anthropic:ok')
  expect(await anthropic.models.retrieve('openai:ok')).toMatchObject({ type: 'model', id: 'openai:ok' })
})
