import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import { keyFields } from '../../lib/flows/admin/fields.ts'
import { parseFields } from '../../lib/flows/admin/input.ts'
import { withDefaults, withinBounds } from '../../lib/flows/admin/key-params.ts'
import { editedMetadata, editedTerms, patched } from '../../lib/flows/admin/terms.ts'
import { isAdminPath, routeOf } from '../../lib/flows/admin/routes.ts'
import { adminConfig } from '../support/admin.ts'

const parse = (body: JsonObject) => parseFields(body, keyFields)

function refusal(run: () => unknown): GatewayError {
  try {
    run()
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('was not refused')
}

describe('fields of a management call', () => {
  it('take money as a number or as text, and an empty text as null', () => {
    const { given } = parse({ max_budget: '12.50', soft_budget: '', budget_duration: '', tpm_limit: '100' })

    expect(given).toEqual({ max_budget: 12.5, soft_budget: null, budget_duration: null, tpm_limit: 100 })
  })

  it('tell an absent field from a null one', () => {
    expect(parse({ key_alias: null }).given).toEqual({ key_alias: null })
    expect(parse({}).given).toEqual({})
  })

  it('keep what they do not know, but no password and no order', () => {
    const { other } = parse({ agent_id: 'x', password: 'p', send_invite_email: true, rpm_limit: 3, __proto__: 1 })

    expect(other).toEqual({ agent_id: 'x', rpm_limit: 3 })
  })

  it.each([
    [{ max_budget: 'ten' }, 'max_budget'],
    [{ max_budget: true }, 'max_budget'],
    [{ models: 'gpt-4o' }, 'models'],
    [{ models: [1] }, 'models'],
    [{ metadata: [] }, 'metadata'],
    [{ aliases: { a: 1 } }, 'aliases'],
    [{ blocked: 'maybe' }, 'blocked'],
    [{ tpm_limit: 1.5 }, 'tpm_limit'],
    [{ key_alias: 7 }, 'key_alias'],
  ])('refuse the wrong type %j with a 422 that has both shapes', (body, name) => {
    const error = refusal(() => parse(body))

    expect(error.status).toBe(422)
    expect(error.message).toContain(name)
    expect(error.message).toContain(`Received: ${JSON.stringify(Object.values(body)[0])}`)
    expect(error.detail.extra).toMatchObject({
      detail: [{ loc: expect.arrayContaining(['body', name]) as unknown, msg: expect.any(String) as unknown }],
    })
  })

  it('never repeat a secret in an error', () => {
    expect(refusal(() => parse({ key: ['sk-secret'] })).message).not.toContain('sk-secret')
  })

  it('name every wrong field at once', () => {
    const error = refusal(() => parse({ max_budget: [], models: 1 }))

    expect(error.detail.extra?.['detail']).toHaveLength(2)
  })

  it.each([
    [{ max_budget: -1 }, 'max_budget', '-1'],
    [{ soft_budget: -0.01 }, 'soft_budget', '-0.01'],
    [{ max_budget: 1e9 }, 'max_budget', '1000000000'],
    [{ budget_duration: 'forever' }, 'budget_duration', "'forever'"],
    [{ budget_duration: '30min' }, 'budget_duration', "'30min'"],
    [{ budget_duration: '0d' }, 'budget_duration', "'0d'"],
    [{ duration: '-5d' }, 'duration', "'-5d'"],
    [{ key_alias: 'x'.repeat(256) }, 'key_alias', '256'],
    [{ team_id: 'a#b' }, 'team_id', 'a#b'],
    [{ key_alias: 'a\u0000b' }, 'key_alias', 'control'],
    [{ spend: 5 }, 'spend', 'max_budget'],
    [{ model_max_budget: { 'gpt-4o': 1 } }, 'model_max_budget', 'not supported yet'],
    [{ budget_limits: [{ budget_duration: '1d', max_budget: 1 }] }, 'budget_limits', 'not supported yet'],
  ])('refuse %j with a 400 that names field and value', (body: JsonObject, name, value) => {
    const error = refusal(() => parse(body))

    expect(error.status).toBe(400)
    expect(error.detail.param).toBe(name)
    expect(error.message).toContain(name)
    expect(error.message).toContain(value)
  })

  it('let empty forms of what is not supported pass', () => {
    expect(parse({ model_max_budget: {}, budget_limits: null, spend: 0 }).given).toEqual({ spend: 0 })
  })
})

describe('an edit', () => {
  const terms = { v: 3, limit: 5, soft: 4, duration: '1mo', anchor: 10, blocked: true }

  it('leaves what is absent and clears what is null', () => {
    expect(editedTerms(terms, {}, 99)).toEqual(terms)
    expect(editedTerms(terms, { max_budget: null }, 99)).toEqual({
      v: 3,
      soft: 4,
      duration: '1mo',
      anchor: 10,
      blocked: true,
    })
  })

  it('keeps zero as a limit', () => {
    expect(editedTerms(terms, { max_budget: 0 }, 99).limit).toBe(0)
  })

  it('counts a new window from now only where the duration changes', () => {
    expect(editedTerms(terms, { budget_duration: '1mo' }, 99).anchor).toBe(10)
    expect(editedTerms(terms, { budget_duration: '48h' }, 99)).toMatchObject({ duration: '48h', anchor: 99 })
  })

  it('keeps tags through new metadata only where these bring none of their own', () => {
    const before = { tags: ['a'], team: 'x', none: null }

    expect(editedMetadata(before, {})).toEqual(before)
    expect(editedMetadata(before, { tags: ['b'] })).toEqual({ tags: ['b'], team: 'x', none: null })
    expect(editedMetadata(before, { metadata: { y: null } })).toEqual({ y: null })
    expect(editedMetadata(before, { tags: null })).toEqual({ team: 'x', none: null })
  })

  it('patches without touching the original', () => {
    const base: { a?: number; b?: number } = { a: 1, b: 2 }

    expect(patched(base, { a: null, b: undefined })).toEqual({ b: 2 })
    expect(base).toEqual({ a: 1, b: 2 })
  })
})

describe("the configuration's own limits", () => {
  const config = adminConfig({
    defaultKeyParams: { max_budget: 3, models: ['fast'], tpm_limit: 7 },
    upperboundKeyParams: { max_budget: 100, budget_duration: '30d', duration: '60d', rpm_limit: 10 },
  })

  it('fill what a new key leaves empty', () => {
    const filled = withDefaults(config, { max_budget: null, models: [], tpm_limit: 9 })

    expect(filled).toEqual({ max_budget: 3, models: ['fast'], tpm_limit: 9 })
  })

  it.each([
    [{ max_budget: 200 }, 'user_value=200; max_value=100'],
    [{ max_budget: '200' }, 'user_value=200; max_value=100'],
    [{ budget_duration: '31d' }, 'user_value=31d; max_value=30d'],
    [{ budget_duration: '2mo' }, 'user_value=2mo; max_value=30d'],
    [{ duration: '-1' }, 'user_value=-1; max_value=60d'],
  ])('refuse %j', (body: JsonObject, words) => {
    const error = refusal(() => withinBounds(config, body, false))

    expect(error.status).toBe(400)
    expect(error.message).toContain(`is over max limit set in config - ${words}`)
  })

  it('are what a new key gets that asks for nothing, and what clearing leads to', () => {
    expect(withinBounds(config, {}, true)).toEqual({
      max_budget: 100,
      budget_duration: '30d',
      duration: '60d',
      rpm_limit: 10,
    })
    expect(withinBounds(config, { max_budget: null }, false)).toEqual({ max_budget: 100 })
    expect(withinBounds(config, { max_budget: 100, budget_duration: '1d' }, false)).toEqual({
      max_budget: 100,
      budget_duration: '1d',
    })
  })
})

describe('paths', () => {
  it('belong to management by area, and nothing of the data plane does', () => {
    for (const path of [
      '/key/generate',
      '/key/sk-a/regenerate',
      '/team/x',
      '/v1/model/info',
      '/model_group/info',
      '/spend/logs',
    ])
      expect(isAdminPath(path), path).toBe(true)
    for (const path of [
      '/v1/chat/completions',
      '/v1/models',
      '/models',
      '/',
      '/health/readiness',
      '/keys',
      '/constructor',
    ])
      expect(isAdminPath(path), path).toBe(false)
  })

  it('may end in a slash and hold an encoded key', () => {
    expect(routeOf('/key/generate/')).toBeDefined()
    expect(routeOf('/key/sk-a%2Fb/regenerate')?.path).toEqual(['sk-a/b'])
    expect(routeOf('/key/%zz/regenerate')?.path).toEqual(['%zz'])
    expect(routeOf('/key//regenerate')).toBeUndefined()
    expect(routeOf('/key/a/b/regenerate')).toBeUndefined()
    expect(routeOf('/key/toString')).toBeUndefined()
  })
})
