import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Config } from '../../lib/core/config.ts'
import type { ContentEvent } from '../../lib/core/spend-event.ts'
import { spanIdOf } from '../../lib/steps/trace-context.ts'
import { config, deployment } from '../support/configuration.ts'
import { type Machine, startMachine } from '../support/machine.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

let upstream: ScriptedUpstream
let machine: Machine
const told: ContentEvent[] = []
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

beforeAll(async () => (upstream = await startUpstream()))
afterAll(() => upstream.stop())
afterEach(async () => {
  await machine.stop()
  told.length = 0
})

async function start(over: Partial<Config>, tellContent = async (event: ContentEvent) => void told.push(event)) {
  const deployments = ['ok', 'cut'].map((model) =>
    deployment({ group: model, model, apiBase: { value: upstream.url }, apiKey: { value: 'sk-up' } }),
  )
  machine = await startMachine(config({ deployments, ...over }), { tellContent })
}

async function chat(model: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
  const body = { model, messages: [{ role: 'user', content: 'canary' }], max_tokens: 20, ...more }
  return machine.call({
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer sk-master', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  })
}

test('nothing of a prompt or an answer goes anywhere by default', async () => {
  await start({})

  await chat('ok', { stop: ['canary'], user: 'u' })
  await chat('ok', { stream: true })

  expect(told).toEqual([])
  expect(machine.spends()).toHaveLength(2)
  expect(JSON.stringify([machine.published, machine.logged])).not.toMatch(/canary|w0/)
})

test('what was said is told where that is switched on, under the id of the attempt', async () => {
  await start({ captureMessageContent: true })

  const streamed = await chat('ok', { stream: true }, { traceparent })
  await chat('ok')

  expect(streamed.text).toContain('[DONE]')
  expect(told.map(({ id }) => id)).toEqual(machine.spends().map(({ id }) => id))
  for (const { input, output } of told) {
    expect(input).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'canary' }] }])
    expect(output).toMatchObject([{ role: 'assistant', parts: [{ type: 'text' }], finish_reason: 'stop' }])
  }
  expect(told[0]?.traceparent).toBe(traceparent)
  expect(JSON.stringify(machine.published)).not.toContain('canary')
})

test.each([
  [
    '/v1/messages',
    { max_tokens: 20, system: 'Be brief.', messages: [{ role: 'user', content: [{ type: 'text', text: 'canary' }] }] },
  ],
  ['/v1/responses', { instructions: 'Be brief.', input: [{ role: 'user', content: 'canary' }], store: false }],
])(
  'what was said at %s is told like a chat, streamed or not, and kept where the caller wants that',
  async (path, body) => {
    await start({ captureMessageContent: true })
    const say = (more: Record<string, unknown>) =>
      machine.call({
        path,
        headers: { authorization: 'Bearer sk-master' },
        body: Buffer.from(JSON.stringify({ model: 'ok', ...body, ...more })),
      })

    await say({ stream: true })
    await say({})
    await say({ 'no-log': true })

    expect(machine.spends()).toHaveLength(3)
    expect(told).toHaveLength(2)
    for (const { input, output } of told) {
      expect(input).toEqual([
        { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
        { role: 'user', parts: [{ type: 'text', content: 'canary' }] },
      ])
      expect(output).toMatchObject([
        {
          role: 'assistant',
          parts: [{ type: 'text', content: expect.stringMatching(/w0 w1/) as string }],
          finish_reason: 'stop',
        },
      ])
    }
  },
)

test('a cut answer is told as far as it came', async () => {
  await start({ captureMessageContent: true })

  await chat('cut', { stream: true })

  expect(told).toMatchObject([{ output: [{ parts: [{ content: 'w0 w1 w2' }], finish_reason: 'error' }] }])
})

test.each([
  ['in a header', {}, { 'x-litellm-enable-message-redaction': 'true' }],
  ['in the body', { 'no-log': true }, {}],
  ['by not sampling', {}, { traceparent: traceparent.replace(/01$/, '00') }],
])('a caller can keep what it says to itself, %s', async (_, more, headers: Record<string, string>) => {
  await start({ captureMessageContent: true })

  await chat('ok', more, headers)

  expect(machine.spends()).toHaveLength(1)
  expect(told).toEqual([])
})

test('content that cannot be told harms neither the answer nor the money', async () => {
  await start({ captureMessageContent: true }, () => Promise.reject(new Error('canary')))

  const answer = await chat('ok')

  expect(answer.status).toBe(200)
  expect(machine.spends()).toHaveLength(1)
  expect(machine.logged.join()).toContain('content could not be told to telemetry')
  expect(machine.logged.join()).not.toContain('canary')
})

test('a provider learns of the trace only where the config says so', async () => {
  await start({})
  await chat('ok', {}, { traceparent })
  await machine.stop()
  await start({ forwardTraceparent: true })
  await chat('ok', {}, { traceparent })

  const [event] = machine.spends()
  const [before, after] = upstream.seen.slice(-2).map(({ headers }) => headers.traceparent)
  expect(before).toBeUndefined()
  expect(after).toBe(`00-0af7651916cd43dd8448eb211c80319c-${spanIdOf(event?.id ?? '')}-01`)
})

test('the event says what was asked in numbers, where, and what answered', async () => {
  await start({})

  await chat('ok', { temperature: 0.3, stop: ['canary'] }, { traceparent: 'nonsense', tracestate: 'a=1' })

  const [event] = machine.spends()
  expect(event).toMatchObject({
    parameters: { max_tokens: 20, temperature: 0.3 },
    server: new URL(upstream.url).host,
    response_id: 'chatcmpl-up',
    response_model: 'ok-2026-01-01',
    finish_reason: 'stop',
  })
  expect(event).not.toHaveProperty('traceparent')
  expect(event).not.toHaveProperty('tracestate')
})
