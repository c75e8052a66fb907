import { type JsonObject, objectOf, stringOf } from '../../core/json.ts'

/**
 * Knows the ordinary event of a stream, a piece of text, by how the last one of it was written: nothing of it has to be parsed
 * then. Only texts without quotes and escapes are taken so, for whose end nobody has to look.
 */
export type OrdinaryDelta = {
  /** The text of an event that differs from the last in its text alone; undefined for all others. */
  match(data: string): string | undefined
  learn(data: string, event: JsonObject): void
}

const end = '"}}'

export function ordinaryDelta(): OrdinaryDelta {
  let start: string | undefined
  return {
    match(data) {
      // Not startsWith: it compares letter by letter, and is ten times as slow (V8 13).
      if (start === undefined || data.slice(0, start.length) !== start) return undefined
      const quote = data.indexOf('"', start.length)
      if (data.slice(quote) !== end) return undefined
      const piece = data.slice(start.length, quote)
      return piece === '' || piece.includes('\\') ? undefined : piece
    },
    learn(data, event) {
      if (event.type === 'content_block_stop') start = undefined
      const { type, text } = objectOf(event.delta)
      if (event.type !== 'content_block_delta' || type !== 'text_delta') return
      const tail = (stringOf(text) ?? '') + end
      const before = data.slice(0, -tail.length)
      if (data.endsWith(tail) && /"text":\s?"$/.test(before)) start = before
    },
  }
}
