import { crc32 } from 'node:zlib'

/** A header of AWS's event stream: a string, or bytes of another type as they stand on the wire. */
export type Header = { name: string; value: string } | { name: string; type: number; bytes: Uint8Array }

/** One message, by Smithy's specification of the Amazon event stream. */
export function message(headers: readonly Header[], payload: string | Uint8Array): Buffer {
  const head = Buffer.concat(headers.map(headerBytes))
  const body = typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload)
  const front = Buffer.alloc(12)
  front.writeUInt32BE(16 + head.length + body.length, 0)
  front.writeUInt32BE(head.length, 4)
  front.writeUInt32BE(crc32(front.subarray(0, 8)), 8)
  const all = Buffer.concat([front, head, body])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(all), 0)
  return Buffer.concat([all, sum])
}

function headerBytes(header: Header): Buffer {
  const name = Buffer.from(header.name)
  if ('bytes' in header) return Buffer.concat([Buffer.of(name.length), name, Buffer.of(header.type), header.bytes])
  const value = Buffer.from(header.value)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(value.length, 0)
  return Buffer.concat([Buffer.of(name.length), name, Buffer.of(7), length, value])
}

export const event = (type: string, payload: object): Buffer =>
  message(
    [
      { name: ':event-type', value: type },
      { name: ':content-type', value: 'application/json' },
      { name: ':message-type', value: 'event' },
    ],
    JSON.stringify(payload),
  )

export const exception = (type: string, payload: object): Buffer =>
  message(
    [
      { name: ':exception-type', value: type },
      { name: ':content-type', value: 'application/json' },
      { name: ':message-type', value: 'exception' },
    ],
    JSON.stringify(payload),
  )

/** Events from lines of JSON with one member each: its name is the event's type, its value the payload. */
export const events = (lines: string): Buffer[] =>
  lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => Object.entries(JSON.parse(line) as Record<string, object>))
    .map(([type, payload]) => event(type, payload))
