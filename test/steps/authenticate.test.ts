import { describe, expect, it } from 'vitest'
import type { Call } from '../../lib/core/http.ts'
import type { KeyRecord, Records } from '../../lib/core/records.ts'
import { authenticate, presentedKey } from '../../lib/steps/authenticate.ts'
import { hashKey } from '../../lib/steps/key-hash.ts'
import { recordCache } from '../../lib/steps/record-cache.ts'

describe('presentedKey', () => {
  it.each([
    [{ authorization: 'Bearer sk-a' }, 'sk-a'],
    [{ authorization: 'sk-a' }, 'sk-a'],
    [{ 'x-api-key': 'sk-a' }, 'sk-a'],
    [{ 'api-key': 'sk-a' }, 'sk-a'],
    [{ 'x-goog-api-key': 'sk-a' }, 'sk-a'],
    [{ 'x-litellm-api-key': 'Bearer sk-a', authorization: 'Bearer other' }, 'sk-a'],
    [{ authorization: 'Bearer ', 'api-key': 'sk-a' }, 'sk-a'],
    [{ authorization: '' }, undefined],
    [{}, undefined],
  ])('finds the key of %j', (headers, key) => {
    expect(presentedKey(headers as Record<string, string>)).toBe(key)
  })

  it('reads the config’s own header first', () => {
    expect(presentedKey({ 'x-team-key': 'sk-a', authorization: 'Bearer other' }, 'X-Team-Key')).toBe('sk-a')
  })
})

const key: KeyRecord = {
  kind: 'key',
  id: 'k',
  hash: hashKey('sk-good'),
  name: 'sk-...good',
  models: [],
  aliases: {},
  metadata: {},
  createdAt: 0,
  updatedAt: 0,
  other: {},
  teamId: 't',
  terms: { v: 1, anchor: 0, blocked: false },
}

const ask = (plain: string, team: unknown = { kind: 'team', id: 't', terms: { v: 1, anchor: 0, blocked: false } }) => {
  const records = {
    keyByHash: async (hash: string) => (hash === key.hash ? key : undefined),
    scope: async (kind: string) => (kind === 'team' ? team : undefined),
  } as unknown as Records
  return authenticate({ headers: { authorization: `Bearer ${plain}` } } as unknown as Call, {
    records: recordCache(records, () => 0),
    masterKey: 'sk-master',
    keyHeaderName: undefined,
    now: 0,
  })
}

describe('authenticate', () => {
  it('knows a key with its team, and the master key as nobody’s', async () => {
    expect(await ask('sk-good')).toMatchObject({ key: { id: 'k' }, team: { id: 't' } })
    expect(await ask('sk-master')).toEqual({})
  })

  it('refuses what it does not know, without showing it', async () => {
    await expect(ask('sk-not-this-one')).rejects.toMatchObject({
      status: 401,
      type: 'token_not_found_in_db',
      message: expect.not.stringContaining('not-this') as string,
    })
    await expect(ask('not-a-key-at-all')).rejects.toMatchObject({ status: 401, type: 'auth_error' })
  })

  it('refuses a key whose team is blocked, or gone with its limits', async () => {
    await expect(ask('sk-good', { kind: 'team', id: 't', terms: { blocked: true } })).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining('/team/unblock') as string,
    })
    await expect(ask('sk-good', null)).rejects.toMatchObject({ code: 'blocked' })
  })
})
