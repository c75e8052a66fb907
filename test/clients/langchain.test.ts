import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { HumanMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { createAgent } from 'langchain'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Clients, hosts, startClients } from './server.ts'

let clients: Clients
let apiKey: string

beforeAll(async () => {
  clients = await startClients(['ok', 'agent', 'form', 'look', 'cut,after=3', 'status,status=429'])
  apiKey = await clients.server.makeKey({ max_budget: 100 })
})
afterAll(() => clients.stop())

const words = 'w0 w1 w2 w3 w4 w5 w6 w7'
const visit = z.object({ city: z.string(), days: z.array(z.number()) })
const schema = z.object({ round: z.number(), nth: z.number() })
const tools = ['weather', 'time'].map((name) =>
  tool(({ round }: { round: number }) => `${name} ${round}`, { name, description: name, schema }),
)
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

function modelOf(tongue: string, model: string): BaseChatModel {
  if (tongue === 'messages')
    return new ChatAnthropic({ model, apiKey, anthropicApiUrl: clients.server.url, maxRetries: 0, maxTokens: 4000 })
  const configuration = { baseURL: `${clients.server.url}/v1` }
  return new ChatOpenAI({ model, apiKey, configuration, maxRetries: 0, useResponsesApi: tongue === 'responses' })
}

const ways = hosts.flatMap((host) => ['chat', 'responses', 'messages'].map((tongue) => [tongue, host] as const))

describe.each(ways)('LangChain by %s in front of %s', (tongue, host) => {
  test('reads an answer, whole and streamed', async () => {
    const model = modelOf(tongue, `${host}:ok`)
    const whole = await model.invoke('Say words.')
    const pieces: string[] = []
    for await (const piece of await model.stream('Say words.')) pieces.push(piece.text)

    expect(whole.text).toBe(words)
    expect(whole).toMatchObject({ usage_metadata: { output_tokens: 8 } })
    expect(pieces.join('')).toBe(words)
  })

  test('runs an agent that calls tools side by side', async () => {
    const agent = createAgent({ model: modelOf(tongue, `${host}:agent`), tools })
    const done = await agent.invoke({ messages: [new HumanMessage('Find out.')] })

    expect(done.messages.at(-1)?.text).toBe('Results: weather 0, time 0, weather 1, time 1')
  })

  test.each(['jsonSchema', 'functionCalling'] as const)('fills in a schema (%s)', async (method) => {
    const model = modelOf(tongue, `${host}:form`).withStructuredOutput(visit, { method, name: 'visit' })

    expect(await model.invoke('Fill in.')).toEqual({ city: 'Oslo', days: [7] })
  })

  test('shows pictures', async () => {
    const content = [
      { type: 'text', text: 'Look.' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
    ]

    expect((await modelOf(tongue, `${host}:look`).invoke([new HumanMessage({ content })])).text).toBe(
      'Pictures: 6b7fa434',
    )
  })

  test('sees a cut stream and a limit as errors', async () => {
    const read = async () => {
      for await (const _ of await modelOf(tongue, `${host}:cut,after=3`).stream('x')) continue
    }

    await expect(read()).rejects.toThrow()
    await expect(modelOf(tongue, `${host}:status,status=429`).invoke('x')).rejects.toMatchObject({ status: 429 })
  })
})

test('LangChain embeds', async () => {
  const configuration = { baseURL: `${clients.server.url}/v1` }
  const embeddings = new OpenAIEmbeddings({ model: 'openai:ok', apiKey, configuration, maxRetries: 0 })

  expect(await embeddings.embedDocuments(['a', 'b'])).toEqual([
    [0.5, -0.25],
    [0.5, -0.25],
  ])
})
