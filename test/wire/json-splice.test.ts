import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../lib/core/json.ts'
import { splice } from '../../lib/wire/json-splice.ts'

describe('splicing', () => {
  const text = '{ "model" : "a",\n  "big": 12345678901234567890, "x":[1, {"y":"}\\"{"}] ,"last":null }'

  test('replaces a value and leaves every other byte', () => {
    expect(splice(text, { set: { model: 'b"c' } })).toBe(text.replace('"a"', '"b\\"c"'))
  })

  test('adds a member at the end', () => {
    expect(splice(text, { set: { n: 1 } })).toBe(text.replace('null }', 'null,"n":1 }'))
    expect(splice('{ }', { set: { n: 1 } })).toBe('{ "n":1}')
    expect(splice('{}', { set: { n: 1, m: [] } })).toBe('{"n":1,"m":[]}')
  })

  test('removes members at the start, in the middle, at the end, and all of them', () => {
    expect(splice('{"a":1,"b":2,"c":3}', { remove: ['a'] })).toBe('{"b":2,"c":3}')
    expect(splice('{"a":1,"b":2,"c":3}', { remove: ['b'] })).toBe('{"a":1,"c":3}')
    expect(splice('{"a":1,"b":2,"c":3}', { remove: ['c', 'b'] })).toBe('{"a":1}')
    expect(splice('{"a":1}', { remove: ['a'] })).toBe('{}')
    expect(splice('{"a":1}', { remove: ['a'], set: { b: 2 } })).toBe('{"b":2}')
    expect(splice(text, { remove: ['nothing'] })).toBe(text)
  })

  test('finds keys by what they mean, not by how they are written', () => {
    expect(splice('{"mod\\u0065l":"a"}', { set: { model: 'b' } })).toBe('{"mod\\u0065l":"b"}')
  })

  test('sets a key that is written twice at both places', () => {
    expect(splice('{"n":1,"n":2}', { set: { n: 3 } })).toBe('{"n":3,"n":3}')
  })

  test('edits a nested object, through lists too', () => {
    const nested = '{"a":{"b":[{},{"c": 1.0}]}}'

    expect(splice(nested, { set: { c: 2 } }, ['a', 'b', '1'])).toBe('{"a":{"b":[{},{"c": 2}]}}')
    expect(splice(nested, { remove: ['c'] }, ['a', 'b', '1'])).toBe('{"a":{"b":[{},{}]}}')
  })

  test('puts a nested object where there is none, and removes nothing from it', () => {
    expect(splice('{"a":1}', { set: { c: 2 } }, ['b'])).toBe('{"a":1,"b":{"c":2}}')
    expect(splice('{"b":null}', { set: { c: 2 } }, ['b'])).toBe('{"b":{"c":2}}')
    expect(splice('{"a":1}', { remove: ['c'] }, ['b'])).toBe('{"a":1}')
  })
})

const key = fc.constantFrom<string[]>('a', 'b', 'model', '"', '\\', 'ü', '__proto__')
const value = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>
const object = fc.dictionary(key, value) as fc.Arbitrary<JsonObject>
const spaced = fc
  .tuple(object, fc.constantFrom(undefined, 1, '\t'))
  .map(([of, space]) => [of, JSON.stringify(of, null, space)] as const)

describe('properties of splicing', () => {
  test('it is editing the object, and prints nothing anew that is not edited', () => {
    fc.assert(
      fc.property(spaced, object, fc.array(key, { maxLength: 3 }), ([before, text], set, remove) => {
        const kept = Object.entries(before).filter(([name]) => !remove.includes(name) || Object.hasOwn(set, name))
        const expected = Object.fromEntries([...kept, ...Object.entries(set)])

        expect(JSON.parse(splice(text, { set, remove }))).toEqual(JSON.parse(JSON.stringify(expected)))
      }),
    )
  })

  test('no edit is no change', () => {
    fc.assert(
      fc.property(spaced, ([, text]) => {
        expect(splice(text, { set: {}, remove: [] })).toBe(text)
      }),
    )
  })
})
