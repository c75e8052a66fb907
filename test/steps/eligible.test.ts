import { describe, expect, it } from 'vitest'
import type { Config } from '../../lib/core/config.ts'
import type { Deployment } from '../../lib/core/deployment.ts'
import { eligible, isOnTrial } from '../../lib/steps/eligible.ts'
import { isIn } from '../../lib/steps/eligible-region.ts'
import type { Job } from '../../lib/steps/job.ts'
import { config, deployment } from '../support/configuration.ts'

const bytes = 40_000
type Asked = { tags?: string[]; regions?: string[]; settings?: Partial<Config>; refuses?: boolean }

async function found(members: Partial<Deployment>[], { tags = [], regions, settings, refuses = true }: Asked = {}) {
  const deployments = members.map((over, n) => deployment({ group: 'g', id: `d${n}`, ...over }))
  const job = {
    config: config({ deployments, ...settings }),
    task: { kind: 'chat', tags, ...(regions && { regions }), boundsWith: () => ({ inputTokens: bytes, choices: 1 }) },
  } as unknown as Job
  const group = { name: 'g', deployments: deployments.map((one) => ({ deployment: one, model: one.model })) }
  const answer = await eligible(job, group, () => refuses)
  if ('failure' in answer) return answer.failure
  return answer.tiers.map((tier) => tier.map((one) => one.deployment.id))
}

describe('who may serve a request', () => {
  it('is everybody, in the tiers of their order, where nothing is asked for', async () => {
    expect(await found([{ tags: ['a'] }, { order: 2, region: 'eu' }], { tags: ['b'] })).toEqual([['d0'], ['d1']])
  })

  it('is chosen by tags once the config says so', async () => {
    const members = [{ tags: ['a'] }, { tags: ['b'] }]
    const settings = { tagFiltering: 'any' as const }

    expect(await found(members, { tags: ['b'], settings })).toEqual([['d1']])
    expect(await found(members, { tags: ['c'], settings })).toMatchObject({ kind: 'ineligible', status: 401 })
  })

  it('is in every region that is allowed, and known to be', async () => {
    const members = [{ region: 'eu-west-1' }, { region: 'us-east-1' }, {}]

    expect(await found(members, { regions: ['eu'] })).toEqual([['d0']])
    expect(await found(members, { regions: ['us', 'us-east-1'] })).toEqual([['d1']])
    expect(await found(members, { regions: ['us', 'eu'] })).toMatchObject({ kind: 'ineligible', status: 403 })
  })

  it('has a context window that the prompt may fit into', async () => {
    const members = [{ maxInputTokens: 9_999 }, { maxInputTokens: 10_000 }, { model: 'of-unknown-length' }]
    const settings = { preCallChecks: true as const }

    expect(await found(members, { settings })).toEqual([['d1', 'd2']])
    expect(await found(members)).toEqual([['d0', 'd1', 'd2']])
  })

  it('is refused at once for length where a fallback for it is there, and else asked by size: an estimate refuses nothing', async () => {
    const members = [{ maxInputTokens: 10 }, { maxInputTokens: 20 }]
    const settings = { preCallChecks: true as const }

    expect(await found(members, { settings })).toMatchObject({ kind: 'context_window' })
    expect(await found(members, { settings, refuses: false })).toEqual([['d1']])
  })
})

it.each<[string, string, boolean]>([
  ['eu-central-1', 'eu', true],
  ['europe-west4', 'eu', true],
  ['westeurope', 'eu', true],
  ['swedencentral', 'eu', true],
  ['us-east-1', 'us', true],
  ['eastus2', 'us', true],
  ['us', 'us', true],
  ['us-east-1', 'eu', false],
  ['australiaeast', 'us', false],
  ['eu-west-1', 'eu-west-2', false],
  ['eu-west-1', 'eu-west-1', true],
  ['ap-southeast-2', 'ap', false],
])('%s within %s: %s', (region, allowed, expected) => {
  expect(isIn(region, [allowed])).toBe(expected)
})

it('groups on trial are those with a canary that gets something', () => {
  const deployments = [
    deployment({ group: 'a' }),
    deployment({ group: 'a', canary: 0.1 }),
    deployment({ group: 'b', canary: 0 }),
  ]

  expect(['a', 'b', 'c'].map((group) => isOnTrial({ deployments }, group))).toEqual([true, false, false])
})
