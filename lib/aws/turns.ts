import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import { GatewayError } from '../core/errors.ts'
import { ownerOf, type StoredTurn, type StoredTurns } from '../core/stored-turn.ts'
import type { Dynamo } from './dynamo.ts'
import { type Attributes, keyAttributes, keys } from './schema.ts'

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

const keptMs = 30 * 24 * 3_600_000
/** An item has 400 KB at most; what is left holds its key and the rest. */
const partLetters = 380_000
/** 21 parts, written at once: more would be slower than the answer, and cost more than most answers. */
const mostLetters = 8_000_000
const tries = 3

type Store = { dynamo: Dynamo; table: string; now: () => number }

/**
 * Turns in the one table, packed and cut into parts of their own partitions. The first part is written last and says how many
 * there are, so a turn is there whole or not at all. Nothing is conditional: an id is drawn once, and a write may be repeated.
 */
export function turnStore(store: Store): StoredTurns {
  return {
    async put(turn, itemIds) {
      const data = (await deflate(JSON.stringify(turn))).toString('base64')
      if (data.length > mostLetters)
        throw new GatewayError('too_large', { message: 'The turn is too large to be kept.' })
      const parts = Array.from({ length: Math.max(Math.ceil(data.length / partLetters), 1) }, (_, at) =>
        data.slice(at * partLetters, (at + 1) * partLetters),
      )
      const [first = '', ...others] = parts
      const pointers = itemIds.map((itemId) =>
        write(store, keys.turnItem(ownerOf(turn), itemId), { holder: { S: turn.id } }),
      )
      await Promise.all([
        ...others.map((part, at) => write(store, keys.turn(turn.id, at + 1), { data: { S: part } })),
        ...pointers,
      ])
      await write(store, keys.turn(turn.id, 0), { data: { S: first }, parts: { N: String(parts.length) } })
    },
    async get(id) {
      const first = await read(store, keys.turn(id, 0))
      if (!first) return undefined
      const count = Number(first.parts?.N ?? 1)
      const others = Array.from({ length: count - 1 }, (_, at) => read(store, keys.turn(id, at + 1)))
      const parts = [first, ...(await Promise.all(others))]
      if (parts.some((part) => part === undefined)) return undefined
      const data = parts.map((part) => part?.data?.S ?? '').join('')
      return JSON.parse((await inflate(Buffer.from(data, 'base64'))).toString()) as StoredTurn
    },
    async remove(id) {
      const first = await read(store, keys.turn(id, 0))
      for (let at = 0; at < Number(first?.parts?.N ?? 0); at++)
        await store.dynamo('DeleteItem', { TableName: store.table, Key: keyAttributes(keys.turn(id, at)) })
    },
    async holderOf(owner, itemId) {
      return (await read(store, keys.turnItem(owner, itemId)))?.holder?.S
    },
  }
}

async function write({ dynamo, table, now }: Store, key: { pk: string; sk: string }, more: Attributes): Promise<void> {
  const ttl = { N: String(Math.ceil((now() + keptMs) / 1000)) }
  for (let attempt = 1; ; attempt++) {
    try {
      await dynamo('PutItem', { TableName: table, Item: { ...keyAttributes(key), ...more, ttl } })
      return
    } catch (error) {
      if (attempt >= tries) throw error
    }
  }
}

/** DynamoDB takes days to remove what has expired: it is gone for us at once. */
async function read({ dynamo, table, now }: Store, key: { pk: string; sk: string }): Promise<Attributes | undefined> {
  const { Item } = await dynamo('GetItem', { TableName: table, Key: keyAttributes(key), ConsistentRead: true })
  return Item && Number(Item.ttl?.N ?? 0) * 1000 > now() ? Item : undefined
}
