import { describe, expect, it } from 'vitest'
import type { KeyRecord } from '../../lib/core/records.ts'
import { checkAccess, groupOf, resolveAlias, visibleModels } from '../../lib/steps/models.ts'
import { config, deployment } from '../support/configuration.ts'

const key = (models: string[], aliases: Record<string, string> = {}): KeyRecord => ({
  kind: 'key',
  id: 'k',
  hash: 'h',
  name: 'sk-...1234',
  models,
  aliases,
  metadata: {},
  createdAt: 0,
  updatedAt: 0,
  other: {},
  terms: { v: 1, anchor: 0, blocked: false },
})
const machine = config({
  deployments: [
    deployment({ group: 'chat', id: 'one', model: 'gpt-4o-mini' }),
    deployment({ group: 'chat', id: 'two', model: 'gpt-4o' }),
    deployment({ group: 'openai/*', model: '*' }),
    deployment({ group: '*', id: 'any', model: 'other-*' }),
  ],
  aliases: { fast: { model: 'chat', hidden: false }, secret: { model: 'chat', hidden: true } },
})

describe('groupOf', () => {
  it('finds a group by its name and a single deployment by its id', () => {
    expect(groupOf(machine, 'chat')?.deployments.map((d) => d.model)).toEqual(['gpt-4o-mini', 'gpt-4o'])
    expect(groupOf(machine, 'two')?.deployments.map((d) => d.model)).toEqual(['gpt-4o'])
  })

  it('fills a wildcard from the most specific pattern', () => {
    expect(groupOf(machine, 'openai/gpt-5')?.deployments.map((d) => d.model)).toEqual(['gpt-5'])
    expect(groupOf(machine, 'x')?.deployments.map((d) => d.model)).toEqual(['other-x'])
    expect(groupOf(config(), 'x')).toBeUndefined()
  })

  it('reads a hint in what a wildcard stands for, and is the same deployment each time', () => {
    const wild = config({ deployments: [deployment({ group: 'bedrock/*', provider: 'bedrock', model: '*' })] })
    const of = (name: string) => groupOf(wild, name)?.deployments[0]

    expect(of('bedrock/invoke/anthropic.claude-x')).toMatchObject({
      model: 'anthropic.claude-x',
      deployment: { dialect: 'anthropic' },
    })
    expect(of('bedrock/invoke/a')?.deployment).toBe(of('bedrock/invoke/b')?.deployment)
    expect(of('bedrock/anthropic.claude-x')).toMatchObject({ model: 'anthropic.claude-x' })
    expect(of('bedrock/anthropic.claude-x')?.deployment).toBe(wild.deployments[0])
    expect(of('bedrock/invoke/')?.model).toBe('invoke/')
  })
})

describe('access', () => {
  it('prefers the key’s alias to the router’s', () => {
    expect(resolveAlias(machine, { key: key([], { fast: 'other' }) }, 'fast')).toBe('other')
    expect(resolveAlias(machine, {}, 'fast')).toBe('chat')
  })

  it('refuses with 403 and says what is allowed', () => {
    const caller = { key: key(['chat']) }

    expect(() => checkAccess(caller, { requested: 'chat', resolved: 'chat' })).not.toThrow()
    expect(() => checkAccess(caller, { requested: 'gpt', resolved: 'gpt' })).toThrow(
      expect.objectContaining({
        status: 403,
        type: 'key_model_access_denied',
        message: expect.stringContaining("models=['chat']") as string,
      }),
    )
  })

  it('lists what a key may use, without hidden aliases', () => {
    expect(visibleModels(machine, {})).toEqual(['chat', 'openai/*', '*', 'fast'])
    expect(visibleModels(machine, { key: key(['fast']) })).toEqual(['fast'])
  })
})
