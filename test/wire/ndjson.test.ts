import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { decoderOf } from '../../lib/wire/framing.ts'
import { ndjsonDecoder } from '../../lib/wire/ndjson.ts'

function decode(decoder: ReturnType<typeof ndjsonDecoder>, chunks: readonly Uint8Array[]): string[] {
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()].map(({ data }) => data)
}

it('lines are events however the bytes are cut; blank ones are none, and the last needs no end', () => {
  fc.assert(
    fc.property(fc.array(fc.json()), fc.boolean(), fc.array(fc.nat(), { maxLength: 5 }), (lines, ended, cuts) => {
      const wire = Buffer.from(lines.join('\r\n\n') + (ended ? '\n' : ''))
      const places = [0, ...cuts.map((cut) => cut % (wire.length + 1)).toSorted((a, b) => a - b), wire.length]
      const chunks = places.slice(1).map((to, at) => wire.subarray(places[at], to))

      expect(decode(decoderOf('ndjson'), chunks)).toEqual(lines.map((line) => line.trim()))
    }),
  )
})

it('a line over the limit ends the stream with an error', () => {
  const decoder = ndjsonDecoder(8)

  expect(decoder.push(Buffer.from('{"a":1}\n{"b":22222'))).toMatchObject([
    { data: '{"a":1}' },
    { event: 'error', overflow: true },
  ])
  expect([...decoder.push(Buffer.from('\n{}\n')), ...decoder.end()]).toEqual([])
})
