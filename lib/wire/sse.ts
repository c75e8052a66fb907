import { bufferOf, ordinary, parseBlock, type SseBlock } from './sse-block.ts'
import { blockScanner } from './sse-scan.ts'

/** A block, or in its place what is told of one that was larger than the limit. */
export type SseEvent = SseBlock & {
  /** `data` is an error object, and nothing of the stream follows. */
  overflow?: true
}

export type SseDecoder = { push(chunk: Uint8Array): SseEvent[]; end(): SseEvent[] }

type SseReader = SseDecoder & {
  /**
   * As `push`, block by block. `take` says whether it wants no more. `skim` may take blocks by itself, wherever one begins: it
   * gives the position behind the last it took, or `from`.
   */
  each(chunk: Uint8Array, take: (event: SseEvent) => boolean, skim?: (chunk: Buffer, from: number) => number): void
}

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

/** One event on the wire. Line breaks in `data` become several data lines, as the receiver joins them. */
export function encodeSse(data: string, event?: string): Uint8Array {
  const lines = data.includes('\n') || data.includes('\r') ? data.split(/\r\n|\n|\r/).join('\ndata: ') : data
  return Buffer.from(event === undefined ? `data: ${lines}\n\n` : `event: ${event}\ndata: ${lines}\n\n`)
}

/** The last event of a stream may lack its blank line; what we add must not grow together with it. */
export const terminated = (event: SseEvent): SseEvent => ({
  ...event,
  raw: Buffer.concat([event.raw, Buffer.from('\n\n')]),
})
