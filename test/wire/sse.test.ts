import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeSse, sseDecoder, type SseEvent } from '../../lib/wire/sse.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (event: SseEvent) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(event.raw)

function decode(...chunks: Uint8Array[]): SseEvent[] {
  const decoder = sseDecoder()
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()]
}

const facts = (events: SseEvent[]) =>
  events.filter((event) => event.data !== '').map(({ event, data }) => [event, data])

describe('the SSE decoder', () => {
  test('reads fields, joins data lines, removes one space, and ignores what it does not know', () => {
    const events = decode(bytes('id: 7\nevent: ping\ndata: a\ndata:  b\nretry: 5\nwhat: x\ndata:c\ndata\n\n'))

    expect(facts(events)).toEqual([['ping', 'a\n b\nc\n']])
  })

  test('gives comment blocks and empty lines with empty data, so that they can be passed on', () => {
    const events = decode(bytes(': hello\n\n\ndata: x\n\n'))

    expect(events.map((event) => [event.data, text(event)])).toEqual([
      ['', ': hello\n\n'],
      ['', '\n'],
      ['x', 'data: x\n\n'],
    ])
  })

  test('counts comments before an event as part of it', () => {
    const [event] = decode(bytes(': a\n: b\ndata: x\n\n'))

    expect(event && [event.data, text(event)]).toEqual(['x', ': a\n: b\ndata: x\n\n'])
  })

  test('gives an event whose blank line is missing at the end', () => {
    expect(facts(decode(bytes('data: x\n\ndata: y\n')))).toEqual([
      [undefined, 'x'],
      [undefined, 'y'],
    ])
    expect(facts(decode(bytes('data: y')))).toEqual([[undefined, 'y']])
    expect(decode(bytes(''))).toEqual([])
  })

  test('strips a byte order mark from the text, not from the bytes', () => {
    const [event] = decode(bytes('\uFEFFdata: x\n\n'))

    expect(event?.data).toBe('x')
    expect(event && text(event)).toBe('\uFEFFdata: x\n\n')
  })

  test('takes a later mark for text', () => {
    expect(decode(bytes('data: x\n\n\uFEFFdata: y\n\n')).map((event) => event.data)).toEqual(['x', ''])
  })

  test('gives an event as soon as its blank line is there, whatever ends its lines', () => {
    for (const ending of ['\n', '\r\n', '\r']) {
      const decoder = sseDecoder()

      expect(decoder.push(bytes(`data: x${ending}${ending}`)).map((event) => event.data)).toEqual(['x'])
      expect(decoder.end()).toEqual([])
    }
  })

  test('keeps a CRLF together that is cut in two', () => {
    const decoder = sseDecoder()

    expect(decoder.push(bytes('data: x\r\n\r'))).toEqual([])
    expect(decoder.push(bytes('\ndata: y\r\n\r\n')).map(text)).toEqual(['data: x\r\n\r\n', 'data: y\r\n\r\n'])
  })

  test('ends in an error event where a block is over the limit, and reads no further', () => {
    const decoder = sseDecoder(20)
    const events = [...decoder.push(bytes('data: fits\n\ndata: this is far')), ...decoder.push(bytes(' too long'))]

    expect(events.map((event) => [event.event, event.overflow])).toEqual([
      [undefined, undefined],
      ['error', true],
    ])
    expect(events[1]?.data).toContain('larger than 20 bytes')
    expect(decoder.push(bytes('data: x\n\n'))).toEqual([])
    expect(decoder.end()).toEqual([])
  })

  test('takes an event of megabytes in small pieces in linear time', () => {
    const big = bytes(`data: ${'x'.repeat(8_000_000)}\n\n`)
    const pieces = Array.from({ length: Math.ceil(big.length / 4096) }, (_, at) =>
      big.subarray(at * 4096, (at + 1) * 4096),
    )

    expect(decode(...pieces)[0]?.data).toHaveLength(8_000_000)
  })
})

const ending = fc.constantFrom('\n', '\r\n', '\r')
const line = fc.oneof(
  fc.tuple(fc.constantFrom('data: ', 'data:', 'event: ', ': ', 'id: '), fc.string({ unit: 'grapheme', maxLength: 12 })),
  fc.constant(['', ''] as const),
)
/** One line ending a stream: streams that mix them do not exist. */
const stream = fc.tuple(ending, fc.array(line, { maxLength: 12 }), fc.boolean()).map(([end, lines, mark]) => {
  const clean = lines.map(([field, value]) => field + value.replaceAll(/[\r\n]/g, ''))
  return (mark ? '\uFEFF' : '') + clean.map((each) => each + end).join('')
})

describe('properties of the SSE decoder', () => {
  test('the raw bytes of all events are the stream, however it is cut, and so is what they say', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(200), { maxLength: 6 }), (content, cuts) => {
        const all = bytes(content)
        const at = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length]
        const chunks = at.slice(1).map((end, index) => all.subarray(at[index], end))
        const events = decode(...chunks)

        expect(Buffer.concat(events.map((event) => event.raw))).toEqual(Buffer.from(all))
        expect(events.map(({ event, data }) => [event, data])).toEqual(
          decode(all).map(({ event, data }) => [event, data]),
        )
      }),
    )
  })

  test('gives blocks one at a time until no more is wanted, and lets somebody else take those that begin like his', () => {
    const stream = bytes('data: a\n\ndata: b\n\nevent: x\ndata: c\n\ndata: b\n\ndata: d\n\ndata: e\n\n')
    const known = 'data: b\n\n'
    for (let cut = 0; cut < stream.length; cut++) {
      const decoder = sseDecoder()
      const found: string[] = []
      const skim = (chunk: Buffer, from: number): number => {
        if (!chunk.subarray(from).toString().startsWith(known)) return from
        found.push('b')
        return from + known.length
      }
      const take = ({ data }: SseEvent): boolean => {
        found.push(data)
        return data === 'd'
      }

      decoder.each(stream.subarray(0, cut), take, skim)
      if (found.at(-1) !== 'd') decoder.each(stream.subarray(cut), take, skim)

      expect(found).toEqual(['a', 'b', 'c', 'b', 'd'])
    }
  })

  test('takes a byte order mark for one at the very beginning only', () => {
    const events = decode(bytes('\uFEFFdata: a\n\n'), bytes('data: b\n\n\uFEFFdata: c\n\n'))

    expect(events.map(({ data }) => data)).toEqual(['a', 'b', ''])
    expect(decode(bytes('data: b\n\n\uFEFFdata: c\n\n')).map(({ data }) => data)).toEqual(['b', ''])
  })

  test('what was encoded is decoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.option(fc.constantFrom('ping', 'error')), (data, event) => {
        const [decoded, ...more] = decode(encodeSse(data, event ?? undefined))

        expect(decoded?.data).toBe(data.replaceAll(/\r\n|\r/g, '\n'))
        expect(decoded?.event).toBe(event ?? undefined)
        expect(more).toEqual([])
      }),
    )
  })
})
