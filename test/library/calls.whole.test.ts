import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CallError, createGateway, type Gateway, type SpendEvent } from '../../lib/library/index.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { eventually } from '../whole/server.ts'
import { allOf, rejection, scripts, textOf } from './gateways.ts'

const messages = [{ role: 'user', content: 'Say words.' }]
const words = 'w0 w1 w2 w3 w4 w5 w6 w7'

let upstream: ScriptedUpstream
let gateway: Gateway
const spent: SpendEvent[] = []

beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await createGateway({
    config: scripts(upstream.url),
    env: {},
    onSpend: (event) => void spent.push(event),
    stalledMs: 200,
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.stop()
})

/** The attempts that are booked from now on, once there are so many. */
function booked(count: number): () => Promise<SpendEvent[]> {
  const before = spent.length
  return () =>
    eventually(
      async () => spent.slice(before),
      (events) => events.length >= count,
    )
}

describe('completion', () => {
  it.each(['ok', 'claude/ok'])('answers whole, with its usage and its cost (%s)', async (model) => {
    const answer = await gateway.completion({ model, messages, max_tokens: 20 })

    expect(answer.choices[0]).toMatchObject({ message: { role: 'assistant', content: words }, finish_reason: 'stop' })
    expect(answer.usage?.cost).toBeCloseTo((answer.usage?.prompt_tokens ?? 0) * 1e-6 + 8 * 2e-6, 9)
  })

  it.each(['ok', 'claude/ok'])('streams chunks, the last with the usage (%s)', async (model) => {
    const stream = await gateway.completion({
      model,
      messages,
      max_tokens: 20,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await allOf(stream)

    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(words)
    expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 8, cost: expect.any(Number) as number })
  })

  it('gives the first chunk while the provider is still answering', async () => {
    const stream = await gateway.completion({ model: 'ok,tokens=4,gap=100', messages, stream: true })
    const chunks = stream[Symbol.asyncIterator]()
    await chunks.next()

    expect(upstream.seen.at(-1)?.ended).toBe(false)
    await chunks.return?.()
  })

  it('rejects with the status, code and field of the error', async () => {
    const error = await rejection(gateway.completion({ model: 'context', messages }))

    expect(error).toBeInstanceOf(CallError)
    expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'messages' })
  })

  it("gives the provider's Retry-After with its refusal, of a stream, too", async () => {
    const model = 'status,status=429,retry-after=7'

    const error = await rejection(gateway.completion({ model, messages, stream: true }))

    expect(error).toMatchObject({ status: 429, headers: { 'retry-after': '7' } })
  })

  it.each(['cut,after=3', 'clean-cut,after=3', 'error-late,after=3'])(
    'throws from a stream that was cut (%s), after what had come',
    async (model) => {
      let text = ''
      const read = async () => {
        for await (const chunk of await gateway.completion({ model, messages, stream: true }))
          text += chunk.choices[0]?.delta.content ?? ''
      }

      expect(await rejection(read())).toBeInstanceOf(CallError)
      expect(text).toBe('w0 w1 w2')
    },
  )

  it('books what was sent when the loop is left early, and closes the connection', async () => {
    const model = 'ok,tokens=50,gap=20'
    const events = booked(1)
    for await (const chunk of await gateway.completion({ model, messages, stream: true }))
      if (chunk.choices[0]?.delta.content) break

    expect(await events()).toMatchObject([
      { outcome: 'client_left', cost: expect.toSatisfy((cost) => cost > 0) as number },
    ])
    await eventually(
      async () => upstream.seen.at(-1),
      (seen) => seen?.left === true,
    )
  })

  it('rejects at once when its signal fires, before the answer and in the middle of it', async () => {
    const events = booked(2)
    const early = new AbortController()
    const waiting = rejection(gateway.completion({ model: 'silent', messages }, { signal: early.signal }))
    early.abort(new Error('enough'))
    const late = new AbortController()
    const stream = await gateway.completion({ model: 'stall,after=2', messages, stream: true }, { signal: late.signal })
    setTimeout(() => late.abort(new Error('too long')), 50)

    expect(await waiting).toMatchObject({ message: 'enough' })
    expect(await rejection(textOf(stream))).toMatchObject({ message: 'too long' })
    expect((await events()).map(({ outcome }) => outcome)).toEqual(['client_left', 'client_left'])
  })

  it('gives up an answer that nobody reads', async () => {
    const events = booked(1)
    const stream = await gateway.completion({ model: 'ok,tokens=300,size=20000', messages, stream: true })

    expect(await events()).toMatchObject([{ outcome: 'client_left' }])

    expect(await rejection(textOf(stream))).toMatchObject({ message: expect.stringContaining('200 ms') as string })
  })

  it('does not take a slow provider for a reader that has stalled', async () => {
    const stream = await gateway.completion({ model: 'ok,tokens=3,gap=450', messages, stream: true })

    expect(await textOf(stream)).toBe('w0 w1 w2')
  })
})

describe('embedding', () => {
  it('answers with numbers', async () => {
    const { data, usage } = await gateway.embedding({ model: 'ok', input: ['a', 'b'] })

    expect(data.map(({ embedding }) => embedding)).toEqual([
      [0.5, -0.25],
      [0.5, -0.25],
    ])
    expect(usage?.prompt_tokens).toBeGreaterThan(0)
  })
})

describe('without a store', () => {
  it('takes any key, or none', async () => {
    const models = (key: string | undefined) =>
      gateway.fetch('https://api.openai.com/v1/models', key === undefined ? {} : { headers: { 'x-api-key': key } })

    expect((await models('anything')).status).toBe(200)
    expect((await models(undefined)).status).toBe(200)
  })

  it('tells of every billable attempt exactly once', async () => {
    const before = spent.length
    const { usage } = await gateway.completion({ model: 'ok', messages })

    expect(spent.slice(before)).toMatchObject([{ outcome: 'completed', cost: Math.round((usage?.cost ?? 0) * 1e9) }])
  })

  it('answers although its listener fails', async () => {
    const logged: string[] = []
    await using deaf = await createGateway({
      config: scripts(upstream.url),
      env: {},
      onSpend: () => Promise.reject(new Error('no')),
      log: (level, message) => void logged.push(`${level} ${message}`),
    })

    const answer = await deaf.completion({ model: 'ok', messages })

    expect(answer.choices[0]?.message.content).toBe(words)
    expect(logged).toContain('error onSpend failed')
  })

  it('takes nothing more once it is closed', async () => {
    const closed = await createGateway({ config: scripts(upstream.url), env: {} })
    await closed.close()

    expect(await rejection(closed.completion({ model: 'ok', messages }))).toMatchObject({
      message: expect.stringContaining('closed') as string,
    })
  })

  it('lets an answer end that is being given when it is closed', async () => {
    const closing = await createGateway({ config: scripts(upstream.url), env: {} })
    const reading = textOf(await closing.completion({ model: 'ok,gap=30', messages, stream: true }))

    const [text] = await Promise.all([reading, closing.close()])

    expect(text).toBe(words)
  })
})
