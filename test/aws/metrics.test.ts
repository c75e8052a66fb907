import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { metricLog } from '../../lib/aws/metrics.ts'
import { errorTable } from '../../lib/core/errors.ts'
import { errorLineMetrics, metricLines, type MetricSet, metricUnits } from '../../lib/core/metrics.ts'
import type { Log } from '../../lib/core/ports.ts'

type Directive = { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }
type Document = Record<string, unknown> & { _aws?: { Timestamp: number; CloudWatchMetrics: Directive[] } }

/** What reaches the log of a function, parsed again from the text that it is there. */
function documentOf(...[level, message, fields]: Parameters<Log>): Document {
  let text = ''
  const write: Log = (level, message, fields) => void (text = JSON.stringify({ level, message, ...fields }))
  metricLog('Team-A', write, () => 1_795_000_000_000)(level, message, fields)
  return JSON.parse(text) as Document
}

/** CloudWatch's units (API reference, MetricDatum). */
const units = new Set(
  ['Seconds', 'Microseconds', 'Milliseconds', 'Percent', 'Count', 'None', 'Count/Second'].concat(
    ['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits'].flatMap((unit) => [unit, `${unit}/Second`]),
  ),
)

/** Every rule of the embedded metric format's specification that a document can break; CloudWatch drops such a document in silence. */
function faultsOf(document: Document): string[] {
  const faults: string[] = []
  const must = (holds: boolean, rule: string) => void (holds || faults.push(rule))
  const { _aws } = document
  if (!_aws) return ['no _aws']
  must(Object.keys(_aws).sort().join() === 'CloudWatchMetrics,Timestamp', 'members of _aws')
  must(Number.isInteger(_aws.Timestamp) && _aws.Timestamp > 1e12, 'Timestamp in milliseconds')
  must(_aws.CloudWatchMetrics.length > 0, 'a directive')
  must(Buffer.byteLength(JSON.stringify(document)) < 256 * 1024, 'size')
  for (const { Namespace, Dimensions, Metrics, ...more } of _aws.CloudWatchMetrics) {
    must(Object.keys(more).length === 0, 'members of a directive')
    must(/^[\w.\-/#:]{1,255}$/.test(Namespace) && !Namespace.startsWith('AWS/'), 'Namespace')
    must(Dimensions.length >= 1 && Dimensions.every((set) => set.length >= 1 && set.length <= 30), 'dimension sets')
    must(Metrics.length >= 1 && Metrics.length <= 100, 'at most a hundred metrics')
    for (const name of Dimensions.flat()) {
      const value = document[name]
      must(/^[\x21-\x39\x3b-\x7e][\x20-\x7e]{0,254}$/.test(name), `dimension name ${name}`)
      must(typeof value === 'string' && value.length >= 1 && value.length <= 1024, `dimension value of ${name}`)
    }
    for (const { Name, Unit, ...more } of Metrics) {
      const value = document[Name]
      const numbers = Array.isArray(value) ? value : [value]
      must(Object.keys(more).length === 0 && Name.length >= 1 && Name.length <= 1024, `metric ${Name}`)
      must(units.has(Unit), `unit ${Unit}`)
      must(numbers.length >= 1 && numbers.length <= 100, `values of ${Name}`)
      must(
        numbers.every((n) => typeof n === 'number'),
        `numbers of ${Name}`,
      )
    }
  }
  return faults
}

const directives = ({ _aws }: Document) => _aws?.CloudWatchMetrics ?? []
const keptBy = (document: Document) =>
  Object.fromEntries(directives(document).map((d) => [d.Dimensions[0]?.join(), d.Metrics.map((m) => m.Name)]))

const answered = {
  request_id: 'r-1',
  method: 'POST',
  path: '/v1/chat/completions',
  status: 200,
  key_id: 'k1',
  key_alias: 'backend',
  model_group: 'openai/*',
  provider: 'openai',
  requests: 1,
  faults: 0,
  first_token_ms: 220,
  overhead_ms: 4,
  upstream_ms: 900,
  input_tokens: 10,
  output_tokens: 20,
  cost_usd: 0.00012,
}

describe('a line about a request', () => {
  it('is a document that CloudWatch takes, and still the line', () => {
    const document = documentOf('info', 'request', answered)

    expect(faultsOf(document)).toEqual([])
    expect(document).toMatchObject({ level: 'info', message: 'request', stack: 'Team-A', ...answered })
  })

  it('is kept by stack, by model group and by provider, each with its own few metrics', () => {
    expect(keptBy(documentOf('info', 'request', answered))).toEqual({
      stack: [
        'requests',
        'faults',
        'first_token_ms',
        'overhead_ms',
        'upstream_ms',
        'input_tokens',
        'output_tokens',
        'cost_usd',
      ],
      'stack,model_group': ['requests', 'faults', 'first_token_ms', 'cost_usd'],
      'stack,provider': ['requests', 'faults', 'first_token_ms'],
    })
  })

  it('names only what it has: a member that is missing would spoil the whole document', () => {
    const refused = { request_id: 'r', requests: 1, errors: 1, error_code: 'unknown_key', first_token_ms: Number.NaN }
    const document = documentOf('info', 'request', refused)

    expect(faultsOf(document)).toEqual([])
    expect(keptBy(document)).toEqual({ stack: ['requests', 'errors'], 'stack,error_code': ['errors'] })
  })

  it('of a probe has no metric', () => {
    expect(documentOf('info', 'request', { request_id: 'r', status: 200 })).not.toHaveProperty('_aws')
  })
})

describe('other lines', () => {
  it('carry many values of one metric at once', () => {
    const lags = Array.from({ length: 100 }, (_, i) => i)
    const document = documentOf('info', 'spend settled', { settled_events: 100, settlement_lag_ms: lags })

    expect(faultsOf(document)).toEqual([])
    expect(keptBy(document)).toEqual({ stack: ['settled_events', 'settlement_lag_ms'] })
  })

  it('leave out an array that CloudWatch would refuse', () => {
    const document = documentOf('info', 'spend settled', { settled_events: 1, settlement_lag_ms: [] })

    expect(keptBy(document)).toEqual({ stack: ['settled_events'] })
  })

  it('of level error count as such, whatever they say', () => {
    const document = documentOf('error', 'anything', { reason: 'x' })

    expect(faultsOf(document)).toEqual([])
    expect(keptBy(document)).toEqual({ stack: ['error_lines'] })
    expect(document).toMatchObject({ message: 'anything', reason: 'x', error_lines: 1 })
  })

  it('that measure nothing are left as they are', () => {
    expect(documentOf('info', 'swept', { expired: 1 })).toEqual({ level: 'info', message: 'swept', expired: 1 })
  })
})

describe('the table of metrics', () => {
  const sets: MetricSet[] = [...Object.values(metricLines).flat(), errorLineMetrics]

  it('has a line for every metric, and the stack among the dimensions of each', () => {
    const used = new Set(sets.flatMap(({ metrics }) => metrics))

    expect([...used].sort()).toEqual(Object.keys(metricUnits).sort())
    for (const { by } of sets) expect(by[0]).toBe('stack')
  })

  it('costs no more metrics than it says: 24 + 4 M + 3 P + E', () => {
    const count = (by: string) =>
      sets.filter((set) => set.by.join() === by).reduce((total, { metrics }) => total + metrics.length, 0)

    expect([count('stack'), count('stack,model_group'), count('stack,provider'), count('stack,error_code')]).toEqual([
      24, 4, 3, 1,
    ])
    expect(Object.keys(errorTable).length).toBeLessThan(60)
  })
})

it('is built in far less than a millisecond', () => {
  const log = metricLog('Team-A', () => {})
  const times = 2000
  const start = performance.now()
  for (let i = 0; i < times; i++) log('info', 'request', answered)

  expect((performance.now() - start) / times).toBeLessThan(0.5)
})
