import { createOpenAI } from '@ai-sdk/openai'
import { Agent, OpenAIResponsesModel, run, setTracingDisabled, tool as agentTool } from '@openai/agents'
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'
import OpenAI, { AuthenticationError, BadRequestError, RateLimitError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Clients, startClients } from './server.ts'

let clients: Clients
let key: string
let openai: OpenAI

const scripts = [
  ...['ok', 'agent', 'cut,after=3', 'error-late', 'context', 'status,status=429,retry-after=7'],
  ...['ok,only=chat', 'agent,only=chat', 'cut,after=3,only=chat'],
]

beforeAll(async () => {
  clients = await startClients(scripts)
  key = await clients.server.makeKey({})
  openai = client(key)
  setTracingDisabled(true)
})
afterAll(() => clients.stop())

const client = (apiKey: string) => new OpenAI({ baseURL: `${clients.server.url}/v1`, apiKey, maxRetries: 0 })
const words = 'w0 w1 w2 w3 w4 w5 w6 w7'
const results = 'Results: weather 0, time 0, weather 1, time 1'

/** A provider of the API itself, one of chats alone, and one of another tongue. */
const hosts = [
  ['openai', ''],
  ['openai', ',only=chat'],
  ['anthropic', ''],
] as const

describe.each(hosts)("OpenAI's SDK in front of %s%s", (host, more) => {
  test('reads a whole response, and goes on from it', async () => {
    const first = await openai.responses.create({ model: `${host}:ok${more}`, input: 'Say words.' })
    const second = await openai.responses.create({
      model: `${host}:ok${more}`,
      input: 'Again.',
      previous_response_id: first.id,
    })

    expect([first.output_text, second.output_text]).toEqual([words, words])
    expect(second.previous_response_id).toBe(first.id)
    expect(second.usage?.output_tokens).toBe(8)
    expect((await openai.responses.retrieve(first.id)).output_text).toBe(words)
    const items = await openai.responses.inputItems.list(second.id)
    expect(items.data).toHaveLength(3)
    await openai.responses.delete(first.id)
    await expect(openai.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 })
  })

  test('accumulates a stream to the same response', async () => {
    const stream = openai.responses.stream({ model: `${host}:ok${more}`, input: 'Say words.' })
    const numbers: number[] = []
    for await (const event of stream) numbers.push(event.sequence_number)
    const response = await stream.finalResponse()

    expect(response).toMatchObject({ output_text: words, status: 'completed', model: `${host}:ok${more}` })
    expect(numbers).toEqual(numbers.map((_, at) => at))
  })

  test('sees a stream that broke off as an error', async () => {
    const read = async () => {
      const stream = await openai.responses.create({ model: `${host}:cut,after=3${more}`, input: 'x', stream: true })
      for await (const _ of stream) continue
    }

    await expect(read()).rejects.toThrow()
  })
})

const parameters = z.object({ round: z.number(), nth: z.number() })

describe.each(hosts)('an agent of the Agents SDK in front of %s%s', (host, more) => {
  test.each([false, true])('calls tools side by side over turns (streamed: %s)', async (stream) => {
    const model = new OpenAIResponsesModel(openai, `${host}:agent${more}`)
    const agent = new Agent({
      name: 'a',
      model,
      tools: ['weather', 'time'].map((name) =>
        agentTool({ name, description: name, parameters, execute: ({ round }) => `${name} ${round}` }),
      ),
    })
    if (!stream) return expect((await run(agent, 'Look.')).finalOutput).toBe(results)
    const streamed = await run(agent, 'Look.', { stream })
    await streamed.completed
    expect(streamed.finalOutput).toBe(results)
  })
})

describe.each(hosts)('the AI SDK in front of %s%s', (host, more) => {
  const tools = Object.fromEntries(
    ['weather', 'time'].map((name) => [
      name,
      tool({
        inputSchema: jsonSchema<{ round: number }>({
          type: 'object',
          properties: { round: { type: 'number' }, nth: { type: 'number' } },
        }),
        execute: async ({ round }) => `${name} ${round}`,
      }),
    ]),
  )
  const asked = (store: boolean) => ({
    model: createOpenAI({ baseURL: `${clients.server.url}/v1`, apiKey: key })(`${host}:agent${more}`),
    prompt: 'Look.',
    tools,
    maxRetries: 0,
    stopWhen: stepCountIs(5),
    providerOptions: { openai: { store } },
  })

  // With `store` it sends references to items, without it the items themselves.
  test.each([true, false])('calls tools side by side over steps (store: %s)', async (store) => {
    const { text, steps } = await generateText(asked(store))

    expect(text).toBe(results)
    expect(steps).toHaveLength(3)
  })

  test.each([true, false])('streams the same (store: %s)', async (store) => {
    const errors: unknown[] = []
    const stream = streamText({ ...asked(store), onError: ({ error }) => void errors.push(error) })

    expect(await stream.text).toBe(results)
    expect(errors).toEqual([])
    expect((await stream.totalUsage).outputTokens).toBe(27)
  })
})

test('errors have the types that the SDK knows', async () => {
  const ask = (sdk: OpenAI, model: string, more = {}) => sdk.responses.create({ model, input: 'x', ...more })

  await expect(ask(client('sk-wrong'), 'openai:ok')).rejects.toThrow(AuthenticationError)
  await expect(ask(openai, 'openai:context')).rejects.toThrow(BadRequestError)
  await expect(ask(openai, 'openai:ok', { background: true })).rejects.toThrow(BadRequestError)
  await expect(ask(openai, 'openai:status,status=429,retry-after=7')).rejects.toThrow(RateLimitError)
})
