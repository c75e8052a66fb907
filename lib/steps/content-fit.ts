import { isObject, type Json, type JsonObject, listOf } from '../core/json.ts'

export type Fitted = { messages: Json[]; truncated: boolean }

/** What a cut text must still be long enough for, to be worth its place. */
const leastLetters = 200

/**
 * The newest messages that fit into so many bytes of JSON. Where one does not, its texts are cut to what is left and what
 * is older is left out: the end of a conversation says more than its beginning.
 */
export function fitted(messages: readonly Json[], mostBytes: number): Fitted {
  const kept: Json[] = []
  let left = mostBytes
  for (const message of messages.toReversed()) {
    const bytes = bytesOf(message)
    if (bytes > left) {
      const cut = shortened(message, left)
      return { messages: cut === undefined ? kept : [cut, ...kept], truncated: true }
    }
    kept.unshift(message)
    left -= bytes
  }
  return { messages: kept, truncated: false }
}

const bytesOf = (value: Json): number => Buffer.byteLength(JSON.stringify(value)) + 1

/** The message with every text cut to an equal share; undefined where even that does not fit. */
function shortened(message: Json, mostBytes: number): Json | undefined {
  if (!isObject(message)) return undefined
  const parts = listOf(message.parts).filter(isObject)
  for (let letters = Math.floor(mostBytes / Math.max(1, parts.length)); letters >= leastLetters; letters >>= 1) {
    const cut: JsonObject = { ...message, parts: parts.map((part) => cutPart(part, letters)) }
    if (bytesOf(cut) <= mostBytes) return cut
  }
  return undefined
}

/** Text is cut; structure (arguments, results) that is too large is left out, because half of it is none. */
function cutPart(part: JsonObject, letters: number): JsonObject {
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => {
      if (typeof value === 'string') return [name, value.slice(0, letters).toWellFormed()]
      return [name, bytesOf(value) > letters ? null : value]
    }),
  )
}
