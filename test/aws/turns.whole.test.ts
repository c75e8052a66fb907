import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedDynamo } from '../../lib/aws/signed.ts'
import { turnStore } from '../../lib/aws/turns.ts'
import type { StoredTurn } from '../../lib/core/stored-turn.ts'
import { freshStore } from '../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let now = Date.now()
const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' })
const turnsOf = (tries: string[] = []) => {
  const dynamo = signedDynamo({ endpoint: store.endpoint, region: 'us-east-1', credentials })
  return turnStore({
    dynamo: (operation, input) => {
      tries.push(operation)
      return dynamo(operation, input)
    },
    table: store.table,
    now: () => now,
  })
}

beforeAll(async () => void (store = await freshStore()))
afterAll(() => store.stop())

const turn = (id: string, text: string): StoredTurn => ({
  id,
  createdAt: now,
  key: 'k1',
  before: ['resp_before'],
  input: [{ role: 'user', content: text }],
  response: { id, output: [{ id: 'msg_theirs', type: 'message' }] },
})

describe('stored turns', () => {
  it('come back as they were put, and their items lead to them', async () => {
    const turns = turnsOf()
    const one = turn('resp_1', 'Grüezi ☂')
    await turns.put(one, ['msg_theirs'])

    expect(await turns.get('resp_1')).toEqual(one)
    expect(await turns.get('resp_2')).toBeUndefined()
    expect(await turns.holderOf('key:k1', 'msg_theirs')).toBe('resp_1')
    expect(await turns.holderOf('key:k2', 'msg_theirs')).toBeUndefined()
  })

  it('larger than an item can be are kept in parts', async () => {
    const writes: string[] = []
    const turns = turnsOf(writes)
    const one = turn('resp_large', randomBytes(900_000).toString('base64'))
    await turns.put(one, [])

    expect(writes.length).toBeGreaterThan(2)
    expect(await turns.get('resp_large')).toEqual(one)
    await turns.remove('resp_large')
    expect(await turns.get('resp_large')).toBeUndefined()
  })

  it('that are too large are refused before anything is written', async () => {
    const writes: string[] = []
    const put = turnsOf(writes).put(turn('resp_huge', randomBytes(7_000_000).toString('base64')), [])

    await expect(put).rejects.toMatchObject({ code: 'too_large' })
    expect(writes).toEqual([])
  })

  it('are gone after thirty days, whether the table has removed them or not', async () => {
    const turns = turnsOf()
    await turns.put(turn('resp_old', 'x'), ['msg_old'])
    now += 30 * 24 * 3_600_000 + 2000

    expect(await turns.get('resp_old')).toBeUndefined()
    expect(await turns.holderOf('key:k1', 'msg_old')).toBeUndefined()
  })

  it('are written again where a write gets no answer, and never half', async () => {
    let calls = 0
    const dynamo = signedDynamo({ endpoint: store.endpoint, region: 'us-east-1', credentials })
    const failing = turnStore({
      dynamo: (operation, input) => (++calls <= 2 ? Promise.reject(new Error('lost')) : dynamo(operation, input)),
      table: store.table,
      now: () => now,
    })
    await failing.put(turn('resp_again', 'x'), [])
    expect(await turnsOf().get('resp_again')).toMatchObject({ id: 'resp_again' })

    const dead = turnStore({ dynamo: () => Promise.reject(new Error('lost')), table: store.table, now: () => now })
    await expect(dead.put(turn('resp_never', 'x'), [])).rejects.toThrow('lost')
    expect(await turnsOf().get('resp_never')).toBeUndefined()
  })
})
