import { describe, expect, it } from 'vitest'
import { errorTypeOf, spanOf } from '../../lib/steps/telemetry-span.ts'
import { metricsOf } from '../../lib/steps/telemetry-metrics.ts'
import { parseTraceparent, placeOf, spanIdOf, traceHeaders, traceparentOf } from '../../lib/steps/trace-context.ts'
import { attempt, noon, spendEvent } from '../support/spend.ts'

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const event = (more: Parameters<typeof spendEvent>[3] = {}) => spendEvent(attempt('a'), 1000, [], more)
const attribute = (span: ReturnType<typeof spanOf>, key: string) =>
  span?.attributes.find((one) => one.key === key)?.value

describe('a traceparent', () => {
  it('is read as W3C writes it', () => {
    expect(parseTraceparent(parent)).toEqual({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentId: 'b7ad6b7169203331',
      sampled: true,
    })
    expect(parseTraceparent(parent.replace(/01$/, '02'))?.sampled).toBe(false)
    expect(parseTraceparent(`cc${parent.slice(2)}-more`)?.sampled).toBe(true)
  })

  it.each([
    'x',
    `ff${parent.slice(2)}`,
    parent.toUpperCase(),
    `${parent}-more`,
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  ])('that is none is as if it were absent: %s', (traceparent) => {
    expect(parseTraceparent(traceparent)).toBeUndefined()
    expect(traceHeaders({ traceparent, tracestate: 'a=1' })).toEqual({})
  })

  it('is made anew for a provider, in the same trace, with the attempt as parent', () => {
    expect(traceparentOf({ id: 'a', request_id: 'r', traceparent: parent })).toBe(
      `00-0af7651916cd43dd8448eb211c80319c-${spanIdOf('a')}-01`,
    )
  })
})

describe('the span of an attempt', () => {
  it('has the same ids at every delivery, and others than the next attempt', () => {
    const [first, again, other] = [spanOf(event()), spanOf(event()), spanOf({ ...event(), id: attempt('b') })]

    expect(again?.spanId).toBe(first?.spanId)
    expect(other?.spanId).not.toBe(first?.spanId)
    expect(first?.spanId).toMatch(/^[0-9a-f]{16}$/)
  })

  it('stands with the other attempts of its request in one trace, where the caller has none', () => {
    const one = { ...event(), request_id: 'r' }

    expect(spanOf({ ...one, id: attempt('b') })?.traceId).toBe(placeOf(one).traceId)
    expect(spanOf(one)?.parentSpanId).toBeUndefined()
    expect(spanOf(one)?.traceId).toMatch(/^[0-9a-f]{32}$/)
  })

  it('is not made where the caller does not sample', () => {
    expect(spanOf(event({ traceparent: parent.replace(/01$/, '00') }))).toBeUndefined()
  })

  it('calls the provider what the conventions call it', () => {
    expect(attribute(spanOf(event({ provider: 'azure' })), 'gen_ai.provider.name')).toEqual({
      stringValue: 'azure.ai.openai',
    })
    expect(attribute(spanOf(event({ provider: 'p' })), 'gen_ai.provider.name')).toEqual({ stringValue: 'p' })
  })

  it('writes doubles as doubles and counts as integers, and a single choice not at all', () => {
    const span = spanOf(event({ parameters: { temperature: 1, max_tokens: 9, seed: 7, 'choice.count': 1 } }))

    expect(attribute(span, 'gen_ai.request.temperature')).toEqual({ doubleValue: 1 })
    expect(attribute(span, 'gen_ai.request.max_tokens')).toEqual({ intValue: '9' })
    expect(attribute(span, 'gen_ai.request.seed')).toEqual({ intValue: '7' })
    expect(attribute(span, 'gen_ai.request.choice.count')).toBeUndefined()
  })

  it('names the server with its port, also by an IPv6 address', () => {
    const span = spanOf(event({ server: '[::1]:8080' }))

    expect(attribute(span, 'server.address')).toEqual({ stringValue: '::1' })
    expect(attribute(span, 'server.port')).toEqual({ intValue: '8080' })
  })

  it('ends in an error where the attempt did, and not where its client left', () => {
    expect(errorTypeOf(event({ outcome: 'failed', error: 'timeout' }))).toBe('timeout')
    expect(errorTypeOf(event({ outcome: 'client_left', error: 'client_left' }))).toBeUndefined()
    expect(errorTypeOf(event({ outcome: 'lost', error: 'The gateway was killed.' }))).toBe('lost')
    expect(spanOf(event({ outcome: 'failed' }))?.status).toEqual({ code: 2 })
  })
})

describe('metrics of a batch', () => {
  const interval = { since: noon - 1000, now: noon }
  const of = (events: ReturnType<typeof event>[], name: string) =>
    metricsOf(events, interval).find((metric) => metric.name === name)

  it('put every reading into the bucket that its bound closes', () => {
    const found = of([event({ usage: { prompt: 4, completion: 5 } })], 'gen_ai.client.token.usage')
    const [input, output] = found && 'histogram' in found ? found.histogram.dataPoints : []

    expect(input).toMatchObject({ count: '1', sum: 4 })
    expect(input?.explicitBounds).toEqual([
      1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
    ])
    expect(input?.bucketCounts.indexOf('1')).toBe(1)
    expect(output?.bucketCounts.indexOf('1')).toBe(2)
    expect(input?.bucketCounts).toHaveLength(15)
  })

  it('add up what has the same words, and keep errors apart', () => {
    const batch = [event(), event({ end: noon + 3000 }), event({ outcome: 'failed', error: 'timeout' })]
    const found = of(batch, 'gen_ai.client.operation.duration')
    const points = found && 'histogram' in found ? found.histogram.dataPoints : []

    expect(points.map(({ count, sum, min, max }) => [count, sum, min, max])).toEqual([
      ['2', 4, 1, 3],
      ['1', 1, 1, 1],
    ])
    expect(points[0]).toMatchObject({
      startTimeUnixNano: `${noon - 1000}000000`,
      timeUnixNano: `${noon}000000`,
      explicitBounds: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
    })
  })

  it('count a first chunk of streams only, and nothing of a lost attempt', () => {
    expect(of([event({ first_token: noon + 10 })], 'gen_ai.client.operation.time_to_first_chunk')).toBeUndefined()
    expect(
      of([event({ stream: true, first_token: noon + 10 })], 'gen_ai.client.operation.time_to_first_chunk'),
    ).toBeDefined()
    expect(metricsOf([event({ outcome: 'lost' })], interval)).toEqual([])
  })
})
