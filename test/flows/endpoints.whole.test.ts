import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { behindHost } from '../support/behind-host.ts'
import { deployment } from '../support/configuration.ts'
import { dollars } from '../support/machine.ts'

const perPicture = { image: dollars(0.04), images: { 'hd/1024x1024': dollars(0.08) }, source: 'test' }
const perToken = { input: 1_000_000, output: 2_000_000, source: 'test' }

const served = (group: string, over: Partial<Deployment> = {}) =>
  deployment({ group, model: group, id: `id-${group}`, ...over })

const scene = behindHost('/v1', () => [
  served('painter', { units: perPicture }),
  served('gpt-image-1', { price: perToken }),
  served('endless', { price: perToken }),
  served('unpriced'),
  served('both', { units: perPicture, known: { price: perToken } }),
  served('tokens', { price: { input: 0, output: 0, source: 'config' }, known: { units: perPicture } }),
  served('vectors', { price: { ...perToken, output: 0 }, maxInputTokens: 10 }),
  served('chat-only', { provider: 'anthropic', price: perToken }),
])

const call = async (path: string, json: object, limit?: number) => {
  const key = await scene.machine.makeKey(limit === undefined ? {} : { limit })
  const call = { path, key: key.plain, json }
  return scene.machine.call(call)
}
const picture = { created: 1, data: [{ b64_json: 'QQ==' }] }

describe('pictures and vectors', () => {
  it('are charged by the piece, at the price of what was asked for, and land in the ledger as such', async () => {
    scene.answer = { body: { data: [...picture.data, ...picture.data] } }

    const reply = await call(
      '/v1/images/generations',
      { model: 'painter', prompt: 'x', n: 2, quality: 'hd' },
      dollars(1),
    )

    expect(reply.status).toBe(200)
    expect(reply.headers['x-litellm-response-cost']).toBe('0.16')
    expect(scene.machine.spends()).toMatchObject([
      {
        call_type: 'images',
        outcome: 'completed',
        cost: dollars(0.16),
        estimated: false,
        units: { images: 2, imageKind: 'hd/1024x1024' },
        holds: [{ amount: dollars(0.16) }],
      },
    ])
  })

  it('are refused before anything is sent where the budget does not cover all of them', async () => {
    const reply = await call('/v1/images/generations', { model: 'painter', prompt: 'x', n: 3 }, dollars(0.1))

    expect(reply).toMatchObject({ status: 429 })
    expect(scene.host.asked).toEqual([])
  })

  it('that are sold by tokens are held for the largest of their kind, and charged as counted', async () => {
    scene.answer = { body: { ...picture, usage: { input_tokens: 10, output_tokens: 272 } } }

    await call('/v1/images/generations', { model: 'gpt-image-1', prompt: 'x', quality: 'low' }, dollars(1))
    const [event] = scene.machine.spends()

    expect(event).toMatchObject({ cost: 10_000 + 544_000, estimated: false })
    expect(event?.holds[0]?.amount).toBeGreaterThanOrEqual(408 * 2000)
  })

  it('without a price, or without an end that is known, are refused under a hard budget and served without', async () => {
    scene.answer = { body: picture }
    const ask = { prompt: 'x' }

    expect(await call('/v1/images/generations', { model: 'unpriced', ...ask }, dollars(1))).toMatchObject({
      status: 400,
    })
    const endless = await call('/v1/images/generations', { model: 'endless', ...ask }, dollars(1))
    expect(endless.json().error?.message).toContain('model_info.max_output_tokens')
    expect(scene.host.asked).toEqual([])
    expect(await call('/v1/images/generations', { model: 'unpriced', ...ask })).toMatchObject({ status: 200 })
  })

  it('that failed for sure cost nothing, and give their hold back', async () => {
    scene.answer = { status: 400, body: { error: { message: 'no', type: 'invalid_request_error' } } }

    const reply = await call('/v1/images/generations', { model: 'painter', prompt: 'x' }, dollars(0.04))

    expect(reply.status).toBe(400)
    expect(scene.machine.spends()).toEqual([])
  })

  it('are held for every text of a list, not for one context window', async () => {
    scene.answer = { body: { data: [{ embedding: [1] }], usage: { prompt_tokens: 3 } } }

    await call('/v1/embeddings', { model: 'vectors', input: ['x'.repeat(40), 'y'.repeat(40)] }, dollars(1))

    expect(scene.machine.spends()[0]).toMatchObject({
      call_type: 'embeddings',
      cost: 3000,
      holds: [{ amount: 128_000 }],
    })
  })

  it('are charged as the operator says where the table says otherwise', async () => {
    scene.answer = { body: { ...picture, usage: { input_tokens: 10, output_tokens: 272 } } }

    await call('/v1/images/generations', { model: 'both', prompt: 'x' }, dollars(1))
    await call('/v1/images/generations', { model: 'tokens', prompt: 'x' }, dollars(1))

    expect(scene.machine.spends().map(({ cost }) => cost)).toEqual([dollars(0.04), 0])
  })

  it('asked for all at once get no more than the budget has', async () => {
    scene.answer = { body: picture }
    const { plain } = await scene.machine.makeKey({ limit: dollars(0.12) })
    const body = Buffer.from(JSON.stringify({ model: 'painter', prompt: 'x' }))
    const one = () =>
      scene.machine.call({ path: '/v1/images/generations', body, headers: { authorization: `Bearer ${plain}` } })

    const replies = await Promise.all(Array.from({ length: 12 }, one))

    expect(replies.filter(({ status }) => status === 200)).toHaveLength(3)
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(9)
    expect(scene.host.asked).toHaveLength(3)
  })

  it('of a provider that has none say so', async () => {
    const reply = await call('/v1/images/generations', { model: 'chat-only', prompt: 'x' })

    expect(reply.json().error?.message).toContain('has no images endpoint')
  })
})
