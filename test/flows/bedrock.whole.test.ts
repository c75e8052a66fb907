import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { signers } from '../../lib/aws/signers.ts'
import { systemClock } from '../../lib/core/clock.ts'
import type { Deployment } from '../../lib/core/deployment.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import { undiciUpstream } from '../../lib/net/upstream.ts'
import { refused, startBedrock } from '../support/bedrock.ts'
import { claude } from '../support/converse.ts'
import { config, deployment } from '../support/configuration.ts'
import { event, exception } from '../support/event-stream.ts'
import { type Machine, startMachine } from '../support/machine.ts'
import { accumulated, messageOf } from '../support/translated.ts'

const usage = { inputTokens: 10, outputTokens: 4, totalTokens: 44, cacheReadInputTokens: 20, cacheWriteInputTokens: 10 }
const whole = {
  output: { message: { role: 'assistant', content: [{ text: 'Hello.' }] } },
  stopReason: 'end_turn',
  usage,
  metrics: { latencyMs: 1 },
}
const text = event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hello.' } })
const stream = [
  event('messageStart', { role: 'assistant' }),
  text,
  event('contentBlockStop', { contentBlockIndex: 0 }),
  event('messageStop', { stopReason: 'end_turn' }),
  event('metadata', { usage, metrics: { latencyMs: 1 } }),
]
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text: 'Hello.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 4, output_tokens: 2 },
}
const uncounted = 'The provided model doesn’t support counting tokens.'
const arn = 'arn:aws:bedrock:eu-central-1:111122223333:application-inference-profile/abc123def456'

let bedrock: Awaited<ReturnType<typeof startBedrock>>
let machine: Machine
let key: string
let at = Date.now()

beforeAll(async () => {
  bedrock = await startBedrock({ ROLE: 'role-secret', OWN: 'own-secret' }, ({ path }) => {
    if (path.includes('busy')) return refused(429, 'ThrottlingException', 'Too many tokens, please wait.')
    if (path.includes('denied')) return refused(403, 'AccessDeniedException', 'You may not invoke this model.')
    if (path.includes('broken'))
      return { body: [text, exception('modelStreamErrorException', { message: 'It broke.' })] }
    if (path.includes('cut')) return { body: stream.slice(0, 3) }
    if (path.includes('opus') && path.endsWith('/count-tokens')) return refused(400, 'ValidationException', uncounted)
    if (path.endsWith('/count-tokens')) return { body: JSON.stringify({ inputTokens: 17 }) }
    if (path.endsWith('/invoke')) return { body: JSON.stringify(message) }
    return { body: path.endsWith('-stream') ? stream : JSON.stringify(whole) }
  })
  const price = { input: 1_000_000, output: 2_000_000, cached: 100_000, cacheWrite: 1_250_000, source: 'test' }
  const served = (group: string, model: string, over: Partial<Deployment> = {}) =>
    deployment({
      group,
      id: `id-${group}`,
      provider: 'bedrock',
      model,
      apiBase: { value: bedrock.url },
      variables: { region: { value: 'eu-central-1' } },
      price,
      maxOutputTokens: 4000,
      ...over,
    })
  const own = { accessKeyId: { value: 'OWN' }, secretAccessKey: { value: 'own-secret' } }
  machine = await startMachine(
    config({
      deployments: [
        served('claude', claude),
        served('profile', 'anthropic.claude-sonnet-4-5-20250929-v1:0', { aws: { ...own, modelId: arn } }),
        served('opus', 'eu.anthropic.claude-opus-9'),
        served('token', claude, { apiKey: { value: 'bedrock-api-key' } }),
        served('stranger', claude, { aws: { ...own, accessKeyId: { value: 'NOBODY' } } }),
        ...['busy', 'denied', 'broken', 'cut'].map((group) => served(group, `amazon.${group}`)),
      ],
    }),
    {
      secrets: { get: async () => undefined },
      sign: signers({
        credentials: async () => ({ accessKeyId: 'ROLE', secretAccessKey: 'role-secret', sessionToken: 'session' }),
        upstream: undiciUpstream(),
        // Every signature is of another second, as it is when a provider takes its time.
        clock: { ...systemClock, now: () => (at += 1000) },
      }),
    },
  )
  key = (await machine.makeKey()).plain
})
afterAll(async () => {
  await machine.stop()
  await bedrock.stop()
})
beforeEach(() => {
  bedrock.received.length = 0
  machine.published.length = 0
})

const ask = (model: string, over: JsonObject = {}, path = '/v1/chat/completions') =>
  machine.call({
    path,
    key,
    json: { model, max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }], ...over },
  } as never)

describe('Bedrock behind the gateway', () => {
  it('answers requests that the role has signed, and is booked with what its cache read and wrote', async () => {
    const reply = await ask('claude')

    expect(reply.status).toBe(200)
    expect(messageOf(reply.text)).toMatchObject({ content: 'Hello.', finish: 'stop', model: 'claude' })
    expect(bedrock.received).toMatchObject([
      {
        path: '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
        headers: { 'x-amz-security-token': 'session' },
      },
    ])
    expect(JSON.parse(bedrock.received[0]?.body ?? '')).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
      inferenceConfig: { maxTokens: 100 },
    })
    const [spend] = machine.spends()
    const cost = 10 * 1000 + 20 * 100 + 10 * 1250 + 4 * 2000
    expect(spend).toMatchObject({ outcome: 'completed', estimated: false, cost })
  })

  it('streams, by keys of the entry, from an ARN', async () => {
    const reply = await ask('profile', { stream: true, stream_options: { include_usage: true } })

    expect(accumulated(reply.text)).toMatchObject({ content: 'Hello.', finish: 'stop', usage: { prompt_tokens: 40 } })
    expect(bedrock.received[0]?.path).toBe(`/model/${encodeURIComponent(arn)}/converse-stream`)
    expect(bedrock.received[0]?.headers.authorization).toContain('Credential=OWN/')
  })

  it('takes a key of its own', async () => {
    expect((await ask('token')).status).toBe(200)
    expect(bedrock.received[0]?.headers.authorization).toBe('Bearer bedrock-api-key')
  })

  it('serves clients of the messages API as it is, where the model is Claude', async () => {
    const reply = await ask('claude', {}, '/v1/messages')

    expect(reply.status).toBe(200)
    expect(JSON.parse(reply.text)).toMatchObject({ type: 'message', model: 'claude', content: message.content })
    expect(bedrock.received[0]?.path).toMatch(/\/invoke$/)
    expect(JSON.parse(bedrock.received[0]?.body ?? '')).toEqual({
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 100,
      anthropic_version: 'bedrock-2023-05-31',
    })
  })

  it('counts with a request that the role has signed, by the model behind the profile and in the words of InvokeModel', async () => {
    const asked = { system: 'S', thinking: { type: 'enabled', budget_tokens: 1024 }, temperature: 1 }

    const reply = await ask('claude', asked, '/v1/messages/count_tokens')

    expect(JSON.parse(reply.text)).toEqual({ input_tokens: 17 })
    expect(reply.headers['x-purser-count']).toBe('provider')
    const [sent] = bedrock.received
    expect(sent?.path).toBe('/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens')
    const { input } = JSON.parse(sent?.body ?? '') as { input: { invokeModel: { body: string } } }
    expect(JSON.parse(Buffer.from(input.invokeModel.body, 'base64').toString())).toEqual({
      system: 'S',
      messages: [{ role: 'user', content: 'Hello' }],
      thinking: asked.thinking,
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 1025,
    })
    expect(machine.published).toEqual([])
  })

  it.each(['opus', 'stranger', 'busy'])('estimates where it does not count (%s)', async (model) => {
    const reply = await ask(model, {}, '/v1/messages/count_tokens')

    expect(reply).toMatchObject({ status: 200, headers: { 'x-purser-count': 'estimate' } })
  })

  it.each([
    ['busy', 429, 'Too many tokens, please wait.'],
    ['denied', 403, 'You may not invoke this model.'],
    ['stranger', 502, 'The security token is invalid.'],
  ])('that is %s is refused with %i, after one try', async (model, status, words) => {
    const reply = await ask(model)

    expect(reply.status).toBe(status)
    expect(reply.text).toContain(words)
    expect(bedrock.received).toHaveLength(1)
  })

  it.each(['broken', 'cut'])(
    'with a stream that is %s ends in an error and is charged for what came',
    async (model) => {
      const reply = await ask(model, { stream: true })

      expect(reply.text).toContain('"content":"Hello."')
      expect(reply.text).toContain('"error"')
      expect(reply.text).not.toContain('finish_reason":"stop')
      expect(machine.spends()).toMatchObject([{ estimated: true }])
      expect(machine.spends()[0]?.cost).toBeGreaterThan(0)
    },
  )
})
