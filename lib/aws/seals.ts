import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import type { SealedTurn, Seals } from '../core/seals.ts'
import type { Dynamo } from './dynamo.ts'
import { keyAttributes, keys } from './schema.ts'

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

/** A loop of tools is seldom older. */
const keptMs = 6 * 3_600_000
/** Of one turn in the table, packed; what is larger is known to this process alone. */
const mostBytes = 64 * 1024
/** Of all that this process knows. */
const mostKnownLetters = 8 * 1024 * 1024
const longestId = 512

export type SealTable = { dynamo: Dynamo; table: string; now: () => number }

/**
 * Sealed reasoning in the one table, packed, behind what this process has seen itself: most loops come back to the process that
 * began them. Nothing is conditional: a call's id is drawn once, and a write may be repeated.
 */
export function sealStore({ dynamo, table, now }: SealTable): Seals {
  const known = recentTurns(now)
  return {
    async put(owner, callId, turn) {
      const text = JSON.stringify(turn)
      known.add(`${owner} ${callId}`, text)
      // That an answer had none is remembered here only: elsewhere the read finds nothing, which says the same.
      if (turn.details.length === 0 || callId.length > longestId) return
      const data = (await deflate(text)).toString('base64')
      if (data.length > mostBytes) return
      const ttl = { N: String(Math.ceil((now() + keptMs) / 1000)) }
      const key = keyAttributes(keys.seal(owner, callId))
      await dynamo('PutItem', { TableName: table, Item: { ...key, data: { S: data }, ttl } })
    },
    async get(owner, callId) {
      const name = `${owner} ${callId}`
      const text = known.get(name)
      if (text !== undefined) return JSON.parse(text) as SealedTurn
      if (callId.length > longestId) return undefined
      const { Item } = await dynamo('GetItem', { TableName: table, Key: keyAttributes(keys.seal(owner, callId)) })
      // DynamoDB takes days to remove what has expired: it is gone for us at once.
      if (!Item || Number(Item.ttl?.N ?? 0) * 1000 <= now()) return undefined
      const found = (await inflate(Buffer.from(Item.data?.S ?? '', 'base64'))).toString()
      known.add(name, found)
      return JSON.parse(found) as SealedTurn
    },
  }
}

/** The most recently used, up to so many letters of all together. */
function recentTurns(now: () => number) {
  const entries = new Map<string, { text: string; until: number }>()
  let letters = 0
  const remove = (name: string) => {
    letters -= entries.get(name)?.text.length ?? 0
    entries.delete(name)
  }
  return {
    add(name: string, text: string) {
      remove(name)
      if (text.length > mostKnownLetters) return
      entries.set(name, { text, until: now() + keptMs })
      letters += text.length
      for (const oldest of entries.keys()) {
        if (letters <= mostKnownLetters) break
        remove(oldest)
      }
    },
    get(name: string): string | undefined {
      const entry = entries.get(name)
      if (!entry || entry.until <= now()) return undefined
      // Last in the map is the most recently used.
      entries.delete(name)
      entries.set(name, entry)
      return entry.text
    },
  }
}
