import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Admin, startAdmin } from '../support/admin.ts'

const role = 'arn:aws:iam::123456789012:role/backend'

let admin: Admin
beforeAll(async () => {
  admin = await startAdmin()
})
afterAll(() => admin.stop())

describe('an IAM role as a key', () => {
  it('is made by any of its spellings, and shown whole', async () => {
    const { status, body } = await admin.call('POST /key/generate', {
      key: 'arn:aws:sts::123456789012:assumed-role/backend/session-1',
      max_budget: 10,
      budget_duration: '1mo',
      models: ['fast'],
      key_alias: 'backend-role',
    })

    expect(status).toBe(200)
    expect(body).toMatchObject({ key: role, key_name: role, key_alias: 'backend-role', max_budget: 10 })
  })

  it('is found by its ARN: read, changed, blocked', async () => {
    const info = await admin.call(`GET /key/info?key=${encodeURIComponent('arn:aws:iam::123456789012:role/a/backend')}`)
    const updated = await admin.call('POST /key/update', { key: role, max_budget: 20 })
    const blocked = await admin.call('POST /key/block', { key: role })

    expect(info.body.info).toMatchObject({ key_name: role, models: ['fast'] })
    expect(updated.body.max_budget).toBe(20)
    expect(blocked.body).toMatchObject({ blocked: true, key_name: role })
  })

  it('cannot be made twice, by whatever spelling', async () => {
    const { status, body } = await admin.call('POST /key/generate', { key: 'arn:aws:iam::123456789012:role/x/backend' })

    expect(status).toBe(400)
    expect(body.error.message).toMatch(/already exists/)
  })

  it('has no secret to regenerate, and says so', async () => {
    const { status, body } = await admin.call('POST /key/regenerate', { key: role })

    expect(status).toBe(400)
    expect(body.error).toMatchObject({ param: 'key', message: expect.stringMatching(/no secret.*delete/) as string })
  })

  it('cannot become the new secret of another key', async () => {
    const { body: made } = await admin.call('POST /key/generate', {})
    const { status, body } = await admin.call('POST /key/regenerate', { key: made.key, new_key: role })

    expect(status).toBe(400)
    expect(body.error.param).toBe('new_key')
  })

  it.each([
    [{ key: 'arn:aws:iam::123456789012:role/*' }, 'key', /not the ARN of an IAM principal.*role\/backend/],
    [{ key: 'arn:aws:s3:::bucket' }, 'key', /arn:aws:s3:::bucket is not/],
    [{ key: 'arn:aws:iam::123456789012:role/other', token: 'a'.repeat(64) }, 'token', /no secret/],
  ])('refuses %j', async (fields, param, message) => {
    const { status, body } = await admin.call('POST /key/generate', fields)

    expect(status).toBe(400)
    expect(body.error).toMatchObject({ param, message: expect.stringMatching(message) as string })
  })

  it('opens no management path when its ARN is sent as a key', async () => {
    const { status } = await admin.call(`GET /key/info`, undefined, { key: role })

    expect(status).toBe(401)
  })

  it('is deleted by its ARN', async () => {
    expect((await admin.call('POST /key/delete', { keys: [role] })).body.deleted_keys).toEqual([role])
    expect((await admin.call(`GET /key/info?key=${role}`)).status).toBe(404)
  })
})
