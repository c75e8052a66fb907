import { createAnthropic } from '@ai-sdk/anthropic'
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clients, hosts, startClients } from './server.ts'

let clients: Clients
let anthropic: ReturnType<typeof createAnthropic>

beforeAll(async () => {
  clients = await startClients(['ok', 'agent', 'cut,after=3', 'status,status=429'])
  anthropic = createAnthropic({
    baseURL: `${clients.server.url}/v1`,
    apiKey: await clients.server.makeKey({ max_budget: 1 }),
  })
})
afterAll(() => clients.stop())

const words = 'w0 w1 w2 w3 w4 w5 w6 w7'
const inputSchema = jsonSchema<{ round: number; nth: number }>({
  type: 'object',
  properties: { round: { type: 'number' }, nth: { type: 'number' } },
})
const tools = {
  weather: tool({ inputSchema, execute: ({ round }) => `sunny ${round}` }),
  time: tool({ inputSchema, execute: ({ round }) => `noon ${round}` }),
}
const agent = { tools, stopWhen: stepCountIs(5), maxOutputTokens: 4000, maxRetries: 0, prompt: 'Find out.' }
const found = 'Results: sunny 0, noon 0, sunny 1, noon 1'

describe.each(hosts)('the AI SDK, by its Anthropic provider, in front of %s', (host) => {
  test('reads text and usage, whole and streamed', async () => {
    const asked = { model: anthropic(`${host}:ok`), prompt: 'Say words.', maxOutputTokens: 50, maxRetries: 0 }
    const whole = await generateText(asked)
    const stream = streamText(asked)
    const pieces: string[] = []
    for await (const piece of stream.textStream) pieces.push(piece)

    expect(whole.text).toBe(words)
    expect(whole.finishReason).toBe('stop')
    expect(pieces.join('')).toBe(words)
    expect((await stream.usage).outputTokens).toBe(8)
    expect(whole.usage).toMatchObject({ outputTokens: 8 })
  })

  test('runs an agent over several turns, whole and streamed, reasoning kept', async () => {
    const model = anthropic(`${host}:agent`)
    const whole = await generateText({ ...agent, model })
    const stream = streamText({ ...agent, model })

    expect(whole.text).toBe(found)
    expect(whole.steps).toHaveLength(3)
    expect(whole.steps[0]?.reasoningText).toBe('Let me see. ')
    expect(await stream.text).toBe(found)
    expect((await stream.steps).map(({ toolCalls }) => toolCalls.length)).toEqual([2, 2, 0])
  })

  test('sees a cut stream and a limit as errors', async () => {
    const seen: unknown[] = []
    const stream = streamText({
      model: anthropic(`${host}:cut,after=3`),
      prompt: 'x',
      maxRetries: 0,
      onError: ({ error }) => void seen.push(error),
    })
    await stream.consumeStream()
    const limited = generateText({ model: anthropic(`${host}:status,status=429`), prompt: 'x', maxRetries: 0 })

    expect(seen).toHaveLength(1)
    await expect(limited).rejects.toMatchObject({ statusCode: 429 })
  })
})
