import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { defaultRouting, type RoutingSettings } from '../../lib/core/routing.ts'
import { type Gauge, ordered } from '../../lib/steps/strategy.ts'
import { deployment } from '../support/configuration.ts'

const idle: Gauge = { inFlight: 0, latencyMs: undefined, busy: 0, requests: 0, tokens: 0 }

/** How often each candidate comes first, in a thousand draws; with what is known of each. */
function firsts(
  known: Record<string, Partial<Gauge> & { deployment?: Partial<Deployment> }>,
  settings: Partial<RoutingSettings>,
  tokens = 0,
): Record<string, number> {
  const candidates = Object.entries(known).map(([id, { deployment: over }]) => ({
    deployment: deployment({ group: 'g', id, ...over }),
    model: 'm',
  }))
  let seed = 1
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  const counts: Record<string, number> = {}
  for (let n = 0; n < 1000; n++) {
    const input = { settings: { ...defaultRouting, ...settings }, random, tokens }
    const gauge = (one: (typeof candidates)[number]) => ({ ...idle, ...known[one.deployment.id] })
    const [first, ...rest] = ordered(candidates, { ...input, gauge })
    if (first) counts[first.deployment.id] = (counts[first.deployment.id] ?? 0) + 1
    expect(new Set([first, ...rest]).size).toBe(rest.length + 1)
  }
  return counts
}

describe('simple-shuffle', () => {
  it('shares by weight, and goes on by weight among the others', () => {
    const shares = firsts(
      { a: { deployment: { weight: 8 } }, b: { deployment: { weight: 2 } } },
      { strategy: 'simple-shuffle' },
    )

    expect(shares.a).toBeGreaterThan(750)
    expect(shares.b).toBeGreaterThan(150)
  })
})

describe('latency-based-routing', () => {
  it('takes the faster of two at random: the slowest never, the fastest most', () => {
    const shares = firsts(
      { a: { latencyMs: 900 }, b: { latencyMs: 300 }, c: { latencyMs: 600 } },
      { strategy: 'latency-based-routing' },
    )

    expect(shares.a).toBeUndefined()
    expect(shares.b).toBeGreaterThan(600)
    expect(shares.c).toBeGreaterThan(250)
  })

  it('counts what runs there already', () => {
    const shares = firsts(
      { a: { latencyMs: 300, inFlight: 4 }, b: { latencyMs: 900 } },
      { strategy: 'latency-based-routing' },
    )

    expect(shares).toEqual({ b: 1000 })
  })

  it('tries one that nothing is known of', () => {
    expect(firsts({ a: { latencyMs: 10 }, b: {} }, { strategy: 'latency-based-routing' })).toEqual({ b: 1000 })
  })

  it('spreads over those within lowest_latency_buffer', () => {
    const shares = firsts(
      { a: { latencyMs: 100 }, b: { latencyMs: 140 }, c: { latencyMs: 160 } },
      { strategy: 'latency-based-routing', latencyBuffer: 0.5 },
    )

    expect(shares.a).toBeGreaterThan(400)
    expect(shares.b).toBeGreaterThan(400)
    expect(shares.c).toBeUndefined()
  })
})

describe('least-busy', () => {
  it('takes where the fewest run, here or in all environments', () => {
    const shares = firsts(
      { a: { inFlight: 1, busy: 5 }, b: { inFlight: 2, busy: 0 }, c: { inFlight: 3 } },
      { strategy: 'least-busy' },
    )

    expect(shares).toEqual({ b: 1000 })
  })

  it('shares evenly among equals', () => {
    const shares = firsts({ a: {}, b: {} }, { strategy: 'least-busy' })

    expect(shares.a).toBeGreaterThan(400)
    expect(shares.b).toBeGreaterThan(400)
  })
})

describe.each(['usage-based-routing', 'usage-based-routing-v2'] as const)('%s', (strategy) => {
  it('takes the one with the fewest tokens of this minute', () => {
    expect(firsts({ a: { tokens: 100 }, b: { tokens: 99 } }, { strategy })).toEqual({ b: 1000 })
  })

  it('leaves out who would be over its rpm or tpm, even where there is nobody else', () => {
    const a = { requests: 10, deployment: { rpm: 10 } }
    const b = { tokens: 900, deployment: { tpm: 1000 } }

    expect(firsts({ a, b }, { strategy }, 100)).toEqual({ b: 1000 })
    expect(firsts({ a, b }, { strategy }, 101)).toEqual({})
    expect(firsts({ b }, { strategy }, 101)).toEqual({})
  })
})

describe('cost-based-routing', () => {
  it('takes the lowest price of input and output together, and what has none last', () => {
    const price = (input: number, output: number) => ({ deployment: { price: { input, output, source: 'config' } } })

    expect(firsts({ a: price(5, 5), b: price(1, 8), c: {} }, { strategy: 'cost-based-routing' })).toEqual({ b: 1000 })
  })
})
