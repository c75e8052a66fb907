import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { readMessage } from '../../lib/steps/settle-batch-messages.ts'
import { config, deployment } from '../support/configuration.ts'
import { dollars, type Machine, startMachine } from '../support/machine.ts'
import { freshStore } from '../support/store.ts'

/** What a host says it counted, by the model's name; the answer itself is always the same twelve bytes. */
const counts: Record<string, JsonObject | null> = {
  right: { in: 9, out: 4 },
  nothing: { in: 0, out: 0 },
  negative: { in: -9, out: -4 },
  words: { in: 'nine', out: 'four' },
  huge: { in: 1e15, out: 1e15 },
  unpromptable: { in: 0, out: 4 },
  none: null,
}

const text = 'Hello, world'
type Told = { in?: unknown; out?: unknown } | null | undefined

/** A whole answer of each API, by the path it was asked for. */
const answers: [path: RegExp, body: (told: Told) => JsonObject][] = [
  [
    /completions$/,
    (told) => ({
      id: 'c',
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
      ...(told && { usage: { prompt_tokens: told.in, completion_tokens: told.out } as JsonObject }),
    }),
  ],
  [
    /messages$/,
    (told) => ({
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      ...(told && { usage: { input_tokens: told.in, output_tokens: told.out } as JsonObject }),
    }),
  ],
  [
    /generateContent$/,
    (told) => ({
      candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
      ...(told && { usageMetadata: { promptTokenCount: told.in, candidatesTokenCount: told.out } as JsonObject }),
    }),
  ],
  [
    /\/chat$/,
    (told) => ({
      id: 'c',
      finish_reason: 'COMPLETE',
      message: { role: 'assistant', content: [{ type: 'text', text }] },
      ...(told && {
        usage: {
          tokens: { input_tokens: told.in, output_tokens: told.out },
          billed_units: { input_tokens: told.in, output_tokens: told.out },
        } as JsonObject,
      }),
    }),
  ],
]

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    const url = request.url ?? ''
    const found = answers.find(([path]) => path.test(url))
    const name = Object.keys(counts).find((of) => asked.includes(`-${of}`)) ?? 'right'
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(found?.[1](counts[name])))
  })
})

let machine: Machine
let store: Awaited<ReturnType<typeof freshStore>>
let key: string
let asked = ''

const hosts = ['openai', 'anthropic', 'gemini', 'cohere']
const price = { input: 1_000_000, output: 1_000_000, source: 'test' }

beforeAll(async () => {
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const bases: Record<string, string> = { openai: `${url}/v1`, gemini: `${url}/v1beta`, cohere: `${url}/v2` }
  store = await freshStore()
  machine = await startMachine(
    config({
      deployments: hosts.flatMap((provider) =>
        Object.keys(counts).map((name) =>
          deployment({
            group: `${provider}-${name}`,
            model: `m-${name}`,
            provider,
            apiBase: { value: bases[provider] ?? url },
            price,
            maxOutputTokens: 100,
          }),
        ),
      ),
    }),
  )
  key = (await machine.makeKey({ limit: dollars(1) })).plain
})
afterAll(async () => {
  await machine.stop()
  await store.stop()
  server.close()
})
beforeEach(() => {
  machine.published.length = 0
})

async function ask(model: string, more: JsonObject = {}, raw = (json: string) => json) {
  asked = model
  const json = JSON.stringify({ model, max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }], ...more })
  const answer = await machine.call({ path: '/v1/chat/completions', key, body: Buffer.from(raw(json)) } as never)
  return { answer, spends: machine.spends() }
}

const only = (spends: SpendEvent[]): SpendEvent => {
  const [event] = spends
  if (!event || spends.length !== 1) throw new Error(`${spends.length} events`)
  return event
}

describe('usage that a provider reports', () => {
  it.each(hosts)('%s: is charged as it is where it can be true', async (host) => {
    const { spends } = await ask(`${host}-right`)
    expect(only(spends)).toMatchObject({ cost: 13_000, estimated: false, usage: { prompt: 9, completion: 4 } })
  })

  it.each(
    hosts.flatMap((host) =>
      Object.keys(counts)
        .map((name) => [host, name] as const)
        .slice(1),
    ),
  )(
    '%s, %s: an answer is never free, and never dearer than its hold, where the counts cannot be true',
    async (host, name) => {
      const { answer, spends } = await ask(`${host}-${name}`)
      const event = only(spends)
      expect(answer.status).toBe(200)
      expect(event.estimated).toBe(true)
      expect(event.cost).toBeGreaterThanOrEqual(4_000)
      expect(event.cost).toBeLessThanOrEqual(event.holds[0]?.amount ?? 0)
      expect(readMessage({ messageId: '1', body: { type: 'spend.v1', detail: event } }).type).toBe('spend')
    },
  )

  it.each(['nothing', 'huge'])('tells no cost to the client where it is %s', async (name) => {
    const { answer } = await ask(`anthropic-${name}`)
    expect(answer.text).not.toContain('"cost"')
  })
})

describe('what a caller chooses', () => {
  it.each<[string, JsonObject]>([
    ['an end user of half a megabyte', { user: 'u'.repeat(500_000) }],
    ['an end user that is no Unicode', { user: 'half \ud800 a pair' }],
    ['a tag of half a megabyte', { metadata: { tags: ['t'.repeat(500_000)] } }],
    ['thirty thousand tags', { metadata: { tags: Array.from({ length: 30_000 }, (_, n) => `tag number ${n}`) } }],
    ['a number too large for the store', { seed: -1e300 }],
    ['a number too small for the store', { top_p: 1e-300 }],
  ])('%s: does not keep the entry out of the ledger', async (_, more) => {
    const { answer, spends } = await ask('openai-right', more)
    expect(answer.status).toBe(200)
    const event = only(spends)
    const ledger = ledgerStore(sdkDynamo(store.client), store.table)
    await ledger.record([event])
    expect(await ledger.find(event.id)).toMatchObject({ id: event.id, cost: event.cost })
    expect(JSON.stringify(event).length).toBeLessThan(64_000)
  })
})

describe('the id of a stored response', () => {
  it.each([['r'.repeat(5000)], ['half \ud800 a pair']])('%.12s…: is one that is not there', async (id) => {
    const previous = await machine.call({
      path: '/v1/responses',
      key,
      json: { model: 'openai-right', input: 'Hello', previous_response_id: id },
    } as never)
    expect(previous.status).toBe(400)
    expect(previous.json().error).toMatchObject({ param: 'previous_response_id' })
    const reference = await machine.call({
      path: '/v1/responses',
      key,
      json: { model: 'openai-right', input: [{ type: 'item_reference', id }] },
    } as never)
    expect(reference.status).toBe(400)
  })
})
