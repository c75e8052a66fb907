import { describe, expect, it } from 'vitest'
import type { Config } from '../../lib/core/config.ts'
import type { RoutingSettings } from '../../lib/core/routing.ts'
import { defaultRouting } from '../../lib/core/routing.ts'
import { config, deployment } from '../support/configuration.ts'
import { environment, failure, handClock, taskOf } from '../support/routing.ts'

const pair = ['a', 'b'].map((id) => deployment({ group: 'g', id }))
const single = [deployment({ group: 'g', id: 'a' })]

function scene(deployments: Config['deployments'], routing: Partial<RoutingSettings> = {}, over: Partial<Config> = {}) {
  const clock = handClock()
  const settings = config({ deployments, routing: { ...defaultRouting, ...routing }, ...over })
  return { clock, ...environment(settings, { clock }) }
}

type Scene = ReturnType<typeof scene>

const open = async ({ candidates }: Scene, id = 'a') => !(await candidates()).includes(id)

describe('a deployment of several', () => {
  it('is left alone after a 429, for the five seconds that LiteLLM takes', async () => {
    const one = scene(pair)

    one.attempt('a', failure('rate_limit', { status: 429 }))

    expect(await one.candidates()).toEqual(['b'])
    one.clock.pass(4999)
    expect(await one.candidates()).toEqual(['b'])
    one.clock.pass(1)
    expect(await one.candidates()).toContain('a')
  })

  it('is left alone for as long as it asked for, an hour at most', async () => {
    const one = scene(pair)

    one.attempt('a', failure('rate_limit', { retryAfterMs: 30_000 }))
    one.attempt('b', failure('rate_limit', { retryAfterMs: 8 * 3_600_000 }))

    one.clock.pass(29_999)
    expect(await one.candidates()).toEqual([])
    one.clock.pass(1)
    expect(await one.candidates()).toEqual(['a'])
    one.attempt('a')
    one.clock.pass(3_600_000 - 30_001)
    expect(await one.candidates()).toEqual(['a'])
    one.clock.pass(1)
    expect(await one.candidates()).toEqual(['b', 'a'])
  })

  it.each(['quota', 'auth', 'not_found'] as const)('is left alone at once where it is down: %s', async (kind) => {
    const one = scene(pair)

    one.attempt('a', failure(kind))

    expect(await open(one)).toBe(true)
  })

  it.each(['server', 'connection', 'reset', 'timeout', 'malformed', 'cut', 'overloaded'] as const)(
    'is left alone once more than half of its attempts of this minute failed, two at least: %s',
    async (kind) => {
      const one = scene(pair)

      one.attempt('a', failure(kind))
      expect(await open(one)).toBe(false)
      one.attempt('a')
      one.attempt('a', failure(kind))
      expect(await open(one)).toBe(true)
    },
  )

  it('is left alone after three failures in a row, however well the minute began', async () => {
    const one = scene(pair)
    for (let n = 0; n < 100; n++) one.attempt('a')

    for (let n = 0; n < 2; n++) one.attempt('a', failure('server'))
    one.attempt('a')
    for (let n = 0; n < 2; n++) one.attempt('a', failure('server'))
    expect(await open(one)).toBe(false)
    one.attempt('a', failure('server'))

    expect(await open(one)).toBe(true)
  })

  it('is not left alone while half of its answers come', async () => {
    const one = scene(pair)

    for (let n = 0; n < 50; n++) {
      one.attempt('a')
      one.attempt('a', failure('server'))
    }

    expect(await open(one)).toBe(false)
  })

  it('is left alone where its streams begin well and break off', async () => {
    const one = scene(pair)

    for (let n = 0; n < 2; n++) {
      const turn = one.start('a')
      turn.answered(100)
      turn.ended({ failure: failure('cut') })
    }

    expect(await open(one)).toBe(true)
  })

  it.each(['bad_request', 'too_large', 'context_window', 'content_policy', 'permission', 'client_left'] as const)(
    'cannot be closed for others by what a caller does: %s',
    async (kind) => {
      const one = scene(pair)

      for (let n = 0; n < 20; n++) one.attempt('a', failure(kind))

      expect(await open(one)).toBe(false)
    },
  )

  it('forgets the failures of the minute before', async () => {
    const one = scene(pair)

    one.attempt('a', failure('server'))
    one.clock.pass(60_000)
    one.attempt('a', failure('server'))

    expect(await open(one)).toBe(false)
  })

  it('stays where it is the last one, whatever its limits say', async () => {
    const one = scene(pair)

    one.attempt('b', failure('quota'))
    for (let n = 0; n < 10; n++) one.attempt('a', failure('rate_limit'))

    expect(await one.candidates()).toEqual(['a'])
  })

  it('has a cooldown of its own, and none where that is zero', async () => {
    const [a, b] = pair
    const own = [
      { ...a, cooldownMs: 30_000 },
      { ...b, cooldownMs: 0 },
    ] as Config['deployments']
    const one = scene(own)

    one.attempt('a', failure('rate_limit'))
    one.attempt('b', failure('quota'))

    one.clock.pass(29_999)
    expect(await one.candidates()).toEqual(['b'])
  })
})

describe('a deployment without any other', () => {
  it.each([
    ['rate_limit', 20],
    ['auth', 20],
    ['server', 4],
  ] as const)('is asked on after failures that several would be left alone for: %s', async (kind, times) => {
    const one = scene(single)

    for (let n = 0; n < times; n++) one.attempt('a', failure(kind, { retryAfterMs: 2000 }))

    expect(await open(one)).toBe(false)
  })

  it('is left alone after five failures and no success, and says why and until when', async () => {
    const one = scene(single)

    for (let n = 0; n < 5; n++) one.attempt('a', failure('server', { status: 500 }))

    expect(await one.candidates()).toEqual([])
    one.clock.pass(1500)
    expect(one.refusal()).toMatchObject({ kind: 'overloaded', retryAfterMs: 3500, mayHaveCost: false })
    expect(one.refusal().message).toContain('server, status 500')
  })

  it('says that its quota is used up, not that it is overloaded', async () => {
    const one = scene(single)

    one.attempt('a', failure('quota', { retryAfterMs: 20_000, status: 429 }))

    expect(await one.candidates()).toEqual([])
    expect(one.refusal()).toMatchObject({ kind: 'quota', retryAfterMs: 20_000 })
  })

  it('counts as one of several where it has a fallback', async () => {
    const one = scene(single, {}, { fallbacks: { g: ['other'] } })

    one.attempt('a', failure('connection'))
    one.attempt('a', failure('connection'))

    expect(await open(one)).toBe(true)
  })
})

describe('allowed_fails', () => {
  it('is the only rule where it is set: more failures than it allows, within the cooldown time', async () => {
    const one = scene(pair, { allowedFails: 2, cooldownMs: 10_000 })

    one.attempt('a', failure('rate_limit'))
    one.attempt('a', failure('server'))
    one.clock.pass(10_001)
    one.attempt('a', failure('server'))
    one.attempt('a', failure('server'))
    expect(await open(one)).toBe(false)
    one.attempt('a', failure('server'))

    expect(await open(one)).toBe(true)
  })

  it('has a policy for each kind of failure, before the number for all', async () => {
    const one = scene(pair, { allowedFails: 100, allowedFailsPolicy: { timeout: 0, rate_limit: 3 } })

    for (let n = 0; n < 3; n++) one.attempt('a', failure('rate_limit'))
    one.attempt('b', failure('timeout'))

    expect(await one.candidates()).toEqual(['a'])
    one.attempt('a', failure('rate_limit'))
    expect(await one.candidates()).toEqual([])
  })
})

it('leaves nobody alone with disable_cooldowns', async () => {
  const one = scene(pair, { disableCooldowns: true })

  for (let n = 0; n < 20; n++) one.attempt('a', failure('quota'))

  expect(await open(one)).toBe(false)
})

describe('a model behind a star', () => {
  const wild = [deployment({ group: '*', id: 'w', model: '*' }), deployment({ group: '*', id: 'v', model: '*' })]
  const named = (model: string) => ({ deployment: wild[0] ?? deployment({ group: '*' }), model })

  it('is left alone by its own name, not with all the others', async () => {
    const one = scene(wild)
    const turn = one.routing.started(named('dead'), taskOf())

    turn.ended({ failure: failure('quota') })

    expect(one.routing.isOpen(named('dead'))).toBe(true)
    expect(one.routing.isOpen(named('well'))).toBe(false)
  })

  it('is not left alone because it does not exist', () => {
    const one = scene(wild)

    for (let n = 0; n < 5; n++) one.routing.started(named('typo'), taskOf()).ended({ failure: failure('not_found') })

    expect(one.routing.isOpen(named('typo'))).toBe(false)
  })
})

describe('a probe', () => {
  const rested = () => {
    const one = scene(pair)
    one.attempt('a', failure('quota'))
    one.clock.pass(5000)
    return one
  }

  it('is one request alone, and goes first', async () => {
    const one = rested()

    const asked = await Promise.all([one.candidates(), one.candidates(), one.candidates()])

    expect(asked.map((ids) => ids[0] === 'a')).toEqual([true, false, false])
    expect(asked.slice(1)).toEqual([['b'], ['b']])
  })

  it('that is answered closes the breaker with the first content, before the stream ends', async () => {
    const one = rested()
    await one.candidates()

    one.start('a').answered(100)

    expect((await one.candidates()).toSorted()).toEqual(['a', 'b'])
  })

  it('that fails lets it rest twice as long, twenty seconds at most', async () => {
    const one = rested()
    const rests: number[] = []

    for (let n = 0; n < 4; n++) {
      expect(await one.candidates()).toEqual(['a', 'b'])
      one.attempt('a', failure('server'))
      let rest = 0
      for (; (await one.candidates())[0] !== 'a'; rest += 1000) one.clock.pass(1000)
      rests.push(rest)
      one.start('a').ended({})
    }

    expect(rests).toEqual([10_000, 20_000, 20_000, 20_000])
  })

  it('is alive where it answers with a no', async () => {
    const one = rested()
    await one.candidates()

    one.attempt('a', failure('context_window'))

    expect(await open(one)).toBe(false)
  })

  it('that never went out is left to the next request', async () => {
    const one = rested()
    await one.candidates()

    one.start('a').ended({})

    expect((await one.candidates())[0]).toBe('a')
  })

  it('that hangs is given to somebody else after fifteen seconds', async () => {
    const one = rested()
    await one.candidates()
    one.start('a')

    one.clock.pass(14_999)
    expect(await open(one)).toBe(true)
    one.clock.pass(1)
    expect(await open(one)).toBe(false)
  })

  it('is not what answers of earlier requests say', async () => {
    const one = scene(pair)
    const early = one.start('a')
    one.clock.pass(1)
    one.attempt('a', failure('quota'))

    early.answered(100)

    expect(await open(one)).toBe(true)
  })
})
