import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonErrorPosition } from '../../lib/wire/json-error.ts'

describe('the position of a fault in JSON', () => {
  test.each([
    ['', 0, 1, 1, 'expected a value, the text ends'],
    ['{"a": abc}', 6, 1, 7, 'expected a value, found "a"'],
    ['{"a": 1,}', 8, 1, 9, 'expected a member name in double quotes, found "}"'],
    ['{\n  "a": 1\n  "b": 2\n}', 13, 3, 3, 'expected \',\' or the end of the list or object, found "\\""'],
    ['{a: 1}', 1, 1, 2, 'expected a member name in double quotes or \'}\', found "a"'],
    ['{"a" 1}', 5, 1, 6, 'expected \':\', found "1"'],
    ['[1, 2', 5, 1, 6, "expected ',' or the end of the list or object, the text ends"],
    ['[1, 2}', 5, 1, 6, 'expected \',\' or the end of the list or object, found "}"'],
    ['[01]', 1, 1, 2, 'expected a value or \']\', found "0"'],
    ['{} x', 3, 1, 4, 'expected the end of the text, found "x"'],
    ['["a\nb"]', 1, 1, 2, 'expected a value or \']\', found "\\""'],
    ["{'a': 1}", 1, 1, 2, "expected a member name in double quotes or '}', found \"'\""],
    ['[NaN]', 1, 1, 2, 'expected a value or \']\', found "N"'],
  ])('%j', (text, position, line, column, message) => {
    expect(jsonErrorPosition(text)).toEqual({ message, position, line, column })
  })

  test('a valid document has its first fault behind its end', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, space) => {
        const text = JSON.stringify(value, null, space)

        expect(jsonErrorPosition(text).position).toBe(text.length)
      }),
    )
  })

  test('what stands before the fault could still have become JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, at) => {
        const text = JSON.stringify(value)
        const cut = text.slice(0, at % text.length)

        expect(jsonErrorPosition(`${cut}\u0001`).position).toBeLessThanOrEqual(cut.length)
      }),
    )
  })

  test('deep nesting overflows nothing', () => {
    expect(jsonErrorPosition('['.repeat(200_000)).position).toBe(200_000)
  })
})
