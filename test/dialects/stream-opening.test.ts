import { describe, expect, it } from 'vitest'
import type { StreamReader } from '../../lib/dialects/dialect.ts'
import { emptyStep } from '../../lib/dialects/openai/pass-json.ts'
import { byFirstCharacter, firstCharacter } from '../../lib/dialects/stream-opening.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** Passes what it gets, and says at the end who it is. */
const reader = (name: string): StreamReader => ({
  push: (chunk) => ({ ...emptyStep(), bytes: [chunk] }),
  end: () => ({ ...emptyStep(), bytes: [bytes(name)] }),
  fail: () => bytes('error'),
  seen: { contentBytes: name.length, contentEvents: 1 },
})
const opened = () =>
  byFirstCharacter({
    readerFor: (first) => reader(first),
    otherwise: () => reader('nothing'),
    fail: () => bytes('error'),
  })
const textOf = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString()

describe('a stream whose first character decides who reads it', () => {
  it('is held until that character came, and is handed over whole', () => {
    const stream = opened()

    expect(stream.push(bytes('\uFEFF')).bytes).toEqual([])
    expect(stream.push(bytes(' \r\n')).bytes).toEqual([])
    expect(textOf(stream.push(bytes(' data: 1')).bytes)).toBe('\uFEFF \r\n data: 1')
    expect(textOf(stream.push(bytes('{}')).bytes)).toBe('{}')
    expect(textOf(stream.end().bytes)).toBe('d')
    expect(stream.seen.contentBytes).toBe(1)
  })

  it('that never came ends with the reader for nothing, and nothing was seen', () => {
    const stream = opened()
    stream.push(bytes('\n'))

    expect(textOf(stream.end().bytes)).toBe('nothing')
    expect(stream.seen).toEqual({ contentBytes: 0, contentEvents: 0 })
  })

  it.each([
    ['{"a":1}', '{'],
    ['\uFEFF\n<html>', '<'],
    [' \t\r\n', undefined],
    ['', undefined],
  ])('is told of %j', (text, first) => {
    expect(firstCharacter(bytes(text))).toBe(first)
  })
})
