import { describe, expect, it } from 'vitest'
import type { CanarySettings } from '../../lib/core/canary.ts'
import { defaultCanary } from '../../lib/core/canary.ts'
import type { Deployment } from '../../lib/core/deployment.ts'
import { canaryTiers } from '../../lib/steps/canary.ts'
import type { Job } from '../../lib/steps/job.ts'
import { config, deployment } from '../support/configuration.ts'

type Asked = {
  members?: Partial<Deployment>[]
  key?: string
  endUser?: string
  headers?: Record<string, string>
  stickyBy?: CanarySettings['stickyBy']
  random?: number
  rolledBack?: string
}

const share = (canary: number): Partial<Deployment>[] => [{ id: 'old' }, { id: 'new', canary }]

function tiers({ members = share(0.5), key, endUser, headers = {}, stickyBy, random = 0.99, rolledBack }: Asked) {
  const deployments = members.map((over) => deployment({ group: 'g', ...over }))
  const job = {
    config: config({ deployments, ...(stickyBy && { canary: { ...defaultCanary, stickyBy } }) }),
    call: { headers },
    caller: { ...(key !== undefined && { key: { id: key } }) },
    task: { ...(endUser !== undefined && { endUser }) },
    routing: { isRolledBack: ({ id }: Deployment) => id === rolledBack },
    ports: { random: () => random },
  } as unknown as Job
  const group = { name: 'g', deployments: deployments.map((one) => ({ deployment: one, model: one.model })) }
  return canaryTiers(job, group).map((tier) => tier.map((one) => one.deployment.id))
}

const keys = Array.from({ length: 2000 }, (_, n) => `key-${n}`)
const onCanary = (asked: Asked) => keys.filter((key) => tiers({ key, ...asked })[0]?.[0] === 'new')

describe('a canary', () => {
  it('gets its share of keys, and keeps those it had when its share grows', () => {
    const few = onCanary({ members: share(0.05) })
    const more = onCanary({ members: share(0.25) })

    expect(few.length).toBeGreaterThan(60)
    expect(few.length).toBeLessThan(140)
    expect(more.length).toBeGreaterThan(420)
    expect(more.length).toBeLessThan(580)
    expect(few.filter((key) => !more.includes(key))).toEqual([])
    expect(onCanary({ members: share(1) })).toEqual(keys)
  })

  it('comes first with its baseline behind it, or last behind its baseline', () => {
    expect(tiers({ random: 0.1 })).toEqual([['new'], ['old']])
    expect(tiers({ random: 0.9 })).toEqual([['old'], ['new']])
  })

  it('leaves the order of the others as it is', () => {
    const members = [{ id: 'a', order: 2 }, { id: 'b' }, { id: 'new', canary: 0.5 }]

    expect(tiers({ members, random: 0.9 })).toEqual([['b'], ['a'], ['new']])
  })

  it('is not asked at all without a share, or once it was rolled back', () => {
    expect(tiers({ members: share(0), random: 0 })).toEqual([['old']])
    expect(tiers({ random: 0, rolledBack: 'new' })).toEqual([['old']])
    expect(tiers({ members: [{ id: 'new', canary: 1 }], rolledBack: 'new' })).toEqual([['new']])
  })

  it('shares traffic with other canaries, each its own part of it', () => {
    const members = [{ id: 'old' }, { id: 'x', canary: 0.2 }, { id: 'y', canary: 0.3 }]

    expect([0.1, 0.3, 0.6].map((random) => tiers({ members, random })[0])).toEqual([['x'], ['y'], ['old']])
  })

  it.each<[string, Asked, Asked]>([
    ['the key', { key: 'k' }, {}],
    ['the end user, where a key has none', { endUser: 'u' }, {}],
    ['the end user', { key: 'k', endUser: 'u' }, { stickyBy: 'end_user', key: 'other' }],
    ['a header', { headers: { 'x-session': 's' } }, { stickyBy: { header: 'x-session' } }],
  ])('sticks to %s, whatever chance says', (_, asked, more) => {
    const [low, high] = [0, 0.99].map((random) => tiers({ ...asked, ...more, random })[0])

    expect(low).toEqual(high)
  })

  it('goes by chance alone where nothing is to stick', () => {
    const each = [0, 0.99].map((random) => tiers({ key: 'k', endUser: 'u', stickyBy: 'request', random })[0])

    expect(each).toEqual([['new'], ['old']])
  })
})
