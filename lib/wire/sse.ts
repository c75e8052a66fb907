/**
 * One block of a server-sent event stream, up to and including its blank line.
 * `raw` is exactly those bytes (comments and unknown fields included), so that the raws of a stream, joined, are the stream.
 * A block without data (comments, an empty line too many) comes out with `data: ''`, to be passed on or ignored.
 */
export type SseEvent = {
  event?: string
  data: string
  raw: Uint8Array
  /** The block was larger than the limit: `data` is an error object, and nothing of the stream follows. */
  overflow?: true
}

export type SseDecoder = { push(chunk: Uint8Array): SseEvent[]; end(): SseEvent[] }

const lineFeed = 10
const carriageReturn = 13
const defaultLimitBytes = 32 * 1024 * 1024

/**
 * Incremental decoder (WHATWG HTML, 9.2.6, with two liberties: an event without its last blank line counts, and blocks
 * without data are shown). Lines end in LF, CRLF or CR; chunks may be cut anywhere, in mid-character too.
 *
 * A block over `limitBytes` (images in base64 are megabytes; 32 MB by default) comes out as an `error` event with
 * `overflow` set, which every dialect reads as a failure of the stream; what follows is swallowed. Never throws.
 */
export function sseDecoder(limitBytes: number = defaultLimitBytes): SseDecoder {
  const scan = blockScanner()
  let held: Uint8Array[] = []
  let heldBytes = 0
  let first = true
  let overflown = false

  const block = (part: Uint8Array): SseEvent => {
    const raw = held.length === 0 ? part : Buffer.concat([...held, part])
    held = []
    heldBytes = 0
    const event = parseBlock(raw, first)
    first = false
    return event
  }
  const overflow = (): SseEvent => {
    overflown = true
    held = []
    const error = { type: 'overflow', message: `A single event is larger than ${limitBytes} bytes.` }
    const data = JSON.stringify({ type: 'error', error })
    return { event: 'error', data, raw: new Uint8Array(0), overflow: true }
  }

  return {
    push(chunk) {
      const events: SseEvent[] = []
      let from = overflown ? chunk.length : 0
      while (from < chunk.length) {
        const end = scan(chunk, from)
        heldBytes += (end < 0 ? chunk.length : end) - from
        if (heldBytes > limitBytes) return [...events, overflow()]
        if (end < 0) held.push(chunk.subarray(from))
        else events.push(block(chunk.subarray(from, end)))
        if (end < 0) break
        from = end
      }
      return events
    },
    end() {
      if (overflown || heldBytes === 0) return []
      return [block(new Uint8Array(0))]
    },
  }
}

/**
 * Finds where blocks end, remembering across chunks whether a line has begun. A CR at the end of a chunk may be half of a
 * CRLF: the block is held until the next byte is known, except in streams that were seen to end lines in a bare CR.
 */
function blockScanner(): (chunk: Uint8Array, from: number) => number {
  let lineBytes = 0
  let afterCr = false
  let blankCr = false
  let bareCr = false
  const lineEnd = lineEnds()
  /** -1: go on; else the position behind the block. */
  const step = (byte: number, at: number): number => {
    if (afterCr) {
      afterCr = false
      if (byte === lineFeed) {
        if (!blankCr) return -1
        blankCr = false
        return at + 1
      }
      bareCr = true
      if (blankCr) {
        blankCr = false
        return at
      }
    }
    if (byte === carriageReturn) {
      afterCr = true
      blankCr = lineBytes === 0
      lineBytes = 0
      if (!blankCr || !bareCr) return -1
      afterCr = false
      blankCr = false
      return at + 1
    }
    if (byte !== lineFeed) {
      lineBytes++
      return -1
    }
    const blank = lineBytes === 0
    lineBytes = 0
    return blank ? at + 1 : -1
  }
  return (chunk, from) => {
    let at = from
    while (at < chunk.length) {
      const end = step(chunk[at] ?? 0, at)
      if (end >= 0) return end
      at++
      if (lineBytes > 0) at = lineEnd(chunk, at)
    }
    return -1
  }
}

/** The next LF or CR, found by the engine's own search; where the chunk has no CR, that is asked only once. */
function lineEnds(): (chunk: Uint8Array, from: number) => number {
  let searched: Uint8Array | undefined
  let nextCr = 0
  return (chunk, from) => {
    if (searched !== chunk || nextCr < from) {
      searched = chunk
      const found = chunk.indexOf(carriageReturn, from)
      nextCr = found < 0 ? chunk.length : found
    }
    const found = chunk.indexOf(lineFeed, from)
    return found < 0 ? nextCr : Math.min(found, nextCr)
  }
}

function parseBlock(raw: Uint8Array, first: boolean): SseEvent {
  let text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8')
  if (first && text.startsWith('\uFEFF')) text = text.slice(1)
  const newline = text.indexOf('\n')
  if (text.startsWith('data: ') && newline > 0 && newline >= text.length - 2 && !text.includes('\r')) {
    return { data: text.slice(6, newline), raw }
  }
  return (text.startsWith('event: ') && named(text, raw)) || parseLines(text, raw)
}

/** The ordinary block of a stream whose events have names: one line each of name and data, without any CR. */
function named(text: string, raw: Uint8Array): SseEvent | undefined {
  const first = text.indexOf('\n')
  const second = text.indexOf('\n', first + 1)
  const plain = first > 7 && text.startsWith('data: ', first + 1) && second >= text.length - 2 && !text.includes('\r')
  return plain && second > 0 ? { event: text.slice(7, first), data: text.slice(first + 7, second), raw } : undefined
}

function parseLines(text: string, raw: Uint8Array): SseEvent {
  let data: string | undefined
  let event: string | undefined
  for (const line of text.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const field = colon < 0 ? line : line.slice(0, colon)
    const from = line[colon + 1] === ' ' ? colon + 2 : colon + 1
    const value = colon < 0 ? '' : line.slice(from)
    if (field === 'data') data = data === undefined ? value : `${data}\n${value}`
    else if (field === 'event') event = value
  }
  return event === undefined || event === '' ? { data: data ?? '', raw } : { event, data: data ?? '', raw }
}

/** One event on the wire. Line breaks in `data` become several data lines, as the receiver joins them. */
export function encodeSse(data: string, event?: string): Uint8Array {
  const lines = data.includes('\n') || data.includes('\r') ? data.split(/\r\n|\n|\r/).join('\ndata: ') : data
  return Buffer.from(event === undefined ? `data: ${lines}\n\n` : `event: ${event}\ndata: ${lines}\n\n`)
}
