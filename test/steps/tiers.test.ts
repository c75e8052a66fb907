import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { costOf, type Price, withoutCacheWrites, worstCost } from '../../lib/core/money.ts'
import type { Json } from '../../lib/core/json.ts'
import { cacheTtlOf } from '../../lib/dialects/cache-ttl.ts'
import type { Bounds } from '../../lib/dialects/dialect.ts'
import { providerOf } from '../../lib/providers/rows.ts'
import { deployment } from '../support/configuration.ts'
import {
  askedDearer,
  atAnyTier,
  boundedByTier,
  keptAsAsked,
  servedPrice,
  unaskedTiersOf,
  writtenAsAsked,
} from '../../lib/steps/tiers.ts'

const times = (factor: number) => ({ input: factor * 100, output: factor * 1000, source: `times ${factor}` })
const price: Price = {
  ...times(1),
  cacheWrite: 5000,
  serviceTiers: {
    batch: times(0.5),
    flex: times(0.5),
    priority: { ...times(2), cacheWrite: 9000, tiers: [{ above: 50, price: times(4) }] },
    ultrafast: times(6),
    us: times(1.1),
    fast: times(3),
    'fast us': times(3.3),
  },
}
const bounds = (name?: string, param = 'service_tier'): Bounds => ({
  inputTokens: 10,
  choices: 1,
  ...(name !== undefined && { tier: { name, param } }),
})
const row = (id: string) => providerOf(id)?.unaskedTiers
const dearest = (id: string, asked?: string) => {
  const held = atAnyTier(price, bounds(asked), row(id))
  return worstCost(withoutCacheWrites(held), 0, 1000)
}

describe('what is held for an answer of a thousand tokens', () => {
  it.each<[string, string | undefined, number]>([
    // A project can be set to fast mode; who asks for something else rules that out.
    ['openai', undefined, 2],
    ['openai', 'auto', 2],
    ['openai', 'default', 1],
    ['openai', 'flex', 1],
    ['openai', 'priority', 2],
    ['openai', 'ultrafast', 6],
    ['azure', undefined, 2],
    // A workspace can be kept to the US.
    ['anthropic', undefined, 1.1],
    ['anthropic', 'standard_only', 1.1],
    ['anthropic', 'global', 1],
    ['anthropic', 'fast', 3.3],
    // Elsewhere nothing is dearer than was asked for.
    ['bedrock', undefined, 1],
    ['bedrock', 'priority', 2],
    ['gemini', undefined, 1],
    ['groq', 'flex', 1],
  ])('%s, asked for %s: %d times the price', (id, asked, factor) => {
    expect(dearest(id, asked)).toBe(factor * 1000)
  })

  it('counts long prompts and cache writes of that tier', () => {
    const held = atAnyTier(price, bounds(), row('openai'))

    expect(worstCost(held, 60, 0)).toBe(Math.ceil((60 * 9000) / 1000))
    expect(worstCost(withoutCacheWrites(held), 60, 0)).toBe(Math.ceil((60 * 400) / 1000))
  })
})

describe('what is written to a cache', () => {
  const sold: Price = { ...times(1), cacheWrite: 125, cacheWrite1h: 250 }
  const asked = (...values: Json[]): Bounds => ({ ...bounds(), cacheTtl: cacheTtlOf(...values) })
  const held = (of: Bounds) => worstCost(keptAsAsked({ ...sold, serviceTiers: { priority: sold } }, of), 1000, 0)
  const mark = (ttl: string) => ({ messages: [{ content: [{ type: 'text', prompt_cache_breakpoint: { ttl } }] }] })

  it.each<[Json, Json, number]>([
    [{ messages: [{ content: '"ttl": "12h"' }] }, {}, 125],
    [{ prompt_cache_options: { ttl: '30m' }, prompt_cache_retention: '24h' }, {}, 125],
    [{ prompt_cache_options: { ttl: '12h' } }, {}, 250],
    [mark('12h'), {}, 250],
    [mark('30m'), { prompt_cache_options: { ttl: '12h' } }, 250],
    [{ cache_control: { type: 'ephemeral', ttl: '1h' } }, {}, 250],
  ])('is held for as the request %j, or its deployment %j, asks to have it kept: %d', (body, params, most) => {
    expect(held(asked(body, params))).toBe(most)
  })

  it('is held for at the dearest where nobody has looked', () => {
    expect(held(bounds())).toBe(250)
  })

  it('is charged as asked for where the answer does not tell, and as told where it does', () => {
    const usage = { prompt: 100, completion: 0, cacheWrite: 100 }
    const long = asked({ prompt_cache_options: { ttl: '12h' } })

    expect(writtenAsAsked(usage, long)).toEqual({ ...usage, cacheWrite1h: 100 })
    expect(writtenAsAsked({ ...usage, cacheWrite1h: 0 }, long)).toEqual({ ...usage, cacheWrite1h: 0 })
    expect(writtenAsAsked(usage, asked({ cache_control: { ttl: '1h' } }))).toEqual(usage)
    expect(writtenAsAsked(usage, asked({}))).toEqual(usage)
  })
})

describe('tiers that nobody asked for', () => {
  const own = { value: 'http://models.internal:8000/v1' }
  const of = (more: Partial<Deployment>) => unaskedTiersOf(deployment({ group: 'm', ...more }))

  it.each<[string, Partial<Deployment>]>([
    ['at the provider itself', { price }],
    ['behind an address that is not known yet', { price, apiBase: { env: 'BASE' } }],
    ['behind a proxy', { price, apiBase: { value: 'https://proxy.example/v1' } }],
    ['on a server of one’s own that nobody has priced', { apiBase: own }],
  ])('are held for %s', (_, more) => {
    expect(of(more)).toHaveProperty('priority')
  })

  it('are not held for on a server of one’s own, at the price that its operator wrote', () => {
    expect(of({ price, apiBase: own })).toBeUndefined()
  })
})

describe('a tier of no known price', () => {
  it.each(['scale', 'reserved', 'optimized', 'constructor'])('%s has no bound', (name) => {
    expect(boundedByTier(bounds(name, 'where'), price).unbounded).toBe('where')
    expect(boundedByTier(bounds(name), undefined).unbounded).toBe('service_tier')
  })

  it.each(['auto', 'default', 'flex', 'on_demand', 'priority', undefined])('%s has one', (name) => {
    expect(boundedByTier(bounds(name), price).unbounded).toBeUndefined()
  })

  it('does not hide another reason', () => {
    expect(boundedByTier({ ...bounds('scale'), unbounded: 'plugins' }, price).unbounded).toBe('plugins')
  })

  it('is priority where the price has no tiers', () => {
    expect(boundedByTier(bounds('priority'), times(1)).unbounded).toBe('service_tier')
  })
})

describe('what an answer is charged at', () => {
  const cost = (asked: string | undefined, served?: { tier?: string; pace?: string }) =>
    costOf(servedPrice(price, bounds(asked), served), { prompt: 0, completion: 1000 }) / 1000

  it.each<[string | undefined, { tier?: string; pace?: string } | undefined, number]>([
    [undefined, undefined, 1],
    [undefined, { tier: 'default' }, 1],
    [undefined, { tier: 'priority' }, 2],
    [undefined, { tier: 'fast' }, 2],
    ['priority', { tier: 'default' }, 1],
    ['priority', undefined, 2],
    ['priority', {}, 2],
    ['flex', { tier: 'flex' }, 0.5],
    // Nobody says that it was cheap.
    ['flex', {}, 1],
    [undefined, { tier: 'ON_DEMAND_PRIORITY' }, 2],
    [undefined, { tier: 'scale' }, 1],
    [undefined, { tier: 'constructor' }, 1],
    ['fast', { tier: 'standard', pace: 'fast us' }, 3.3],
    ['fast', { tier: 'standard', pace: 'standard' }, 1],
    [undefined, { tier: 'standard', pace: 'us' }, 1.1],
  ])('asked for %s, served at %j: %d times the price', (asked, served, factor) => {
    expect(cost(asked, served)).toBe(factor)
  })

  it('names the source of that price', () => {
    expect(servedPrice(price, bounds(), { tier: 'priority' }).source).toBe('times 2')
    expect(askedDearer(bounds('flex'))).toBeUndefined()
  })
})
