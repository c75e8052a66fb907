import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Json, tryParseExact } from '../../lib/core/json.ts'
import { alikeParser } from '../../lib/wire/json-alike.ts'

const event = (delta: string, number: number) =>
  `{"type":"delta","n":${number},"choices":[{"index":0,"delta":{"content":${JSON.stringify(delta)}}}],"usage":null}`

/** What the parser gives for each of the texts, and what it should. */
function bothOf(texts: readonly string[]) {
  const parse = alikeParser()
  return { got: texts.map((text) => parse(text)), wanted: texts.map(tryParseExact) }
}

const expectSame = (texts: readonly string[]): void => {
  const { got, wanted } = bothOf(texts)
  expect(got).toEqual(wanted)
  expect(got.map((json) => JSON.stringify(json))).toEqual(wanted.map((json) => JSON.stringify(json)))
}

describe('parsing documents that are alike', () => {
  it('gives what parsing each of them gives, whatever text stands in it', () => {
    const texts = ['a', 'b', '', '"', '\\', 'a\\', '\\"', '\n', 'ü', '😀', '","n":9', '\u2028', '{}', 'end']

    expectSame(texts.map((text, n) => event(text, n)))
  })

  it('reads numbers as they are written, and only those that are whole', () => {
    const numbers = [
      '1',
      '2',
      '10',
      '0',
      '01',
      '1.0',
      '1e3',
      '-0',
      '-1',
      '12345678901234567890',
      '',
      '999999999999999',
      '3',
    ]

    expectSame(numbers.map((number) => `{"a":"x","n":${number},"b":[true]}`))
  })

  it('notices what is not JSON although it begins and ends like the others', () => {
    const texts = ['a', 'b', 'c'].map((text) => event(text, 1))
    const broken = ['"content":"\n"', '"content":"\\x"', '"content":"\\"', '"content":"a"b"', '"content":"']

    expectSame([...texts, ...broken.map((piece) => event('c', 1).replace('"content":"c"', () => piece)), ...texts])
    expectSame([...texts, event('d', 1).slice(0, -1), `${event('d', 1)}}`, event('d', 1).slice(1), '', ...texts])
  })

  it('reads documents with a key that stands twice, or one named __proto__, as JSON.parse does', () => {
    expectSame(['1', '2', '3'].map((n) => `{"a":${n},"a":0}`))
    expectSame(['1', '2', '3'].map((n) => `{"a":0,"a":${n}}`))
    expectSame(['1', '2', '3'].map((n) => `{"__proto__":{"a":${n}}}`))
    expectSame(['1', '2', '3'].map((n) => `{"constructor":{"a":${n}},"\\u0062":"${n}","b\\"":"${n}"}`))
  })

  it('leaves what it gave before as it was', () => {
    const { got, wanted } = bothOf(['a', 'b', 'c', 'd'].map((text, n) => event(text, n)))

    expect(got).toEqual(wanted)
    expect(got[2]).not.toBe(got[3])
  })

  it('gives what parsing gives for any documents in any order', () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.integer(),
      fc.double(),
      fc.constant(null),
      fc.boolean(),
    )
    const shape = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('json'), { maxKeys: 4 }),
      ),
    })).json
    /** The same document with other leaves. */
    const varied = (json: Json, pick: readonly Json[], at = { n: 0 }): Json => {
      if (Array.isArray(json)) return json.map((one) => varied(one, pick, at))
      if (typeof json === 'object' && json !== null)
        return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, varied(value, pick, at)]))
      return at.n++ % 2 === 0 ? json : (pick[at.n % pick.length] ?? json)
    }
    const leaves = fc.array(fc.array(leaf as fc.Arbitrary<Json>, { minLength: 1, maxLength: 4 }), {
      minLength: 2,
      maxLength: 6,
    })

    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 2 }), leaves, (shapes, picks) =>
        expectSame(picks.flatMap((pick) => shapes.map((one) => JSON.stringify(varied(one, pick))))),
      ),
      { numRuns: 300 },
    )
  })

  it('takes up the pattern again behind documents of another kind', () => {
    const other = ['{"type":"start","id":"x"}', '[1,2]', '"text"', '7', '{}', '{"type":"start","id":"y"}']

    expectSame(['a', 'b', 'c'].flatMap((text, n) => [event(text, n), event(text, n + 1), ...other]))
  })
})
