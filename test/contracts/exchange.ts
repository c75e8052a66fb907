import { describe, expect, test } from 'vitest'
import type { Usage } from '../../lib/core/usage.ts'
import type { Exchange, StreamReader, StreamStep } from '../../lib/dialects/dialect.ts'

export type ExchangeFixture = {
  /** A complete stream as the upstream sends it, lines ended by LF. */
  stream: Uint8Array | string
  /** How many of its events make the answer complete: cut after fewer, it must be a failure. */
  completeAfter: number
  /** What `seen.usage` must say at the end. */
  usage: Usage
  /** Blocks that mean nothing in this dialect, put between all events. */
  noise?: readonly string[]
  /** What the tail of a complete answer looks like in the client's tongue; absent: the chat API's. */
  end?: RegExp
}

export type Read = {
  bytes: string
  tail: string
  finished: boolean
  failure: StreamStep['failure']
  content: boolean
  reader: StreamReader
}

/** Feeds chunks to a fresh reader, then ends it unless it was finished or has failed. */
export function readAll(exchange: Exchange, chunks: readonly Uint8Array[]): Read {
  const reader = exchange.stream()
  const steps: StreamStep[] = []
  const isOver = () => steps.some((step) => step.finished || step.failure)
  for (const chunk of chunks) if (!isOver()) steps.push(reader.push(chunk))
  if (!isOver()) steps.push(reader.end())
  const joined = (part: (step: StreamStep) => Uint8Array[]) => Buffer.concat(steps.flatMap(part)).toString('utf8')
  return {
    bytes: joined((step) => step.bytes),
    tail: joined((step) => step.tail),
    finished: steps.some((step) => step.finished),
    failure: steps.find((step) => step.failure)?.failure,
    content: steps.some((step) => step.content),
    reader,
  }
}

/** The data of every event that has any, by a reading of the format that shares nothing with ours. */
export const dataOf = (stream: string): string[] =>
  stream
    .split(/\r\n\r\n|\n\n|\r\r/)
    .map((block) =>
      block
        .split(/\r\n|\n|\r/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart())
        .join('\n'),
    )
    .filter((data) => data !== '')

/** What a client makes of it, whatever the framing. */
const meaning = (of: Read): string[] => [...dataOf(of.bytes), '--', ...dataOf(of.tail)]

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Longer than most events, so that pieces hold whole ones too. */
const pieceBytes = 397

/** Pieces such that the bytes are split at every place in one of them; many places at a time, since each costs a whole reading. */
function* splits(bytes: Uint8Array): Generator<[string, Uint8Array[]]> {
  for (let first = 1; first <= Math.min(pieceBytes, bytes.length - 1); first++) {
    const ends = [first]
    for (let at = first + pieceBytes; at < bytes.length; at += pieceBytes) ends.push(at)
    yield [ends.join(', '), [...ends, bytes.length].map((end, nth) => bytes.subarray(ends[nth - 1] ?? 0, end))]
  }
}

/**
 * What every exchange owes its client, whatever the dialects. `makeExchange` must give the same exchange each time (clock and
 * ids fixed), for a streaming request that asks for usage.
 */
export function exchangeContract(name: string, makeExchange: () => Exchange, fixture: ExchangeFixture): void {
  const text = typeof fixture.stream === 'string' ? fixture.stream : new TextDecoder().decode(fixture.stream)
  const bytes = bytesOf(text)
  const blocks = text.split(/(?<=\n\n)/)
  const read = (...chunks: Uint8Array[]) => readAll(makeExchange(), chunks)
  const whole = read(bytes)

  describe(`${name} keeps the exchange contract`, () => {
    test('a complete stream is finished, with content and a tail', () => {
      expect(whole).toMatchObject({ finished: true, failure: undefined, content: true })
      expect(whole.tail).toMatch(fixture.end ?? /data: \[DONE\]\s+$/)
      expect(whole.bytes).not.toMatch(fixture.end ?? /\[DONE\]/)
    })

    test('usage is found', () => {
      expect(whole.reader.seen.usage).toEqual(fixture.usage)
    })

    test('every split of the bytes gives the client the same bytes', () => {
      for (const [at, pieces] of splits(bytes)) {
        const { bytes: passed, tail, finished } = read(...pieces)
        if (passed !== whole.bytes || tail !== whole.tail || !finished) expect.fail(`split at bytes ${at}`)
      }
    })

    test('one byte at a time gives the client the same bytes', () => {
      const single = read(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))

      expect([single.bytes, single.tail]).toEqual([whole.bytes, whole.tail])
      expect(single.reader.seen).toEqual(whole.reader.seen)
    })

    test.each([
      ['CRLF', '\r\n'],
      ['CR', '\r'],
    ])('lines that end in %s mean the same, split anywhere', (_, ending) => {
      const other = bytesOf(text.replaceAll('\n', ending))

      expect(meaning(read(other))).toEqual(meaning(whole))
      for (const [at, pieces] of splits(other)) {
        const split = read(...pieces)
        if (JSON.stringify(meaning(split)) !== JSON.stringify(meaning(whole))) expect.fail(`split at bytes ${at}`)
      }
    })

    test('a byte order mark, comments and pings between events change nothing in meaning', () => {
      for (const noise of [': comment\n\n', ':\n\n', '\n', 'retry: 10\n\n', 'data:\n\n', ...(fixture.noise ?? [])]) {
        const noisy = read(bytesOf(`\uFEFF${noise}${blocks.join(noise)}`))

        expect(noisy.failure).toBeUndefined()
        expect(meaning(noisy)).toEqual(meaning(whole))
        expect(noisy.reader.seen).toEqual(whole.reader.seen)
      }
    })

    test('a stream that is cut before its finish is a failure and has no tail', () => {
      for (let count = 0; count < fixture.completeAfter; count++) {
        const cut = read(bytesOf(blocks.slice(0, count).join('')))

        expect(cut, `after ${count} events`).toMatchObject({ finished: false, tail: '', failure: { kind: 'cut' } })
      }
    })

    test('a stream that is cut in the middle of any byte before its finish never ends clean', () => {
      const enough = bytesOf(blocks.slice(0, fixture.completeAfter - 1).join('')).length
      for (let at = 0; at < enough; at++) {
        const cut = read(bytes.subarray(0, at))
        if (cut.finished || cut.tail !== '' || cut.failure === undefined) expect.fail(`cut at byte ${at}`)
      }
    })

    test('an event that cannot be read never costs the client a piece of the answer unnoticed', () => {
      for (const [at, block] of blocks.entries()) {
        if (!dataOf(block)[0]?.startsWith('{')) continue
        const half = `${block.trimEnd().slice(0, -4)}\n\n`
        const { failure, finished, reader } = read(bytesOf(blocks.with(at, half).join('')))
        const same = reader.seen.contentBytes === whole.reader.seen.contentBytes
        if (finished === (failure !== undefined) || (finished && !same)) expect.fail(`event ${at}: ${block}`)
      }
    })

    test('a word that is no event of the dialect is passed over', () => {
      const noisy = read(bytesOf(blocks.join('data: PROCESSING\n\n')))

      expect([noisy.failure, meaning(noisy)]).toEqual([undefined, meaning(whole)])
    })
  })
}
