import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type JsonObject, objectOf, tryParse } from '../../lib/core/json.ts'
import { config, deployment } from '../support/configuration.ts'
import { type Machine, startMachine } from '../support/machine.ts'
import { accumulated } from '../support/translated.ts'

const fixture = (path: string): string => readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8')

/** What each host answers, by its path: a stream as its API has it. */
const answers: Record<string, { type: string; body: string }> = {
  '/v2/chat': { type: 'text/event-stream', body: fixture('cohere/text.sse') },
  '/api/chat': { type: 'application/x-ndjson', body: fixture('ollama/text.ndjson') },
  '/v1/chat/completions': { type: 'text/event-stream', body: fixture('openai/text.sse') },
}

const seen: { path: string; body: JsonObject }[] = []
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const path = request.url ?? ''
    seen.push({ path, body: objectOf(tryParse(Buffer.concat(chunks).toString())) })
    const answer = answers[path]
    response.writeHead(answer ? 200 : 404, { 'content-type': answer?.type ?? 'text/plain' })
    response.end(answer?.body)
  })
})

let machine: Machine
let key: string

beforeAll(async () => {
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const price = { input: 2_500_000, output: 10_000_000, source: 'test' }
  const served = (group: string, provider: string, base: string, params: JsonObject = {}) =>
    deployment({ group, model: `${group}-1`, provider, apiBase: { value: base }, price, maxOutputTokens: 4000, params })
  machine = await startMachine(
    config({
      deployments: [
        served('command', 'cohere', `${url}/v2`),
        served('own', 'ollama_chat', url),
        served('configured', 'ollama', `${url}/v1`, { num_ctx: 16_384 }),
        served('plain', 'ollama', `${url}/v1`),
      ],
    }),
  )
  key = (await machine.makeKey({ limit: 10_000_000_000 })).plain
})
afterAll(async () => {
  await machine.stop()
  server.close()
})
beforeEach(() => {
  seen.length = 0
  machine.published.length = 0
})

const ask = (path: string, json: JsonObject) => machine.call({ path, key, json } as never)
const chat = (model: string) =>
  ask('/v1/chat/completions', { model, stream: true, messages: [{ role: 'user', content: 'Hello' }] })

describe('a host with a tongue of its own', () => {
  it.each([
    ['command', '/v2/chat', { reasoning: 'Nordic…', content: 'Ørsted 🌍.' }],
    ['own', '/api/chat', { reasoning: 'Hm…', content: 'Ørsted 🌍.' }],
    ['configured', '/api/chat', { reasoning: 'Hm…', content: 'Ørsted 🌍.' }],
    ['plain', '/v1/chat/completions', {}],
  ])('answers a chat client: %s at %s', async (model, path, expected) => {
    const answer = await chat(model)

    expect(answer.status).toBe(200)
    expect(seen.map((one) => one.path)).toEqual([path])
    expect(accumulated(answer.text)).toMatchObject({ ...expected, finish: 'stop' })
    expect(machine.spends()).toMatchObject([{ outcome: 'completed', estimated: false }])
  })

  it.each(['command', 'own', 'plain'])('answers a client of the messages API: %s', async (model) => {
    const answer = await ask('/v1/messages', {
      model,
      stream: true,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hello' }],
    })

    expect(answer.status).toBe(200)
    expect(answer.text).toMatch(/event: message_stop/)
    expect(machine.spends()).toMatchObject([{ outcome: 'completed' }])
  })

  it('gets what the operator set for it', async () => {
    await chat('configured')

    expect(seen[0]?.body).toMatchObject({ model: 'configured-1', stream: true, options: { num_ctx: 16_384 } })
  })

  it.each([
    ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }, 'required'],
    [
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: 'Hi' }] },
      { type: 'function', function: { name: 'f' } },
    ],
    ['/v1/messages', { max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }, { type: 'any' }],
    ['/v1/responses', { input: 'Hi' }, { type: 'function', name: 'f' }],
  ] as const)('is told that a call must be made where it can be told: %s %j %j', async (path, body, choice) => {
    const parameters = { type: 'object', properties: { a: { type: 'string' } } }
    const tool = {
      '/v1/chat/completions': { type: 'function', function: { name: 'f', parameters } },
      '/v1/messages': { name: 'f', input_schema: parameters },
      '/v1/responses': { type: 'function', name: 'f', parameters },
    }[path]
    await ask(path, { model: 'plain', stream: true, tools: [tool], tool_choice: choice, ...body } as JsonObject)
    await ask(path, { model: 'plain', stream: true, tools: [tool], ...body } as JsonObject)

    expect(seen.map((one) => one.path)).toEqual(['/api/chat', '/v1/chat/completions'])
    expect(seen[0]?.body).toMatchObject({ format: { type: 'object', properties: { a: {} } } })
  })

  it('is paid by what it bills', async () => {
    await chat('command')

    // 8 x $2.50 and 5 x $10 per million tokens, of 494 and 9 that were counted.
    expect(machine.spends()).toMatchObject([{ cost: 70_000, usage: { prompt: 494, completion: 9, billedPrompt: 8 } }])
  })
})

describe('a completion of the kind that came before chat', () => {
  it('is served by a host that only chats, and booked as what it is under a hard budget', async () => {
    const answer = await machine.call({
      path: '/v1/completions',
      headers: { authorization: `Bearer ${key}` },
      body: Buffer.from(JSON.stringify({ model: 'command', prompt: 'Hello', max_tokens: 50, stream: true })),
    })
    const chunks = answer.text
      .split('\n\n')
      .filter((block) => block.startsWith('data: {'))
      .map((block) => JSON.parse(block.slice(6)) as { object: string; choices: { text: string }[] })

    expect(answer.status).toBe(200)
    expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(['text_completion']))
    expect(chunks.flatMap(({ choices }) => choices.map(({ text }) => text)).join('')).not.toBe('')
    expect(seen).toMatchObject([{ path: '/v2/chat', body: { messages: [{ role: 'user', content: 'Hello' }] } }])
    expect(machine.spends()).toMatchObject([{ call_type: 'completions', outcome: 'completed' }])
    expect(machine.spends()[0]?.cost).toBeGreaterThan(0)
  })

  it('that no chat could give is refused by name', async () => {
    const answer = await machine.call({
      path: '/v1/completions',
      headers: { authorization: `Bearer ${key}` },
      body: Buffer.from(JSON.stringify({ model: 'command', prompt: 'Hello', suffix: 'end', max_tokens: 50 })),
    })

    expect(answer.status).toBe(400)
    expect(answer.json().error).toMatchObject({ param: 'suffix' })
    expect(seen).toEqual([])
  })
})
