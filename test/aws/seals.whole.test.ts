import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sealStore } from '../../lib/aws/seals.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { SealedTurn } from '../../lib/core/seals.ts'
import { freshStore } from '../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let now = Date.now()

/** One process's view of the table, and what it asked of it. */
function environment() {
  const asked: string[] = []
  const dynamo = sdkDynamo(store.client)
  const seals = sealStore({
    dynamo: (operation, input) => {
      asked.push(operation)
      return dynamo(operation, input)
    },
    table: store.table,
    now: () => now,
  })
  return { ...seals, asked }
}

beforeAll(async () => void (store = await freshStore()))
afterAll(() => store.stop())

const turn = (signature: string): SealedTurn => ({
  model: 'claude-sonnet-4-5',
  details: [{ type: 'reasoning.text', text: 'Hm ☂', signature, format: 'anthropic-claude-v1' }],
})

describe('sealed reasoning', () => {
  it('comes back as it was put, on every environment, and asks the table once', async () => {
    const [here, there] = [environment(), environment()]
    await here.put('key:k1', 'toolu_1', turn('c2ln+/=='))

    expect(await here.get('key:k1', 'toolu_1')).toEqual(turn('c2ln+/=='))
    expect(here.asked).toEqual(['PutItem'])
    expect(await there.get('key:k1', 'toolu_1')).toEqual(turn('c2ln+/=='))
    expect(await there.get('key:k1', 'toolu_1')).toEqual(turn('c2ln+/=='))
    expect(there.asked).toEqual(['GetItem'])
  })

  it('is nobody else’s', async () => {
    const here = environment()
    await here.put('key:k1', 'toolu_2', turn('a'))

    expect(await here.get('key:k2', 'toolu_2')).toBeUndefined()
    expect(await here.get('key:k1', 'toolu_3')).toBeUndefined()
  })

  it('is gone after six hours, wherever it is asked for', async () => {
    const [here, there] = [environment(), environment()]
    await here.put('key:k1', 'toolu_4', turn('a'))
    now += 6 * 3_600_000 + 1000

    expect(await here.get('key:k1', 'toolu_4')).toBeUndefined()
    expect(await there.get('key:k1', 'toolu_4')).toBeUndefined()
  })

  it('too large for the table stays in this process, and so does knowing that there was none', async () => {
    const [here, there] = [environment(), environment()]
    const large = turn(randomBytes(60_000).toString('base64'))
    await here.put('key:k1', 'toolu_5', large)
    await here.put('key:k1', 'toolu_6', { ...turn(''), details: [] })

    expect(await here.get('key:k1', 'toolu_5')).toEqual(large)
    expect(await here.get('key:k1', 'toolu_6')).toMatchObject({ details: [] })
    expect(here.asked).toEqual([])
    expect(await there.get('key:k1', 'toolu_5')).toBeUndefined()
  })

  it('of long ago makes place: a process knows eight megabytes', async () => {
    const here = environment()
    const large = turn(randomBytes(750_000).toString('base64'))
    for (let at = 0; at < 10; at++) await here.put('key:k1', `large_${at}`, large)

    expect(await here.get('key:k1', 'large_9')).toEqual(large)
    expect(await here.get('key:k1', 'large_0')).toBeUndefined()
  })
})
