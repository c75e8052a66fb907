import { describe, expect, it } from 'vitest'
import type { Call } from '../../lib/core/http.ts'
import type { KeyRecord, Records } from '../../lib/core/records.ts'
import { authenticate, presentedKey } from '../../lib/steps/authenticate.ts'
import { hashKey, hashOf, hashPrincipal } from '../../lib/steps/key-hash.ts'
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
    [
      { authorization: 'AWS4-HMAC-SHA256 Credential=sk-a/20260101/us-east-1/bedrock/aws4_request, Signature=b' },
      'sk-a',
    ],
    [{ authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/x, Signature=b', 'x-api-key': 'sk-a' }, 'sk-a'],
    [{ authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/x, Signature=b' }, undefined],
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
  it('says where a key goes beside a signature of AWS', async () => {
    const signed = { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x, Signature=b' } }

    await expect(
      authenticate(signed as unknown as Call, {
        records: recordCache({} as Records, () => 0),
        masterKey: 'sk-master',
        keyHeaderName: undefined,
        now: 0,
      }),
    ).rejects.toThrow(/access key id, or send it in x-api-key/)
  })

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

const role = 'arn:aws:iam::123456789012:role/backend'
const roleKey: KeyRecord = { ...key, id: 'r', hash: hashPrincipal(role), name: role }

/** A caller whose principal the platform knows, or does not, before keys of a role and a person. */
const askAs = (
  principal: string | undefined,
  headers: Record<string, string>,
  kept: readonly KeyRecord[] = [roleKey],
) => {
  const records = {
    keyByHash: async (hash: string) => kept.find((one) => one.hash === hash),
    scope: async (kind: string) =>
      kind === 'team' ? { kind: 'team', id: 't', terms: { v: 1, anchor: 0, blocked: false } } : undefined,
  } as unknown as Records
  return authenticate({ headers, ...(principal !== undefined && { principal }) } as unknown as Call, {
    records: recordCache(records, () => 0),
    masterKey: 'sk-master',
    keyHeaderName: undefined,
    now: 0,
  })
}

describe('a principal that the platform has checked', () => {
  it('is the key, with its team, whatever the headers hold', async () => {
    const signature = { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20261121/us-east-1/lambda/aws4_request' }

    expect(await askAs(role, signature)).toMatchObject({ key: { id: 'r' }, team: { id: 't' } })
    expect(await askAs(role, { 'x-api-key': 'sk-master' })).toMatchObject({ key: { id: 'r' } })
  })

  it('is refused where it has no key, with what to do, even beside the master key', async () => {
    const other = 'arn:aws:iam::123456789012:role/other'

    await expect(askAs(other, { 'x-api-key': 'sk-master' })).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining(`POST /key/generate {"key": "${other}"}`) as string,
    })
  })

  it('is blocked and expires as any other key', async () => {
    const blocked = { ...roleKey, terms: { ...roleKey.terms, blocked: true } }
    const expired = { ...roleKey, expires: -1 }

    await expect(askAs(role, {}, [blocked])).rejects.toMatchObject({ code: 'blocked' })
    await expect(askAs(role, {}, [expired])).rejects.toMatchObject({ code: 'expired_key' })
  })
})

describe('an ARN that is sent as a key', () => {
  it.each([
    { authorization: `Bearer ${role}` },
    { 'x-api-key': role },
    { 'api-key': `  ${role}` },
    { 'x-goog-api-key': 'arn:aws:sts::123456789012:assumed-role/backend/me' },
    { 'x-litellm-api-key': role.toUpperCase() },
  ])('opens nothing: %j', async (headers) => {
    await expect(askAs(undefined, headers as Record<string, string>)).rejects.toMatchObject({
      code: 'unknown_key',
      status: 401,
      message: expect.stringContaining('SigV4') as string,
    })
  })

  it('would open nothing either if nobody looked: no header has the hash of a principal', () => {
    for (const sent of [role, ` ${role}`, `arn${role}`]) expect(hashKey(sent)).not.toBe(roleKey.hash)
    expect(hashOf('arn:aws:sts::123456789012:assumed-role/backend/me')).toBe(roleKey.hash)
    expect(hashOf('arn:aws:iam::123456789012:role/path/backend')).toBe(roleKey.hash)
  })

  it('is not the master key, should somebody have chosen one that looks like it', async () => {
    const records = recordCache({ keyByHash: async () => undefined, scope: async () => undefined }, () => 0)
    const call = { headers: { authorization: `Bearer ${role}` } } as unknown as Call

    await expect(
      authenticate(call, { records, masterKey: role, keyHeaderName: undefined, now: 0 }),
    ).rejects.toMatchObject({ status: 401 })
  })
})
