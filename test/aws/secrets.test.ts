import { describe, expect, it } from 'vitest'
import { secretsManager, withEnvironment } from '../../lib/aws/secrets.ts'

/** A secret whose value a test changes, and how often it was read. */
function source(first: string | Error, ttlMs = 1000) {
  const state = { value: first, reads: 0, now: 0 }
  const read = async () => {
    state.reads++
    await Promise.resolve()
    if (state.value instanceof Error) throw state.value
    return state.value
  }
  const secrets = secretsManager({ read, secretId: 'purser', ttlMs, clock: { now: () => state.now } })
  return { state, secrets }
}

describe('secretsManager', () => {
  it('reads once for many who ask at once, and for everyone until the time is up', async () => {
    const { state, secrets } = source('{"A":"1","B":"2"}')

    const values = await Promise.all([secrets.get('A'), secrets.get('B'), secrets.get('C')])
    state.now = 999
    await secrets.get('A')
    const reads = state.reads
    state.now = 1000
    await secrets.get('A')

    expect(values).toEqual(['1', '2', undefined])
    expect([reads, state.reads]).toEqual([1, 2])
  })

  it('reads anew when told so, because a provider refused the old value', async () => {
    const { state, secrets } = source('{"A":"old"}')
    await secrets.get('A')
    state.value = '{"A":"new"}'

    expect([await secrets.get('A'), await secrets.get('A', true), await secrets.get('A')]).toEqual([
      'old',
      'new',
      'new',
    ])
  })

  it('reads a dead key anew after 5, 10, 20 and 40 seconds and then once a minute, and other names at once', async () => {
    const { state, secrets } = source('{"DEAD":"1","OTHER":"old"}', 3_600_000)
    await secrets.get('DEAD')
    const readAt: number[] = []
    for (let second = 0; second < 200; second++) {
      state.now = second * 1000
      const before = state.reads
      await secrets.get('DEAD', true)
      if (state.reads > before) readAt.push(second)
    }
    state.value = '{"DEAD":"1","OTHER":"new"}'

    expect(readAt).toEqual([0, 5, 15, 35, 75, 135, 195])
    expect(await secrets.get('OTHER', true)).toBe('new')
  })

  it('goes on with the old value while the service is in trouble', async () => {
    const { state, secrets } = source('{"A":"1"}')
    await secrets.get('A')
    state.value = new Error('throttled')
    state.now = 5000

    expect(await secrets.get('A')).toBe('1')
  })

  it('rejects where there is no value at all, and asks again the next time', async () => {
    const { state, secrets } = source(new Error('throttled'))
    await expect(secrets.get('A')).rejects.toThrow('throttled')
    state.value = '{"A":"1"}'

    expect(await secrets.get('A')).toBe('1')
  })

  it('treats an empty value as none, and says what a secret must look like', async () => {
    const { state, secrets } = source('{"A":""}')
    const empty = await secrets.get('A')
    const other = source('sk-plain')
    state.now = 0

    expect(empty).toBeUndefined()
    await expect(other.secrets.get('A')).rejects.toThrow(/secret purser is not a JSON object/)
  })
})

describe('withEnvironment', () => {
  it("puts the config's environment_variables in front of the secret", async () => {
    const { secrets } = source('{"A":"from the secret","OTHER":"by another name"}')
    const environment = { A: { value: 'written' }, B: { env: 'OTHER' } }

    const both = withEnvironment(environment, secrets)

    expect(await Promise.all(['A', 'B', 'OTHER'].map((name) => both.get(name)))).toEqual([
      'written',
      'by another name',
      'by another name',
    ])
  })
})
