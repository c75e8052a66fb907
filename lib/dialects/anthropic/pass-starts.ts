import { type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { encodeSse } from '../../wire/sse.ts'
import { implied } from './stream.ts'

const empty = {
  text: { type: 'text', text: '' },
  thinking: { type: 'thinking', thinking: '', signature: '' },
}

/**
 * Starts of blocks that a host left out, or that could not be read: SDKs pass over every piece of a block that they were not told
 * of, so the client would lose its text and notice nothing. Gives what must stand before an event; only for blocks whose kind
 * their first piece tells.
 */
export function missingStarts(): (event: JsonObject) => Uint8Array | undefined {
  const begun = new Set<number>()
  return (event) => {
    if (event.type === 'message_start') {
      for (const index of listOf(objectOf(event.message).content).keys()) begun.add(index)
      return undefined
    }
    const index = numberOf(event.index) ?? 0
    if (event.type === 'content_block_start') begun.add(index)
    if (event.type !== 'content_block_delta' || begun.has(index)) return undefined
    begun.add(index)
    const kind = implied[stringOf(objectOf(event.delta).type) ?? '']
    if (kind === undefined) return undefined
    const start = { type: 'content_block_start', index, content_block: empty[kind] }
    return encodeSse(JSON.stringify(start), 'content_block_start')
  }
}
