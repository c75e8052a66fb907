import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import { type Log, type Upstream, UpstreamTrouble } from '../../lib/core/ports.ts'
import type { ContentEvent, SpendEvent } from '../../lib/core/spend-event.ts'
import { telemetryFlow } from '../../lib/flows/telemetry.ts'
import { attempt, noon, spendEvent } from '../support/spend.ts'

type Ask = { path: string; headers: Record<string, string>; body: JsonObject }
type Answer = number | 'refused' | { status: number; headers?: Record<string, string>; text?: string }

/** A collector that answers as it is told, first to last, then 200; and a clock that passes as soon as somebody waits. */
function scene(script: (ask: Ask, nth: number) => Answer | undefined = () => undefined) {
  const asks: Ask[] = []
  const waits: number[] = []
  const logged: string[] = []
  const freshness: boolean[] = []
  let now = noon
  const upstream: Upstream = async ({ url, headers, body }) => {
    const ask = {
      path: new URL(url).pathname,
      headers,
      body: objectOf(tryParse(gunzipSync(body as Uint8Array).toString())),
    }
    const answer = script(ask, asks.push(ask)) ?? 200
    if (answer === 'refused') throw new UpstreamTrouble('connection', 'connect ECONNREFUSED')
    const { status, headers: given = {}, text = '{}' } = typeof answer === 'number' ? { status: answer } : answer
    return {
      status,
      headers: given,
      body: (async function* () {
        yield Buffer.from(text)
      })(),
    }
  }
  const log: Log = (level, message, fields) => void logged.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const flow = telemetryFlow({
    base: 'http://collector',
    headers: async (fresh) => {
      freshness.push(fresh)
      return { authorization: 'Bearer t' }
    },
    service: 'purser',
    instance: 'i-1',
    upstream,
    clock: {
      now: () => now,
      sleep: async (ms) => {
        waits.push(ms)
        now += ms
      },
    },
    random: () => 0.5,
    log,
  })
  const sent = (path: string) => asks.filter((ask) => ask.path === path)
  return { flow, asks, waits, logged, freshness, sent }
}

const message = (detail: SpendEvent | ContentEvent, type = 'spend.v1') => ({
  messageId: `m-${detail.id}`,
  body: { type, detail },
})
const event = (name: string, more: Partial<SpendEvent> = {}) => spendEvent(attempt(name), 1000, [], more)
const content = (name: string): ContentEvent => ({
  version: 1,
  id: attempt(name),
  request_id: `request-${name}`,
  at: noon,
  call_type: 'chat',
  provider: 'p',
  upstream_model: 'm',
  input: [{ role: 'user', parts: [{ type: 'text', content: 'hi' }] }],
  output: [],
  truncated: false,
})
const spansIn = ({ body }: Ask) =>
  listOf(body.resourceSpans).flatMap((one) =>
    listOf(objectOf(one).scopeSpans).flatMap((scope) => listOf(objectOf(scope).spans).map(objectOf)),
  )

describe('a batch of spend events', () => {
  it('becomes one export of spans and one of metrics, zipped, with the credentials', async () => {
    const { flow, asks } = scene()

    const failed = await flow.handle([message(event('a')), message(event('b'))])

    expect(failed).toEqual([])
    expect(asks.map(({ path }) => path)).toEqual(['/v1/traces', '/v1/metrics'])
    expect(asks[0]?.headers).toMatchObject({ authorization: 'Bearer t', 'content-encoding': 'gzip' })
    expect(asks.flatMap(spansIn)).toHaveLength(2)
  })

  it('has one span and one count of an attempt that is delivered twice', async () => {
    const { flow, asks, sent } = scene()

    await flow.handle([message(event('a')), { ...message(event('a')), messageId: 'again' }])
    await flow.handle([message(event('a'))])

    expect(asks.flatMap(spansIn)).toHaveLength(1)
    expect(sent('/v1/metrics')).toHaveLength(1)
  })

  it('has a span of its own for an attempt that was given up for lost, and counts its true event', async () => {
    const { flow, asks, sent } = scene()

    await flow.handle([message(event('a', { outcome: 'lost', cost: 0 }))])
    await flow.handle([message(event('a'))])

    expect(new Set(asks.flatMap(spansIn).map(({ spanId }) => spanId)).size).toBe(2)
    expect(sent('/v1/metrics')).toHaveLength(1)
  })

  it('gives a look at a window no span, and confirms it', async () => {
    const { flow, asks } = scene()
    const look = { type: 'look.v1', detail: { version: 1, look: { pk: 'BUDGET#key#k1', sk: 'total#0' } } }

    expect(await flow.handle([{ messageId: 'look', body: look }])).toEqual([])
    expect(asks).toEqual([])
  })

  it('fails what is no event, alone, and says so', async () => {
    const { flow, asks, logged } = scene()

    const failed = await flow.handle([{ messageId: 'poison', body: 'x' }, message(event('a'))])

    expect(failed).toEqual(['poison'])
    expect(asks.flatMap(spansIn)).toHaveLength(1)
    expect(logged.join()).toContain('warn not an event for telemetry')
  })
})

describe('a collector in trouble', () => {
  it('is asked again with growing waits, and then later', async () => {
    const { flow, asks, waits } = scene(() => 'refused')

    const failed = await flow.handle([message(event('a')), message(event('b'))])

    expect(failed).toEqual([`m-${attempt('a')}`, `m-${attempt('b')}`])
    expect(waits).toEqual([375, 750, 1500])
    expect(new Set(asks.map(({ path }) => path))).toEqual(new Set(['/v1/traces']))
  })

  it.each([429, 503])('is waited for as long as it says with a %i', async (status) => {
    const { flow, waits, asks } = scene((_, nth) =>
      nth === 1 ? { status, headers: { 'retry-after': '7' } } : undefined,
    )

    expect(await flow.handle([message(event('a'))])).toEqual([])
    expect(waits).toEqual([7000])
    expect(asks).toHaveLength(3)
  })

  it('is left until the next delivery where it wants more time than there is', async () => {
    const { flow, waits } = scene(() => ({ status: 503, headers: { 'retry-after': '600' } }))

    expect(await flow.handle([message(event('a'))])).toHaveLength(1)
    expect(waits).toEqual([])
  })

  it('gets no span again that it took, where it did not take the metrics', async () => {
    let away = true
    const { flow, sent } = scene(({ path }) => (away && path === '/v1/metrics' ? 503 : undefined))

    expect(await flow.handle([message(event('a'))])).toHaveLength(1)
    away = false
    expect(await flow.handle([message(event('a'))])).toEqual([])

    expect(sent('/v1/traces')).toHaveLength(1)
    expect(sent('/v1/metrics')).toHaveLength(5)
  })

  it('does not lose a batch for the one span that it rejects', async () => {
    const bad = event('bad', { upstream_model: 'unspeakable' })
    const { flow, sent } = scene((ask) => (JSON.stringify(ask.body).includes('chat unspeakable') ? 400 : undefined))

    const failed = await flow.handle(['a', 'b', 'c'].map((name) => message(event(name))).concat(message(bad)))

    expect(failed).toEqual([`m-${attempt('bad')}`])
    const taken = sent('/v1/traces').filter((ask) => !JSON.stringify(ask.body).includes('unspeakable'))
    expect(taken.flatMap(spansIn)).toHaveLength(3)
  })

  it('is believed where it takes a part only', async () => {
    const text = JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: 'too old' } })
    const { flow, asks, logged } = scene(({ path }) => (path === '/v1/traces' ? { status: 200, text } : undefined))

    expect(await flow.handle([message(event('a'))])).toEqual([])
    expect(asks).toHaveLength(2)
    expect(logged.join()).toMatch(/error the collector rejected some traces.*too old/)
  })

  it('is shown the newest credentials once it has refused the ones that were known', async () => {
    const { flow, freshness, waits } = scene((_, nth) => (nth === 1 ? 401 : undefined))

    expect(await flow.handle([message(event('a'))])).toEqual([])
    expect(freshness).toEqual([false, true, false])
    expect(waits).toEqual([])
  })

  it('may be one for traces alone', async () => {
    const { flow } = scene(({ path }) => (path === '/v1/traces' ? undefined : 404))

    expect(await flow.handle([message(event('a')), message(content('a'), 'content.v1')])).toEqual([])
  })

  it('keeps everything in the queue where it does not know spans, which is a wrong address', async () => {
    const { flow } = scene(() => 404)

    expect(await flow.handle([message(event('a'))])).toHaveLength(1)
  })
})

describe('content', () => {
  it('is an event of the span, in its trace', async () => {
    const { flow, asks, sent } = scene()

    await flow.handle([message(event('a', { request_id: 'request-a' })), message(content('a'), 'content.v1')])

    const [span] = asks.flatMap(spansIn)
    const logs = JSON.stringify(sent('/v1/logs')[0]?.body)
    expect(logs).toContain(`"spanId":"${stringOf(span?.spanId)}"`)
    expect(logs).toContain(`"traceId":"${stringOf(span?.traceId)}"`)
    expect(logs).toContain('"gen_ai.input.messages"')
  })

  it('that a collector cannot take fails alone', async () => {
    const { flow } = scene(({ path }) => (path === '/v1/logs' ? 400 : undefined))
    const said = { ...message(content('a'), 'content.v1'), messageId: 'said' }

    expect(await flow.handle([message(event('a')), said])).toEqual(['said'])
  })

  it('is sent in pieces that a collector can take', async () => {
    const { flow, sent } = scene()
    const large = [{ role: 'user', parts: [{ type: 'text', content: 'x'.repeat(900_000) }] }]

    await flow.handle(['a', 'b', 'c'].map((name) => message({ ...content(name), input: large }, 'content.v1')))

    expect(sent('/v1/logs')).toHaveLength(2)
  })
})
