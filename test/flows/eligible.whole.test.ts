import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { config, deployment } from '../support/configuration.ts'
import { type Machine, startMachine } from '../support/machine.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

let upstream: ScriptedUpstream
let machine: Machine

beforeAll(async () => {
  upstream = await startUpstream()
  const at = (group: string, id: string, more: Partial<Deployment> = {}) =>
    deployment({ group, id, model: `ok,id=${id}`, apiBase: { value: `${upstream.url}/v1` }, ...more })
  machine = await startMachine(
    config({
      deployments: [
        at('m', 'free', { tags: ['free'], region: 'us-east-1' }),
        at('m', 'paid', { tags: ['paid'], region: 'eu-west-1' }),
        at('open', 'open'),
        at('backed', 'nobody', { tags: ['never'] }),
        at('short', 'short', { maxInputTokens: 50 }),
        at('long', 'long', { maxInputTokens: 5000 }),
        at('acme/*', 'wild', { model: 'ok,of=*' }),
        at('acme/gpt-*', 'wilder', { model: 'ok,gpt=*' }),
      ],
      aliases: { seen: { model: 'open', hidden: false }, unseen: { model: 'open', hidden: true } },
      fallbacks: { backed: ['open'] },
      contextWindowFallbacks: { short: ['long'] },
      tagFiltering: 'any',
      preCallChecks: true,
    }),
  )
})
afterAll(async () => {
  await machine.stop()
  await upstream.stop()
})
beforeEach(() => upstream.forget())

type More = { key?: string; headers?: Record<string, string>; body?: Record<string, unknown>; path?: string }
async function ask(
  model: string,
  { key = 'sk-master', headers = {}, body = {}, path = '/v1/chat/completions' }: More = {},
) {
  const json = { model, messages: [{ role: 'user', content: 'x' }], ...body }
  const call = { path, key, json, headers }
  return machine.call(call)
}
const asked = () => upstream.seen.map(({ body: { model } }) => model)

describe('tags', () => {
  it.each<[string, More]>([
    ['a header', { headers: { 'x-litellm-tags': 'other, paid' } }],
    ['the body', { body: { tags: ['paid'] } }],
    ["the body's metadata", { body: { metadata: { tags: ['paid'] } } }],
    [
      'a message of the other tongue',
      { path: '/v1/messages', headers: { 'x-litellm-tags': 'paid' }, body: { max_tokens: 9 } },
    ],
  ])('of %s choose the deployment', async (_, more) => {
    for (let n = 0; n < 4; n++) expect((await ask('m', more)).status).toBe(200)

    expect(new Set(asked())).toEqual(new Set(['ok,id=paid']))
    expect(upstream.seen[0]?.body).not.toHaveProperty('tags')
  })

  it('of a key choose it, too', async () => {
    const { plain } = await machine.makeKey({ metadata: { tags: ['free'] } })
    for (let n = 0; n < 4; n++) await ask('m', { key: plain })

    expect(new Set(asked())).toEqual(new Set(['ok,id=free']))
  })

  it('that nobody has are refused as LiteLLM refuses them, and nobody is asked', async () => {
    const answer = await ask('m', { body: { tags: ['unknown'] } })

    expect(answer.status).toBe(401)
    expect(answer.json().error?.message).toBe(
      "Not allowed to access model due to tags configuration. Passed model=m and tags=['unknown']",
    )
    expect(asked()).toEqual([])
  })

  it('that nobody of a group has leave its fallbacks, which have rules of their own', async () => {
    expect((await ask('backed', { body: { tags: ['!never'] } })).status).toBe(200)
    expect(asked()).toEqual(['ok,id=open'])
  })
})

describe('a region', () => {
  it('that a request is confined to chooses the deployment, and is not sent on', async () => {
    for (let n = 0; n < 4; n++) await ask('m', { body: { allowed_model_region: 'eu' } })

    expect(new Set(asked())).toEqual(new Set(['ok,id=paid']))
    expect(upstream.seen[0]?.body).not.toHaveProperty('allowed_model_region')
  })

  it('that a key is confined to cannot be widened by a request', async () => {
    const { plain } = await machine.makeKey({ metadata: { allowed_model_region: 'eu' } })
    const answers = [
      await ask('m', { key: plain }),
      await ask('m', { key: plain, body: { allowed_model_region: 'us' } }),
      await ask('open', { key: plain }),
    ]

    expect(answers.map(({ status }) => status)).toEqual([200, 403, 403])
    expect(asked()).toEqual(['ok,id=paid'])
  })
})

it('a prompt that cannot fit goes to the fallback for it without being sent in vain', async () => {
  const answer = await ask('short', { body: { messages: [{ role: 'user', content: 'long '.repeat(200) }] } })

  expect([answer.status, asked()]).toEqual([200, ['ok,id=long']])
  expect(answer.headers['x-purser-attempts']).toBe('1')
})

describe('names', () => {
  it.each([
    ['acme/claude', 'ok,of=claude'],
    ['acme/gpt-5', 'ok,gpt=5'],
    ['acme/a/b', 'ok,of=a/b'],
    ['acme/$&$1', 'ok,of=$&$1'],
  ])('%s is served by the wildcard that says most, as %s', async (name, model) => {
    expect((await ask(name)).status).toBe(200)
    expect(asked()).toEqual([model])
  })

  it('an alias that is hidden is served and not listed', async () => {
    const list = await machine.call({ path: '/v1/models', method: 'GET', key: 'sk-master' } as never)
    const ids = (list.json() as unknown as { data: { id: string }[] }).data.map(({ id }) => id)

    expect((await ask('unseen')).status).toBe(200)
    expect([ids.includes('seen'), ids.includes('unseen')]).toEqual([true, false])
  })
})
