import { describe, expect, test } from 'vitest'
import { passThrough } from '../../lib/dialects/openai/passthrough.ts'
import { dataOf, readAll } from '../contracts/exchange.ts'
import { options, streamCall } from './openai-support.ts'

const words = ['Hel', 'lo', ' wörld', ' 😀', ' and', ' "quoted"', ' back\\slash', '\n', ' more', ' to', ' come']

/** An answer in events that are all alike but for their text, as hosts write it. */
const answer = (eventOf: (text: string, nth: number) => string): Buffer =>
  Buffer.from(
    [
      ...words.map((word, nth) => `data: ${eventOf(JSON.stringify(word), nth)}\n\n`),
      'data: {"id":"c","model":"host-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
      'data: {"id":"c","model":"host-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":11}}\n\n',
      'data: [DONE]\n\n',
    ].join(''),
  )

const shapes: Record<string, (text: string, nth: number) => string> = {
  'the model first': (text) =>
    `{"id":"c","model":"host-1","choices":[{"index":0,"delta":{"content":${text}},"finish_reason":null}]}`,
  'the model last': (text) =>
    `{"id":"c","choices":[{"index":0,"delta":{"content":${text}},"finish_reason":null}],"model":"host-1"}`,
  'a model on both sides': (text) =>
    `{"model":"host-1","choices":[{"index":0,"delta":{"content":${text}},"finish_reason":null}],"model":"host-1"}`,
  'no model': (text) => `{"id":"c","choices":[{"index":0,"delta":{"content":${text}},"finish_reason":null}]}`,
  padding: (text, nth) =>
    `{"id":"c","model":"host-1","choices":[{"index":0,"delta":{"content":${text}},"finish_reason":null}],"obfuscation":"${'aZ9'.repeat(nth % 4)}"}`,
}

const exchange = (publicModel: string | undefined) =>
  passThrough(streamCall(), options({ publicModel, dollars: () => undefined }))

/** All at once is skimmed where it can be; a byte at a time never is. */
const bothWays = (bytes: Buffer, publicModel?: string) => ({
  skimmed: readAll(exchange(publicModel), [bytes]),
  single: readAll(
    exchange(publicModel),
    Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
  ),
})

describe.each(Object.keys(shapes))('a run of events that are alike, with %s', (name) => {
  const bytes = answer(shapes[name] ?? (() => ''))

  test.each([undefined, 'public "ä"'])('is passed and counted as if each was read (public model %s)', (publicModel) => {
    const { skimmed, single } = bothWays(bytes, publicModel)

    expect([skimmed.bytes, skimmed.tail, skimmed.finished]).toEqual([single.bytes, single.tail, true])
    expect(skimmed.reader.seen).toEqual(single.reader.seen)
    expect(skimmed.reader.seen).toMatchObject({
      contentBytes: Buffer.byteLength(words.join('')),
      contentEvents: words.length,
    })
    expect(skimmed.bytes.includes('host-1')).toBe(publicModel === undefined)
  })

  test('is known word for word where it breaks off', () => {
    const reader = exchange('public').stream()
    const at = bytes.lastIndexOf('data: {', bytes.indexOf('"finish_reason":"stop"'))

    reader.push(bytes.subarray(0, at))

    expect(reader.interrupted?.()?.text).toBe(words.join(''))
  })
})

describe('an event that begins like the others', () => {
  const event = shapes['the model first'] ?? (() => '')
  const read = (odd: string) =>
    bothWays(
      Buffer.from(
        answer(event)
          .toString()
          .replace(event('" and"', 4), () => odd),
      ),
    )

  test.each([
    ['with a control character in its text', event('" a\tnd"', 0)],
    ['with another end', `${event('" and"', 0)} `],
    ['with half an end', event('" and"', 0).slice(0, -1)],
    ['with a finish', event('" and"', 0).replace('null', '"length"')],
    ['with an error behind it', event('" and"', 0).replace(/\}$/, ',"error":{"message":"no"}}')],
    ['that is half', '{"id":"c","model":"host-1","choices":[{"index":0,"delta":{"content":"'],
  ])('is read, %s', (_, odd) => {
    const { skimmed, single } = read(odd)

    expect([dataOf(skimmed.bytes), skimmed.failure]).toEqual([dataOf(single.bytes), single.failure])
    expect(skimmed.reader.seen).toEqual(single.reader.seen)
  })
})
