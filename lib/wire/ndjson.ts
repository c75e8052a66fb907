import type { SseDecoder, SseEvent } from './sse.ts'

const lineFeed = 10
const defaultLimitBytes = 32 * 1024 * 1024

/**
 * Newline-delimited JSON: every line is an event without a name. Chunks may be cut anywhere; empty lines are left out; a last
 * line without its line feed counts. A line over `limitBytes` ends the stream as an `error` event with `overflow` set.
 */
export function ndjsonDecoder(limitBytes: number = defaultLimitBytes): SseDecoder {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let overflown = false

  const line = (part: Uint8Array): SseEvent[] => {
    const raw = held.length === 0 ? part : Buffer.concat([...held, part])
    held = []
    heldBytes = 0
    // A byte order mark is white space to `trim`.
    const data = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8').trim()
    return data === '' ? [] : [{ data, raw }]
  }
  const overflow = (): SseEvent => {
    overflown = true
    held = []
    const error = { type: 'overflow', message: `A single line is larger than ${limitBytes} bytes.` }
    return {
      event: 'error',
      data: JSON.stringify({ type: 'error', error }),
      raw: new Uint8Array(0),
      overflow: true,
    }
  }
  return {
    push(chunk) {
      const events: SseEvent[] = []
      let from = overflown ? chunk.length : 0
      while (from < chunk.length) {
        const at = chunk.indexOf(lineFeed, from)
        const to = at < 0 ? chunk.length : at + 1
        heldBytes += to - from
        if (heldBytes > limitBytes) return [...events, overflow()]
        if (at < 0) held.push(chunk.slice(from))
        else events.push(...line(chunk.subarray(from, to)))
        from = to
      }
      return events
    },
    end: () => (overflown ? [] : line(new Uint8Array(0))),
  }
}
