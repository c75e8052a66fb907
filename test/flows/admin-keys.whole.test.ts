import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Admin, masterKey, startAdmin } from '../support/admin.ts'

let admin: Admin
beforeAll(async () => void (admin = await startAdmin()))
afterAll(() => admin.stop())

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const generate = async (body: object = {}) => (await admin.call('POST /key/generate', body)).body
const info = (key: string) => admin.call(`GET /key/info?key=${encodeURIComponent(key)}`)

/** Every byte of the table, to look for what must not be in it. */
const everything = async () => JSON.stringify((await admin.dynamo('Scan', { TableName: admin.table })).Items)

describe('who may manage', () => {
  it('is not a caller without a key: 401', async () => {
    const { status, body } = await admin.call('POST /key/generate', {}, { key: null })

    expect(status).toBe(401)
    expect(body.error).toMatchObject({
      type: 'auth_error',
      code: '401',
      message: expect.stringContaining('No api key passed in') as unknown,
    })
  })

  it('is not a caller with an unknown key: 401, without repeating it', async () => {
    const { status, body } = await admin.call('GET /key/list', undefined, { key: 'sk-nobody-has-this-key' })

    expect(status).toBe(401)
    expect(body.error.type).toBe('token_not_found_in_db')
    expect(JSON.stringify(body)).not.toContain('sk-nobody-has-this-key')
  })

  it('is not a virtual key: 403, on every path but its own info', async () => {
    const { key } = await generate()
    const other = await generate()

    for (const line of [
      'POST /key/generate',
      'POST /key/update',
      'GET /key/list',
      'GET /spend/logs',
      'GET /model/info',
      `GET /key/info?key=${other.token}`,
    ]) {
      const { status, body } = await admin.call(line, line.startsWith('POST') ? { key } : undefined, {
        key: String(key),
      })
      expect([line, status, body.error.type]).toEqual([line, 403, 'auth_error'])
    }
    const own = await admin.call('GET /key/info', undefined, { key: String(key) })
    expect(own.status).toBe(200)
    expect(own.body.key).toBe(sha256(String(key)))
    expect((await admin.call(`GET /key/info?key=${key}`, undefined, { key: String(key) })).status).toBe(200)
  })

  it('is not a blocked or expired key, even for its own info', async () => {
    const blocked = await generate({ blocked: true })
    const expired = await generate({ duration: '1s' })
    admin.time.now += 2000

    const first = await admin.call('GET /key/info', undefined, { key: String(blocked.key) })
    const second = await admin.call('GET /key/info', undefined, { key: String(expired.key) })

    expect([first.status, first.body.error.message]).toEqual([401, expect.stringContaining('Key is blocked')])
    expect([second.status, second.body.error.type]).toEqual([401, 'expired_key'])
  })

  it('is the master key in any of the headers that clients use', async () => {
    for (const header of ['x-api-key', 'api-key', 'x-litellm-api-key', 'x-goog-api-key'])
      expect(
        (await admin.call('GET /key/list', undefined, { key: null, headers: { [header]: masterKey } })).status,
      ).toBe(200)
  })

  it('is nobody where there is no master key', async () => {
    const closed = await startAdmin({}, { masterKey: async () => undefined })

    expect((await closed.call('GET /key/list', undefined, { key: 'undefined' })).status).toBe(401)
    expect(closed.logged.join()).toContain('no master key is configured')
    await closed.stop()
  })
})

describe('what cannot be asked', () => {
  it.each([
    ['GET /key/nothing', 404],
    ['POST /team/member_add', 404],
    ['GET /key/generate', 405],
    ['POST /key/info', 405],
  ])('%s is %i in the error envelope', async (line, status) => {
    const reply = await admin.call(line, line.startsWith('POST') ? {} : undefined)

    expect(reply.status).toBe(status)
    expect(reply.body.error).toMatchObject({ code: String(status), type: 'invalid_request_error' })
    if (status === 405) expect(reply.headers['allow']).toMatch(/GET|POST/)
  })

  it('malformed JSON is a 400 with the position', async () => {
    const { status, body } = await admin.call('POST /key/generate', undefined, { raw: '{"max_budget": 1,}' })

    expect(status).toBe(400)
    expect(body.error.param).toBe('request_body')
    expect(body.error.message).toMatch(/position 17/)
  })

  it('a list in place of an object is a 422, and a body over 256 KB a 413', async () => {
    expect((await admin.call('POST /key/generate', [])).status).toBe(422)
    expect((await admin.call('POST /key/generate', { metadata: { a: 'x'.repeat(300_000) } })).status).toBe(413)
  })

  it('a negative budget, a nonsense duration and a wrong type make no key', async () => {
    const before = (await admin.call('GET /key/list')).body.total_count

    const replies = await Promise.all([
      admin.call('POST /key/generate', { max_budget: -5 }),
      admin.call('POST /key/generate', { budget_duration: 'soon' }),
      admin.call('POST /key/generate', { models: 'all' }),
      admin.call('POST /key/generate', { key: 'no-prefix' }),
      admin.call('POST /key/generate', { key: masterKey }),
      admin.call('POST /key/generate', { token: 'abc' }),
    ])

    expect(replies.map((reply) => reply.status)).toEqual([400, 400, 422, 400, 400, 400])
    expect(replies[2]?.body.detail[0]).toMatchObject({ loc: ['body', 'models'] })
    expect(replies.map((reply) => reply.body.error.param)).toEqual([
      'max_budget',
      'budget_duration',
      'models',
      'key',
      'key',
      'token',
    ])
    expect((await admin.call('GET /key/list')).body.total_count).toBe(before)
  })

  it('a team that does not exist is a 404', async () => {
    const { status, body } = await admin.call('POST /key/generate', { team_id: 'nowhere' })

    expect([status, body.error.param]).toEqual([404, 'team_id'])
    expect(body.error.message).toContain('/team/new')
  })
})

describe('a new key', () => {
  it('is shown once, in full, and stored only as its hash', async () => {
    const made = await generate({
      key_alias: 'shown-once',
      models: ['fast'],
      metadata: { a: 1 },
      tags: ['x'],
      duration: '30d',
      tpm_limit: '5',
    })
    const key = String(made.key)

    expect(key).toMatch(/^sk-[\w-]{43}$/)
    expect(made).toMatchObject({
      token: sha256(key),
      token_id: sha256(key),
      key_name: `sk-...${key.slice(-4)}`,
      key_alias: 'shown-once',
    })
    expect(made).toMatchObject({
      models: ['fast'],
      metadata: { a: 1, tags: ['x'] },
      spend: 0,
      max_budget: null,
      tpm_limit: 5,
    })
    expect(made.purser.not_enforced).toEqual(['tpm_limit'])
    expect(Date.parse(String(made.expires)) - Date.parse(String(made.created_at))).toBe(30 * 86_400_000)
    expect(await everything()).not.toContain(key)
    const [found, list, row] = [
      await info(key),
      await admin.call('GET /key/list?return_full_object=true&size=100'),
      await info(sha256(key)),
    ]
    expect(JSON.stringify([found, list, row])).not.toContain(key)
    expect(found.body).toEqual(row.body)
    expect(found.body.info).toMatchObject({ key_alias: 'shown-once', spend: 0, blocked: false, created_by: 'admin' })
    expect(admin.logged.join()).not.toContain(key)
  })

  it('may be brought along by value, and by hash', async () => {
    const value = await generate({ key: 'sk-from-litellm-0001', max_budget: 2 })
    const hash = await generate({ token: sha256('sk-from-litellm-0002'), key_name: 'sk-...0002' })
    const upper = await generate({ key: sha256('sk-from-litellm-0003').toUpperCase() })

    expect([value.key, value.key_name]).toEqual(['sk-from-litellm-0001', 'sk-...0001'])
    expect([hash.key, hash.token, hash.key_name]).toEqual([null, sha256('sk-from-litellm-0002'), 'sk-...0002'])
    expect([upper.key, upper.token]).toEqual([null, sha256('sk-from-litellm-0003')])
    expect((await info('sk-from-litellm-0002')).status).toBe(200)
    expect((await admin.ports.directory.keyByHash(sha256('sk-from-litellm-0003')))?.id).toBe(upper.purser.id)
  })

  it('is refused where the key or the alias is taken', async () => {
    await generate({ key: 'sk-taken-already-1', key_alias: 'taken' })

    for (const [body, param] of [
      [{ key: 'sk-taken-already-1' }, 'key'],
      [{ token: sha256('sk-taken-already-1') }, 'key'],
      [{ key_alias: 'taken' }, 'key_alias'],
    ] as const) {
      const reply = await admin.call('POST /key/generate', body)
      expect([reply.status, reply.body.error.param]).toEqual([400, param])
      expect(reply.body.error.message).toContain('already exists')
    }
  })

  it('makes its user, so that a budget can be set later', async () => {
    await generate({ user_id: 'ada' })

    expect((await admin.call('GET /user/info?user_id=ada')).body).toMatchObject({
      user_id: 'ada',
      user_info: { max_budget: null },
      keys: [{ user_id: 'ada' }],
    })
    expect((await admin.call('POST /user/update', { user_id: 'ada', max_budget: 3 })).body.max_budget).toBe(3)
  })

  it("stays within the configuration's bounds, and is filled by its defaults", async () => {
    const call = admin.under({
      defaultKeyParams: { max_budget: 4, team_id: null },
      upperboundKeyParams: { max_budget: 10 },
    })

    expect((await call('POST /key/generate', {})).body.max_budget).toBe(4)
    const refused = await call('POST /key/generate', { max_budget: 200 })
    expect([refused.status, refused.body.error.message]).toEqual([
      400,
      expect.stringContaining('user_value=200; max_value=10'),
    ])
    const key = (await generate()).key
    expect((await call('POST /key/update', { key, max_budget: 11 })).status).toBe(400)
  })
})

describe('an update', () => {
  it('leaves what is absent, clears what is null, and keeps unknown fields', async () => {
    const { key } = await generate({
      key_alias: 'up',
      max_budget: 5,
      duration: '1d',
      agent_id: 'a',
      aliases: { x: 'fast' },
    })

    const { body } = await admin.call('POST /key/update', {
      key,
      max_budget: '7.5',
      duration: null,
      agent_id: null,
      project_note: 'n',
    })

    expect(body).toMatchObject({
      key_alias: 'up',
      max_budget: 7.5,
      expires: null,
      project_note: 'n',
      aliases: { x: 'fast' },
    })
    expect(body).not.toHaveProperty('agent_id')
    expect((await info(String(key))).body.info).toMatchObject({ max_budget: 7.5, expires: null })
  })

  it('moves an alias, and refuses one that another key has', async () => {
    const [a, b] = [await generate({ key_alias: 'alias-a' }), await generate({ key_alias: 'alias-b' })]

    const refused = await admin.call('POST /key/update', { key: b.token, key_alias: 'alias-a' })
    const moved = await admin.call('POST /key/update', { key: a.key, key_alias: 'alias-c' })
    const free = await admin.call('POST /key/update', { key: b.token, key_alias: 'alias-a' })

    expect([refused.status, refused.body.error.param]).toEqual([400, 'key_alias'])
    expect([moved.status, free.body.key_alias]).toEqual([200, 'alias-a'])
  })

  it('loses nothing when many arrive at once', async () => {
    const { key } = await generate()
    const names = Array.from({ length: 8 }, (_, n) => `field_${n}`)

    const replies = await Promise.all(names.map((name) => admin.call('POST /key/update', { key, [name]: name })))

    expect(replies.map((reply) => reply.status)).toEqual(names.map(() => 200))
    expect((await info(String(key))).body.info).toMatchObject(Object.fromEntries(names.map((name) => [name, name])))
  })

  it('of a key that does not exist is a 404, and without a key a 422', async () => {
    const none = await admin.call('POST /key/update', { key: 'sk-not-there', max_budget: 1 })

    expect([none.status, none.body.error.param]).toEqual([404, 'key'])
    expect(JSON.stringify(none.body)).not.toContain('sk-not-there')
    expect((await admin.call('POST /key/update', { max_budget: 1 })).body.detail).toMatchObject([
      { loc: ['body', 'key'], type: 'missing' },
    ])
    expect((await admin.call('GET /key/info')).status).toBe(422)
  })
})

describe('a new secret', () => {
  it('takes the place of the old one, and nothing else changes', async () => {
    const made = await generate({ key_alias: 'rotated', max_budget: 5, budget_duration: '30d' })

    const { status, body } = await admin.call(`POST /key/${made.key}/regenerate`, { max_budget: 6 })

    expect(status).toBe(200)
    expect(body).toMatchObject({
      key_alias: 'rotated',
      max_budget: 6,
      budget_duration: '30d',
      token: sha256(String(body.key)),
    })
    expect(body.purser.id).toBe(made.purser.id)
    expect((await info(String(made.key))).status).toBe(404)
    expect((await info(String(body.key))).body.info.key_alias).toBe('rotated')
  })

  it('may be chosen, and is refused where it is taken or a grace period is asked for', async () => {
    const [a, b] = [await generate(), await generate({ key: 'sk-occupied-by-b' })]

    const chosen = await admin.call('POST /key/regenerate', { key: a.key, new_key: 'sk-chosen-by-hand' })
    const taken = await admin.call('POST /key/regenerate', { key: 'sk-chosen-by-hand', new_key: b.key })
    const grace = await admin.call('POST /key/regenerate', { key: 'sk-chosen-by-hand', grace_period: '24h' })

    expect(chosen.body.key).toBe('sk-chosen-by-hand')
    expect([taken.status, taken.body.error.param]).toEqual([400, 'new_key'])
    expect([grace.status, grace.body.error.param]).toEqual([400, 'grace_period'])
  })

  it('is given to one of two callers at once', async () => {
    const { token } = await generate()

    const replies = await Promise.all([1, 2].map(() => admin.call('POST /key/regenerate', { key: token })))

    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([200, 409])
    const winner = replies.find((reply) => reply.status === 200)
    expect((await info(String(winner?.body.key))).status).toBe(200)
  })
})

describe('lists', () => {
  it('are paged, newest first, and filtered', async () => {
    const own = await startAdmin()
    for (let n = 0; n < 5; n++)
      await own.call('POST /key/generate', { key_alias: `list-${n}`, user_id: n % 2 ? 'odd' : 'even' })

    const first = (await own.call('GET /key/list?size=2&return_full_object=true')).body
    const last = (await own.call('GET /key/list?size=2&page=3&return_full_object=true')).body
    const odd = (await own.call('GET /key/list?user_id=odd')).body
    const one = (await own.call('GET /key/list?key_alias=list-3')).body

    expect(first).toMatchObject({
      total_count: 5,
      current_page: 1,
      total_pages: 3,
      keys: [{ key_alias: 'list-4' }, { key_alias: 'list-3' }],
    })
    expect(last.keys).toMatchObject([{ key_alias: 'list-0' }])
    expect(odd.total_count).toBe(2)
    expect(one.keys).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
    expect((await own.call(`GET /key/list?key_hash=${String(one.keys[0])}`)).body.total_count).toBe(1)
    expect((await own.call('GET /key/aliases?search=LIST-1')).body).toMatchObject({
      aliases: ['list-1'],
      total_count: 1,
      size: 50,
    })
    expect((await own.call('GET /key/list?size=0')).status).toBe(422)
    expect((await own.call('GET /key/list?size=1000')).status).toBe(422)
    await own.stop()
  })
})

describe('a deletion', () => {
  it('takes keys by value, hash and alias, and frees their names', async () => {
    const keys = [
      await generate({ key_alias: 'gone-1' }),
      await generate({ key_alias: 'gone-2' }),
      await generate({ key_alias: 'gone-3' }),
    ]
    const [a, b] = keys

    const { status, body } = await admin.call('POST /key/delete', { keys: [a?.key, b?.token], key_aliases: ['gone-3'] })

    expect([status, body.deleted_keys]).toEqual([200, [a?.key, b?.token, 'gone-3']])
    for (const key of keys) expect((await info(String(key.token))).status).toBe(404)
    expect((await admin.call('POST /key/generate', { key: a?.key, key_alias: 'gone-1' })).status).toBe(200)
  })

  it('of nothing is a 422, and of an unknown key a 404 that deletes none', async () => {
    const { token } = await generate()

    expect((await admin.call('POST /key/delete', {})).status).toBe(422)
    expect((await admin.call('POST /key/delete', { keys: 'sk-a' })).status).toBe(422)
    expect((await admin.call('POST /key/delete', { keys: [token, 'sk-unknown'] })).status).toBe(404)
    expect((await info(String(token))).status).toBe(200)
  })
})
