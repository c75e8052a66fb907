import { blockScanner } from './sse-scan.ts'

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

export type SseReader = SseDecoder & {
  /**
   * As `push`, block by block. `take` says whether it wants no more. `skim` may take blocks by itself, wherever one begins: it
   * gives the position behind the last it took, or `from`.
   */
  each(chunk: Uint8Array, take: (event: SseEvent) => boolean, skim?: (chunk: Buffer, from: number) => number): void
}

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
export function sseDecoder(limitBytes: number = defaultLimitBytes): SseReader {
  const blocks = blockReader(limitBytes)
  let overflown = false
  const each: SseReader['each'] = (chunk, take, skim) => {
    const bytes = bufferOf(chunk)
    const usual = bytes.indexOf(carriageReturn) < 0
    let from = overflown ? bytes.length : 0
    while (from < bytes.length) {
      const skimmed = skim && blocks.between() ? skim(bytes, from) : from
      if (skimmed > from) {
        from = skimmed
        continue
      }
      const event = (usual && blocks.usual(bytes, from)) || blocks.read(bytes, from)
      if (event === undefined) return
      overflown = event.overflow === true
      if (take(event) || overflown) return
      from = blocks.end()
    }
  }
  return {
    each,
    push(chunk) {
      const events: SseEvent[] = []
      each(chunk, (event) => {
        events.push(event)
        return false
      })
      return events
    },
    end: () => (overflown ? [] : blocks.rest()),
  }
}

/** Blocks of a stream, one at a time. */
function blockReader(limitBytes: number) {
  const { scan, atStart } = blockScanner()
  let held: Uint8Array[] = []
  let heldBytes = 0
  let first = true
  let end = 0
  const block = (part: Uint8Array): SseEvent => {
    const raw = held.length === 0 ? part : Buffer.concat([...held, part])
    held = []
    heldBytes = 0
    const event = parseBlock(raw, first)
    first = false
    return event
  }
  /** Nothing of a block was read yet. */
  const between = (): boolean => heldBytes === 0 && atStart()
  return {
    between,
    /** The position behind the last block. */
    end: (): number => end,
    /** The next block, where it is whole and of the usual form. */
    usual(bytes: Buffer, from: number): SseEvent | undefined {
      const event = between() ? ordinary(bytes, from) : undefined
      if (!event || event.raw.length > limitBytes) return undefined
      end = from + event.raw.length
      first = false
      return event
    },
    /** The next block of any form; undefined where it goes on in the next chunk. */
    read(bytes: Buffer, from: number): SseEvent | undefined {
      const behind = scan(bytes, from)
      end = behind < 0 ? bytes.length : behind
      heldBytes += end - from
      if (heldBytes > limitBytes) {
        held = []
        return overflow(limitBytes)
      }
      if (behind >= 0) return block(bytes.subarray(from, behind))
      held.push(bytes.subarray(from))
      return undefined
    },
    /** What is left when the bytes have ended. */
    rest: (): SseEvent[] => (heldBytes === 0 ? [] : [block(new Uint8Array(0))]),
  }
}

function overflow(limitBytes: number): SseEvent {
  const error = { type: 'overflow', message: `A single event is larger than ${limitBytes} bytes.` }
  return { event: 'error', data: JSON.stringify({ type: 'error', error }), raw: new Uint8Array(0), overflow: true }
}

/** The same bytes: Buffer finds bytes in them four times as fast. */
const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const dataField = bytesOf('data: ')
const eventField = bytesOf('event: ')

/** The usual block, in a chunk without CR: a line of data, or one of a name and one of data. Undefined: any other. */
function ordinary(bytes: Buffer, from: number): SseEvent | undefined {
  const first = bytes.indexOf(lineFeed, from)
  if (first < 0) return undefined
  const isNamed = bytes[first + 1] !== lineFeed
  const dataStart = isNamed ? first + 1 : from
  const end = isNamed ? bytes.indexOf(lineFeed, dataStart) : first
  if (end < 0 || bytes[end + 1] !== lineFeed) return undefined
  if (!begins(bytes, dataStart, dataField) || (isNamed && !begins(bytes, from, eventField))) return undefined
  const data = bytes.toString('utf8', dataStart + dataField.length, end)
  const raw = bytes.subarray(from, end + 2)
  const name = isNamed ? bytes.toString('utf8', from + eventField.length, first) : ''
  return name === '' ? { data, raw } : { event: name, data, raw }
}

function bytesOf(text: string): readonly number[] {
  return [...Buffer.from(text)]
}

function begins(bytes: Buffer, from: number, what: readonly number[]): boolean {
  for (let at = 0; at < what.length; at++) if (bytes[from + at] !== what[at]) return false
  return true
}

function parseBlock(raw: Uint8Array, first: boolean): SseEvent {
  const bytes = bufferOf(raw)
  const usual = bytes.indexOf(carriageReturn) < 0 ? ordinary(bytes, 0) : undefined
  if (usual && usual.raw.length === bytes.length) return { ...usual, raw }
  const text = bytes.toString('utf8')
  return parseLines(first && text.startsWith('\uFEFF') ? text.slice(1) : text, raw)
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
