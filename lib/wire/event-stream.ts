import { crc32 } from 'node:zlib'
import type { SseDecoder, SseEvent } from './sse.ts'

/** Total length, headers' length and the prelude's checksum; behind the payload the message's checksum. */
const preludeBytes = 12
const checksumBytes = 4
/** AWS's own limit of one message. */
const mostBytes = 24 * 1024 * 1024

/**
 * AWS's binary event stream (`application/vnd.amazon.eventstream`): length-prefixed messages with typed headers and CRC-32s
 * (specification: Smithy, "Amazon Event Stream Specification"). A message becomes an event whose name is its `:event-type`, or
 * `error` for an exception, whose payload is then `{"type": <exception type>, ...}`. Chunks may be cut anywhere. A message that
 * is broken (checksum, length) is an `error` event with `overflow` set, and nothing follows. Never throws.
 */
export function eventStreamDecoder(): SseDecoder {
  let held: Uint8Array[] = []
  let heldBytes = 0
  /** So many bytes say something new: until then they are only kept, or a large message would be copied with every chunk. */
  let wantedBytes = preludeBytes
  let broken = false
  const read = eventReader()

  const takeAll = (): SseEvent[] => {
    const bytes = Buffer.concat(held)
    const events: SseEvent[] = []
    let at = 0
    for (;;) {
      const rest = bytes.subarray(at)
      const fault = faultIn(rest)
      broken = fault !== undefined
      if (fault !== undefined) return [...events, brokenEvent(fault)]
      wantedBytes = rest.length < preludeBytes ? preludeBytes : rest.readUInt32BE(0)
      held = [rest]
      heldBytes = rest.length
      if (rest.length < wantedBytes) return events
      events.push(read(rest.subarray(0, wantedBytes)))
      at += wantedBytes
    }
  }
  return {
    push(chunk) {
      if (broken) return []
      held.push(chunk.slice())
      heldBytes += chunk.length
      return heldBytes < wantedBytes ? [] : takeAll()
    },
    // Half a message at the end is a cut: the dialect misses its finish and says so.
    end: () => [],
  }
}

/** What is wrong with the message at the beginning, as far as its bytes are here. */
function faultIn(bytes: Buffer): string | undefined {
  if (bytes.length < preludeBytes) return undefined
  const total = bytes.readUInt32BE(0)
  if (total < preludeBytes + checksumBytes || total > mostBytes) return 'a message has an impossible length'
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) return 'the prelude of a message is damaged'
  if (bytes.length < total) return undefined
  const sound = crc32(bytes.subarray(0, total - checksumBytes)) === bytes.readUInt32BE(total - checksumBytes)
  return sound ? undefined : 'a message is damaged'
}

function brokenEvent(message: string): SseEvent {
  const data = JSON.stringify({ type: 'error', error: { type: 'malformed', message } })
  return { event: 'error', data, raw: new Uint8Array(0), overflow: true }
}

/** Most messages of a stream have the very headers of the one before: those are read once. */
function eventReader(): (message: Buffer) => SseEvent {
  let last: Buffer = Buffer.alloc(0)
  let headers = headersOf(last)
  return (message) => {
    const headersEnd = preludeBytes + message.readUInt32BE(4)
    const bytes = message.subarray(preludeBytes, headersEnd)
    if (!bytes.equals(last)) headers = headersOf(bytes)
    last = bytes
    return eventOf(message, headersEnd, headers)
  }
}

function eventOf(message: Buffer, headersEnd: number, headers: ReadonlyMap<string, string>): SseEvent {
  const payload = message.subarray(headersEnd, message.length - checksumBytes).toString('utf8')
  const raw = new Uint8Array(message)
  const exception = headers.get(':exception-type') ?? headers.get(':error-code')
  if (exception === undefined) return { event: headers.get(':event-type') ?? '', data: payload, raw }
  const words = headers.get(':error-message')
  const detail = { type: 'error', error: { type: exception, ...(words !== undefined && { message: words }) } }
  return { event: 'error', data: JSON.stringify({ ...detail, payload }), raw }
}

/** Bytes of a value by its type; strings and byte arrays (6 and 7) say their own length. */
const widths: Record<number, number> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }

/** String headers by name; others are skipped. */
function headersOf(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const nameBytes = bytes.readUInt8(at)
    const name = bytes.toString('utf8', at + 1, at + 1 + nameBytes)
    const type = bytes[at + 1 + nameBytes] ?? 0
    const from = at + 2 + nameBytes
    const sized = type === 6 || type === 7
    const length = sized
      ? from + 2 <= bytes.length
        ? bytes.readUInt16BE(from)
        : bytes.length
      : (widths[type] ?? bytes.length)
    const start = sized ? from + 2 : from
    if (type === 7) headers.set(name, bytes.toString('utf8', start, start + length))
    at = start + length
  }
  return headers
}
