import type { Random } from '../core/ports.ts'
import type { RoutingSettings, RoutingStrategy } from '../core/routing.ts'
import { priceOf } from '../providers/prices.ts'
import { type Candidate, pick } from './choose.ts'

/** What is known of one candidate at the moment. */
export type Gauge = {
  /** Attempts of this environment that run now. */
  inFlight: number
  /** To the first token of a stream, or to the end of a whole reply; undefined: nothing recent is known. */
  latencyMs: number | undefined
  /** Attempts that run at once in all environments, by how many there are and how long they last. */
  busy: number
  /** Of the current minute. */
  requests: number
  tokens: number
}

export type StrategyInput = {
  settings: RoutingSettings
  random: Random
  /** Tokens that the request brings along. */
  tokens: number
  gauge: (candidate: Candidate) => Gauge
}

type Order = (candidates: readonly Candidate[], input: StrategyInput) => Candidate[]

/** Everybody that may be asked, the one to ask first in front, then those to go to where it fails. */
export const ordered: Order = (candidates, input) =>
  candidates.length < 2 && !limited[input.settings.strategy]
    ? [...candidates]
    : orders[input.settings.strategy](candidates, input)

/** Repeated draws without putting back: the first is LiteLLM's simple-shuffle, and so is each one after a failure. */
const shuffled: Order = (candidates, { random }) => {
  const rest = [...candidates]
  const order: Candidate[] = []
  for (let next = pick(rest, random); next; next = pick(rest, random)) {
    order.push(next)
    rest.splice(rest.indexOf(next), 1)
  }
  return order
}

/** By a number, least first; equal ones in a random order. */
const leastFirst =
  (score: (candidate: Candidate, input: StrategyInput) => number): Order =>
  (candidates, input) => {
    const scores = new Map(candidates.map((candidate) => [candidate, score(candidate, input)]))
    return shuffled(candidates, input).toSorted((a, b) => (scores.get(a) ?? 0) - (scores.get(b) ?? 0))
  }

/** What a request would wait for: how long the deployment takes, as often as it is busy already (peak-EWMA). Unknown: worth a try. */
const expected = (candidate: Candidate, { gauge }: StrategyInput): number => {
  const { latencyMs, inFlight } = gauge(candidate)
  return (latencyMs ?? 0) * (inFlight + 1)
}

/**
 * Two at random, the better of them first (power of two choices): so environments that know the same do not all run to the
 * one that was fastest a moment ago. With `lowest_latency_buffer` as LiteLLM has it: at random among the nearly fastest.
 */
const fastestFirst: Order = (candidates, input) => {
  const byTime = leastFirst(expected)(candidates, input)
  const best = byTime[0]
  if (!best) return []
  const { latencyBuffer } = input.settings
  const most = expected(best, input) * (1 + latencyBuffer)
  const two = shuffled(candidates, input).slice(0, 2)
  const first =
    latencyBuffer > 0
      ? pick(
          byTime.filter((c) => expected(c, input) <= most),
          input.random,
        )
      : byTime.find((c) => two.includes(c))
  return first ? [first, ...byTime.filter((c) => c !== first)] : byTime
}

/** Fewest tokens this minute first; whoever would be over its `rpm` or `tpm` is not asked at all. */
const withinLimits: Order = (candidates, input) => {
  const room = candidates.filter((candidate) => {
    const { rpm = Infinity, tpm = Infinity } = candidate.deployment
    const { requests, tokens } = input.gauge(candidate)
    return requests + 1 <= rpm && tokens + input.tokens <= tpm
  })
  return leastFirst((candidate, { gauge }) => gauge(candidate).tokens)(room, input)
}

/** LiteLLM's guess where no price is known: a dollar per token, so that it comes last. */
const unknownPrice = 1e12

const price = ({ deployment, model }: Candidate): number => {
  const known = priceOf(deployment, model)
  return known ? known.input + known.output : unknownPrice
}

const orders: Record<RoutingStrategy, Order> = {
  'simple-shuffle': shuffled,
  'least-busy': leastFirst((candidate, { gauge }) => {
    const { inFlight, busy } = gauge(candidate)
    return Math.max(inFlight, busy)
  }),
  'latency-based-routing': fastestFirst,
  'usage-based-routing': withinLimits,
  'usage-based-routing-v2': withinLimits,
  'cost-based-routing': leastFirst(price),
}

/** Whether the strategy asks how many tokens a request brings along, which costs a count. */
export const needsTokens = ({ strategy }: RoutingSettings): boolean => limited[strategy] === true

/** Strategies that may leave somebody out even where there is nobody else. */
const limited: Partial<Record<RoutingStrategy, true>> = { 'usage-based-routing': true, 'usage-based-routing-v2': true }
