import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Admin, deployment, startAdmin } from '../support/admin.ts'

let admin: Admin
beforeAll(async () => void (admin = await startAdmin()))
afterAll(() => admin.stop())

describe('teams', () => {
  it('are made, read, listed and changed', async () => {
    const made = await admin.call('POST /team/new', {
      team_alias: 'research',
      max_budget: 20,
      budget_duration: '30d',
      models: ['fast'],
      members_with_roles: [{ role: 'admin', user_id: 'ada' }],
    })
    const id = made.body.team_id
    const { body: key } = await admin.call('POST /key/generate', { team_id: id })

    expect(made.body).toMatchObject({
      team_alias: 'research',
      max_budget: 20,
      spend: 0,
      models: ['fast'],
      blocked: false,
    })
    const { body } = await admin.call(`GET /team/info?team_id=${id}`)
    expect(body).toMatchObject({ team_id: id, team_memberships: [], keys: [{ token: key.token, team_id: id }] })
    expect(body.team_info).toMatchObject({
      team_alias: 'research',
      budget_reset_at: '2026-12-01T00:00:00.000Z',
      members_with_roles: [{ user_id: 'ada' }],
    })
    const changed = await admin.call('POST /team/update', { team_id: id, max_budget: null, team_alias: 'science' })
    expect(changed.body).toMatchObject({ max_budget: null, team_alias: 'science', data: { team_id: id } })
    expect((await admin.call('GET /team/list')).body).toContainEqual(
      expect.objectContaining({ team_id: id, team_memberships: [] }),
    )
  })

  it('may have an id of their own, once', async () => {
    expect((await admin.call('POST /team/new', { team_id: 'mine' })).status).toBe(200)

    const again = await admin.call('POST /team/new', { team_id: 'mine' })

    expect([again.status, again.body.error.param]).toEqual([400, 'team_id'])
  })

  it('are blocked and unblocked with a new version each time', async () => {
    await admin.call('POST /team/new', { team_id: 'blockable', max_budget: 1 })

    expect((await admin.call('POST /team/block', { team_id: 'blockable' })).body).toMatchObject({ blocked: true })
    expect((await admin.call('POST /team/unblock', { team_id: 'blockable' })).body).toMatchObject({ blocked: false })
    expect((await admin.ports.directory.scope('team', 'blockable'))?.terms.v).toBe(3)
  })

  it('take their keys with them when they are deleted', async () => {
    await admin.call('POST /team/new', { team_id: 'short' })
    const { body: key } = await admin.call('POST /key/generate', { team_id: 'short' })
    const { body: other } = await admin.call('POST /key/generate', {})

    const { status } = await admin.call('POST /team/delete', { team_ids: ['short'] })

    expect(status).toBe(200)
    expect((await admin.call('GET /team/info?team_id=short')).status).toBe(404)
    expect((await admin.call(`GET /key/info?key=${key.token}`)).status).toBe(404)
    expect((await admin.call(`GET /key/info?key=${other.token}`)).status).toBe(200)
  })

  it('that are not there are a 404, and not named a 422', async () => {
    for (const line of ['POST /team/update', 'POST /team/block', 'POST /team/unblock']) {
      expect((await admin.call(line, { team_id: 'none' })).status, line).toBe(404)
      expect((await admin.call(line, {})).status, line).toBe(422)
    }
    expect((await admin.call('POST /team/delete', { team_ids: ['none'] })).status).toBe(404)
    expect((await admin.call('GET /team/info')).status).toBe(422)
  })
})

describe('users', () => {
  it('come with a key, whose budget is theirs', async () => {
    const { status, body } = await admin.call('POST /user/new', {
      user_email: 'grace@example.com',
      max_budget: 9,
      budget_duration: '1w',
      models: ['fast'],
      password: 'never stored',
    })

    expect(status).toBe(200)
    expect(body).toMatchObject({
      user_email: 'grace@example.com',
      user_role: 'internal_user',
      max_budget: 9,
      key: expect.stringMatching(/^sk-/) as unknown,
    })
    const { body: found } = await admin.call(`GET /user/info?user_id=${body.user_id}`)
    expect(found).toMatchObject({
      user_info: { max_budget: 9, spend: 0 },
      keys: [{ max_budget: null, models: ['fast'] }],
      teams: [],
    })
    expect(JSON.stringify(await admin.ports.directory.scope('user', body.user_id))).not.toContain('never stored')
  })

  it('come without one on request, and only once', async () => {
    const { body } = await admin.call('POST /user/new', { user_id: 'solo', auto_create_key: false })
    const again = await admin.call('POST /user/new', { user_id: 'solo' })

    expect(body).toMatchObject({ user_id: 'solo', key: null })
    expect([again.status, again.body.error.param]).toEqual([409, 'user_id'])
    expect((await admin.call('GET /user/info?user_id=solo')).body.keys).toHaveLength(0)
  })

  it('are not left behind where their key is refused', async () => {
    const { status } = await admin.call('POST /user/new', { user_id: 'half', team_id: 'nowhere' })

    expect(status).toBe(404)
    expect((await admin.call('GET /user/info?user_id=half')).status).toBe(404)
  })

  it('are changed, paged and deleted with their keys', async () => {
    const { body } = await admin.call('POST /user/new', { user_id: 'paged' })

    const changed = await admin.call('POST /user/update', {
      user_id: 'paged',
      user_role: 'proxy_admin_viewer',
      soft_budget: 2,
    })
    const list = await admin.call('GET /user/list?page=1&page_size=1')
    const one = await admin.call('GET /user/list?user_ids=paged')

    expect(changed.body).toMatchObject({ user_role: 'proxy_admin_viewer', soft_budget: 2 })
    expect(list.body.users).toHaveLength(1)
    expect(one.body).toMatchObject({ total: 1, users: [{ user_id: 'paged' }] })
    await admin.call('POST /user/delete', { user_ids: ['paged'] })
    expect((await admin.call(`GET /key/info?key=${body.key}`)).status).toBe(404)
    expect((await admin.call('POST /user/update', { user_id: 'paged' })).status).toBe(404)
  })
})

describe('models', () => {
  const secret = 'sk-upstream-secret'
  const config = {
    deployments: [
      deployment({
        apiKey: { value: secret },
        apiBase: { value: `https://user:${secret}@models.test/v1?key=${secret}` },
        params: { temperature: 0.5, max_tokens: 10, aws_secret_access_key: secret, nested: { api_key: secret, a: 1 } },
        info: { note: 'n', input_cost_per_token: 1, id: 'one' },
        headers: { authorization: secret },
        price: { input: 150_000, output: 600_000, source: 'config' },
        rpm: 5,
      }),
      deployment({
        id: 'two',
        apiBase: { env: 'MY_BASE' },
        price: { input: 200_000, output: 1, source: 'config' },
        rpm: 6,
      }),
    ],
  }

  it('are told with prices and limits, and without a secret', async () => {
    const { body } = await admin.under(config)('GET /v1/model/info')

    expect(body.data).toMatchObject([
      {
        model_name: 'fast',
        litellm_params: {
          model: 'openai/gpt-4o-mini',
          api_base: 'https://models.test/v1',
          temperature: 0.5,
          max_tokens: 10,
          nested: { a: 1 },
        },
        model_info: { id: 'one', note: 'n', mode: 'chat', input_cost_per_token: 1.5e-7, output_cost_per_token: 6e-7 },
      },
      { litellm_params: { api_base: 'os.environ/MY_BASE' } },
    ])
    expect(JSON.stringify(body)).not.toContain(secret)
  })

  it('may be asked for one by one, and by group', async () => {
    const call = admin.under(config)

    expect((await call('GET /model/info?litellm_model_id=two')).body.data).toHaveLength(1)
    expect((await call('GET /model/info?litellm_model_id=three')).status).toBe(400)
    expect((await call('GET /model_group/info')).body.data).toMatchObject([
      { model_group: 'fast', providers: ['openai'], input_cost_per_token: 2e-7, rpm: 11, tpm: null },
    ])
  })
})
