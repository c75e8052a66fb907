import { createOpenAI } from '@ai-sdk/openai'
import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool as agentTool } from '@openai/agents'
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai'
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError, toFile } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Clients, hosts, startClients } from './server.ts'

let clients: Clients
let openai: OpenAI

beforeAll(async () => {
  clients = await startClients([
    ...['ok', 'agent', 'form', 'look', 'cut,after=3', 'error-late', 'context'],
    'status,status=429,retry-after=7',
  ])
  openai = client(await clients.server.makeKey({ max_budget: 100 }))
  setTracingDisabled(true)
})
afterAll(() => clients.stop())

const client = (apiKey: string) => new OpenAI({ baseURL: `${clients.server.url}/v1`, apiKey, maxRetries: 0 })
const words = 'w0 w1 w2 w3 w4 w5 w6 w7'
const results = 'Results: weather 0, time 0, weather 1, time 1'
const messages = [{ role: 'user' as const, content: 'Say words.' }]
const visit = z.object({ city: z.string(), days: z.array(z.number()) })
const filled = { city: 'Oslo', days: [7] }
const parameters = z.object({ round: z.number(), nth: z.number() })
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const seen = 'Pictures: 6b7fa434'

describe.each(hosts)("OpenAI's SDK by chats in front of %s", (host) => {
  test('reads an answer, whole and streamed', async () => {
    const whole = await openai.chat.completions.create({ model: `${host}:ok`, messages })
    const streamed = await openai.chat.completions
      .stream({ model: `${host}:ok`, messages, stream_options: { include_usage: true } })
      .finalChatCompletion()

    expect([whole, streamed].map(({ choices }) => choices[0]?.message.content)).toEqual([words, words])
    expect([whole, streamed].map(({ usage }) => usage?.completion_tokens)).toEqual([8, 8])
  })

  test.each([true, false])('runs tools side by side over turns (streamed: %s)', async (stream) => {
    const tools = ['weather', 'time'].map((name) => ({
      type: 'function' as const,
      function: {
        name,
        description: name,
        parse: (text: string) => JSON.parse(text) as { round: number },
        function: ({ round }: { round: number }) => `${name} ${round}`,
        parameters: { type: 'object', properties: { round: { type: 'number' } } },
      },
    }))
    const asked = { model: `${host}:agent`, messages, tools }
    const runner = stream
      ? openai.chat.completions.runTools({ ...asked, stream: true })
      : openai.chat.completions.runTools(asked)

    expect(await runner.finalContent()).toBe(results)
  })

  test('parses an answer by its schema, whole and streamed', async () => {
    const asked = { model: `${host}:form`, messages, response_format: zodResponseFormat(visit, 'visit') }
    const whole = await openai.chat.completions.parse(asked)
    const streamed = await openai.chat.completions.stream(asked).finalChatCompletion()

    expect(whole.choices[0]?.message.parsed).toEqual(filled)
    expect(streamed.choices[0]?.message.parsed).toEqual(filled)
  })

  test('shows pictures', async () => {
    const url = `data:image/png;base64,${png}`
    const content = [
      { type: 'text' as const, text: 'Look.' },
      { type: 'image_url' as const, image_url: { url } },
    ]
    const answer = await openai.chat.completions.create({
      model: `${host}:look`,
      messages: [{ role: 'user', content }],
    })

    expect(answer.choices[0]?.message.content).toBe(seen)
  })

  test.each(['cut,after=3', 'error-late'])('sees %s as an error', async (script) => {
    const read = async () => {
      const stream = await openai.chat.completions.create({ model: `${host}:${script}`, messages, stream: true })
      for await (const _ of stream) continue
    }

    await expect(read()).rejects.toThrow(APIError)
  })

  test('throws its typed errors', async () => {
    const ask = (script: string, by = openai) => by.chat.completions.create({ model: `${host}:${script}`, messages })

    await expect(ask('ok', client('sk-unknown'))).rejects.toThrow(AuthenticationError)
    await expect(ask('context')).rejects.toThrow(BadRequestError)
    await expect(ask('status,status=429,retry-after=7')).rejects.toThrow(RateLimitError)
  })
})

describe.each(hosts)('the AI SDK by chats in front of %s', (host) => {
  const model = (script: string) =>
    createOpenAI({ baseURL: `${clients.server.url}/v1`, apiKey: openai.apiKey ?? '' }).chat(`${host}:${script}`)
  const tools = Object.fromEntries(
    ['weather', 'time'].map((name) => [
      name,
      tool({
        inputSchema: jsonSchema<{ round: number }>({ type: 'object', properties: { round: { type: 'number' } } }),
        execute: async ({ round }) => `${name} ${round}`,
      }),
    ]),
  )

  test('runs an agent, whole and streamed', async () => {
    const asked = { model: model('agent'), prompt: 'Look.', tools, maxRetries: 0, stopWhen: stepCountIs(5) }

    expect((await generateText(asked)).text).toBe(results)
    expect(await streamText(asked).text).toBe(results)
  })

  test('gets an object of a schema', async () => {
    const { output } = await generateText({
      model: model('form'),
      prompt: 'Fill in.',
      maxRetries: 0,
      output: Output.object({ schema: visit }),
    })

    expect(output).toEqual(filled)
  })
})

test.each(hosts)('an agent of the Agents SDK by chats in front of %s', async (host) => {
  const agent = new Agent({
    name: 'a',
    model: new OpenAIChatCompletionsModel(openai, `${host}:agent`),
    tools: ['weather', 'time'].map((name) =>
      agentTool({ name, description: name, parameters, execute: ({ round }) => `${name} ${round}` }),
    ),
  })
  const streamed = await run(agent, 'Look.', { stream: true })
  await streamed.completed

  expect((await run(agent, 'Look.')).finalOutput).toBe(results)
  expect(streamed.finalOutput).toBe(results)
})

test("OpenAI's SDK embeds, and lists models", async () => {
  const input = ['a', 'b']
  const { data } = await openai.embeddings.create({ model: 'openai:ok', input })
  const floats = await openai.embeddings.create({ model: 'openai:ok', input, encoding_format: 'float' })
  const ids: string[] = []
  for await (const { id } of openai.models.list()) ids.push(id)

  expect(data.map(({ embedding }) => [...embedding])).toEqual([
    [0.5, -0.25],
    [0.5, -0.25],
  ])
  expect(floats.data[1]?.embedding).toEqual([0.5, -0.25])
  expect(ids).toContain('gemini:ok')
  await expect(openai.models.retrieve('no-such-model')).rejects.toThrow(NotFoundError)
})

test("OpenAI's SDK draws, speaks and hears: bytes arrive as they were sent", async () => {
  // Without a budget: the scripted models have no price for these.
  const free = client(await clients.server.makeKey({}))
  const model = 'openai:ok'
  const picture = Buffer.from(png, 'base64')
  const drawn = await free.images.generate({ model, prompt: 'A cat.' })
  const image = await toFile(picture, 'cat.png', { type: 'image/png' })
  const edited = await free.images.edit({ model, image, prompt: 'Bigger.' })
  const spoken = await free.audio.speech.create({ model, voice: 'alloy', input: 'Hello' })
  const file = await toFile(picture, 'a.wav', { type: 'audio/wav' })

  expect(drawn.data?.[0]?.b64_json).toBe(Buffer.from('A cat.').toString('base64'))
  expect(edited.data?.[0]?.b64_json).toBe(png)
  expect(await spoken.text()).toBe('Hello')
  expect((await free.audio.transcriptions.create({ model, file })).text).toBe('Heard 6b7fa434')
  expect((await free.moderations.create({ model, input: 'Hi' })).results[0]?.flagged).toBe(false)
})
