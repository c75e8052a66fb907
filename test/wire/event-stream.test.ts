import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventStreamDecoder } from '../../lib/wire/event-stream.ts'
import type { SseEvent } from '../../lib/wire/sse.ts'
import { event, exception, type Header, message } from '../support/event-stream.ts'

function decode(...chunks: Uint8Array[]): SseEvent[] {
  const decoder = eventStreamDecoder()
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()]
}
const plain = (events: SseEvent[]) => events.map(({ event: name, data, overflow }) => ({ name, data, overflow }))

// A message of the specification's test suite (Smithy, "Amazon Event Stream Specification"): no headers, an empty payload.
const empty = Buffer.from('000000100000000005c248eb7d98c8ff', 'hex')

const header: fc.Arbitrary<Header> = fc.oneof(
  fc.record({ name: fc.stringMatching(/^[a-z:-]{1,12}$/), value: fc.string({ maxLength: 20 }) }),
  fc.constantFrom([0, 0], [1, 0], [2, 1], [3, 2], [4, 4], [5, 8], [8, 8], [9, 16]).chain(([type = 0, size = 0]) =>
    fc.record({
      name: fc.constant('x'),
      type: fc.constant(type),
      bytes: fc.uint8Array({ minLength: size, maxLength: size }),
    }),
  ),
  fc
    .uint8Array({ maxLength: 30 })
    .map((bytes) => ({ name: 'b', type: 6, bytes: Buffer.concat([Buffer.of(0, bytes.length), bytes]) })),
)
const messages = fc.array(
  fc
    .record({
      before: fc.array(header, { maxLength: 4 }),
      type: fc.stringMatching(/^[a-zA-Z]{1,10}$/),
      data: fc.string(),
    })
    .map(({ before, type, data }) => ({
      bytes: message([...before, { name: ':event-type', value: type }], data),
      type,
      data,
    })),
  { minLength: 1, maxLength: 5 },
)

describe('the decoder of event streams', () => {
  it('reads a message of the specification', () => {
    expect(plain(decode(empty))).toEqual([{ name: '', data: '', overflow: undefined }])
  })

  it('gives name and payload of every message, whatever headers stand beside and however the bytes are cut', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 6 }), (sent, cuts) => {
        const wire = Buffer.concat(sent.map(({ bytes }) => bytes))
        const places = [0, ...cuts.map((cut) => cut % (wire.length + 1)).toSorted((a, b) => a - b), wire.length]
        const chunks = places.slice(1).map((to, at) => wire.subarray(places[at], to))

        const got = decode(...chunks)

        expect(plain(got)).toEqual(sent.map(({ type, data }) => ({ name: type, data, overflow: undefined })))
        expect(Buffer.concat(got.map(({ raw }) => raw)).equals(wire)).toBe(true)
      }),
    )
  })

  it('gives an exception as an error with its type and payload', () => {
    const [got] = decode(exception('throttlingException', { message: 'Slow down' }))

    expect(got?.event).toBe('error')
    expect(JSON.parse(got?.data ?? '')).toEqual({
      type: 'error',
      error: { type: 'throttlingException' },
      payload: '{"message":"Slow down"}',
    })
    const error = message(
      [
        { name: ':error-code', value: 'Busy' },
        { name: ':error-message', value: 'Wait' },
      ],
      '',
    )
    expect(JSON.parse(decode(error)[0]?.data ?? '')).toMatchObject({ error: { type: 'Busy', message: 'Wait' } })
  })

  it('finds any damage to a bit, says so, and reads nothing behind it', () => {
    const wire = event('chunk', { bytes: 'aGk=' })
    fc.assert(
      fc.property(fc.nat(wire.length * 8 - 1), (bit) => {
        const bad = Buffer.from(wire)
        bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7))

        const got = decode(wire, bad, wire)

        expect(got[0]?.event).toBe('chunk')
        // A length that grew may wait for more; what came is never taken for a message.
        expect(got.slice(1).every(({ overflow }) => overflow === true)).toBe(true)
        expect(got.length).toBeLessThanOrEqual(2)
      }),
      { numRuns: wire.length * 8 },
    )
  })

  it('never throws, and never makes a message of noise', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
        expect(decode(...chunks).every(({ overflow }) => overflow === true)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('never throws for headers that lie about their lengths, though every checksum is right', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const whole = message([{ name: 'x', type: 7, bytes }], 'data')

        expect(decode(whole)).toHaveLength(1)
      }),
      { numRuns: 500 },
    )
  })

  it('refuses a message that says it is longer than any may be', () => {
    const wire = Buffer.from(event('chunk', {}))
    wire.writeUInt32BE(0x7fff_ffff, 0)

    expect(decode(wire)).toMatchObject([{ event: 'error', overflow: true }])
  })
})

it('a message of megabytes in small chunks is copied once, not with every chunk', () => {
  const data = 'x'.repeat(16 * 1024 * 1024)
  const wire = event('chunk', { data })
  const decoder = eventStreamDecoder()
  const began = performance.now()
  const events: SseEvent[] = []
  for (let at = 0; at < wire.length; at += 4096) events.push(...decoder.push(wire.subarray(at, at + 4096)))

  expect(events).toHaveLength(1)
  // 4,096 chunks: copying what is held with each of them would move 32 GB.
  expect(performance.now() - began).toBeLessThan(3000)
})
