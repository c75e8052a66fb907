import { toDollars } from '../core/money.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import { type Attribute, deltaTemporality, type KeyValue, keyValues, nanos } from './otlp.ts'
import { commonAttributes, errorTypeOf, firstChunkSeconds } from './telemetry-span.ts'

type Point = { attributes: KeyValue[]; startTimeUnixNano: string; timeUnixNano: string }
type HistogramPoint = Point & {
  count: string
  sum: number
  min: number
  max: number
  bucketCounts: string[]
  explicitBounds: readonly number[]
}
type SumPoint = Point & { asDouble: number }

export type Metric = { name: string; description: string; unit: string } & (
  | { histogram: { aggregationTemporality: number; dataPoints: HistogramPoint[] } }
  | { sum: { aggregationTemporality: number; isMonotonic: boolean; dataPoints: SumPoint[] } }
)

/** Milliseconds since 1970 from the end of this process's last export to now: what a delta counts. */
export type Interval = { since: number; now: number }

/** One reading, and the few words that it is counted under: never a key, a request or a person. */
type Reading = { value: number; under: Record<string, Attribute> }

type Instrument = {
  name: string
  unit: string
  description: string
  /** Absent: a sum. */
  bounds?: readonly number[]
  read: (event: SpendEvent) => Reading[]
}

/** Bucket bounds are those the conventions give. */
const tokenBounds = Array.from({ length: 14 }, (_, power) => 4 ** power)
const secondBounds = Array.from({ length: 14 }, (_, power) => 2 ** power / 100)

const models = (event: SpendEvent): Record<string, Attribute> => ({
  ...commonAttributes(event),
  'gen_ai.response.model': event.response_model,
})

/** Metrics of the GenAI conventions that a client can know, and what it cost. */
const instruments: readonly Instrument[] = [
  {
    name: 'gen_ai.client.token.usage',
    unit: '{token}',
    description: 'Number of input and output tokens used.',
    bounds: tokenBounds,
    read: (event) => [
      { value: event.usage.prompt, under: { ...models(event), 'gen_ai.token.type': 'input' } },
      ...(event.call_type === 'embeddings'
        ? []
        : [{ value: event.usage.completion, under: { ...models(event), 'gen_ai.token.type': 'output' } }]),
    ],
  },
  {
    name: 'gen_ai.client.operation.duration',
    unit: 's',
    description: 'GenAI operation duration.',
    bounds: secondBounds,
    read: (event) => [
      {
        value: Math.max(0, event.end - event.start) / 1000,
        under: { ...models(event), 'error.type': errorTypeOf(event) },
      },
    ],
  },
  {
    name: 'gen_ai.client.operation.time_to_first_chunk',
    unit: 's',
    description: 'Time to receive the first chunk of a stream.',
    bounds: secondBounds,
    read: (event) => {
      const value = firstChunkSeconds(event)
      return value === undefined ? [] : [{ value, under: models(event) }]
    },
  },
  {
    name: 'purser.cost',
    unit: '{USD}',
    description: 'What providers charge, in US dollars.',
    read: (event) => [{ value: toDollars(event.cost), under: commonAttributes(event) }],
  },
]

/**
 * The batch as delta metrics, one point per set of words. Deltas, because a function that may be frozen or started anew at
 * any time has no total to report. A `lost` attempt is in none: what it was is not known yet.
 */
export function metricsOf(events: readonly SpendEvent[], interval: Interval): Metric[] {
  const known = events.filter(({ outcome }) => outcome !== 'lost')
  return instruments.flatMap(({ read, ...instrument }) => {
    const groups = Map.groupBy(known.flatMap(read), ({ under }) => JSON.stringify(under))
    return groups.size > 0 ? [metricOf(instrument, [...groups.values()], interval)] : []
  })
}

function metricOf(instrument: Omit<Instrument, 'read'>, groups: Reading[][], { since, now }: Interval): Metric {
  const { bounds, ...named } = instrument
  const pointOf = ([first]: Reading[]): Point => ({
    attributes: keyValues(first?.under ?? {}),
    startTimeUnixNano: nanos(Math.min(since, now)),
    timeUnixNano: nanos(now),
  })
  const sumOf = (group: Reading[]) => group.reduce((sum, { value }) => sum + value, 0)
  const aggregationTemporality = deltaTemporality
  if (!bounds) {
    const dataPoints = groups.map((group) => ({ ...pointOf(group), asDouble: sumOf(group) }))
    return { ...named, sum: { aggregationTemporality, isMonotonic: true, dataPoints } }
  }
  const dataPoints = groups.map((group) => {
    const values = group.map(({ value }) => value)
    return {
      ...pointOf(group),
      count: String(values.length),
      sum: sumOf(group),
      min: Math.min(...values),
      max: Math.max(...values),
      bucketCounts: bucketCounts(values, bounds).map(String),
      explicitBounds: bounds,
    }
  })
  return { ...named, histogram: { aggregationTemporality, dataPoints } }
}

/** A bucket ends at its bound, inclusive; the last one has none. */
function bucketCounts(values: readonly number[], bounds: readonly number[]): number[] {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0)
  for (const value of values) {
    const found = bounds.findIndex((bound) => value <= bound)
    const bucket = found < 0 ? bounds.length : found
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }
  return counts
}
