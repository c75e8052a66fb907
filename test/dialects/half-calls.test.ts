import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callTexts, isHalf, partsCallTexts } from '../../lib/dialects/half-calls.ts'

const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1 })

describe('arguments of a call', () => {
  it('are half wherever they are broken off', () => {
    fc.assert(
      fc.property(objects, fc.nat(), (value, at) => {
        const text = JSON.stringify(value)
        const cut = text.slice(0, 1 + (at % (text.length - 1)))
        expect([text, isHalf(text)]).toEqual([text, false])
        expect([cut, isHalf(cut)]).toEqual([cut, true])
      }),
    )
  })

  it.each(['', ' ', 'Oslo', "{'city': 'Oslo'}", '{"city": Oslo}', '{"city": "Oslo",}', '{"a": 1}}', '[1 2]'])(
    '%j: nothing at all, or what a model wrote wrongly to its end, is not half',
    (text) => {
      expect(isHalf(text)).toBe(false)
    },
  )

  it.each(['{"n":-', '{"n":1.', '{"n":1e', '{"n":12', '{"b":tru', '{"s":"a\\', '{"s":"\\u00'])(
    '%j: is half',
    (text) => {
      expect(isHalf(text)).toBe(true)
    },
  )
})

describe('a call that ends in the middle of its arguments', () => {
  it.each(['stop', 'tool_calls', 'function_call'])('is a cut, although its provider says %s', (reason) => {
    const calls = callTexts()
    calls.add(0, '{"city":"Oslo"}')
    calls.add(1, '{"city"')
    expect(calls.failure(reason)).toMatchObject({ kind: 'cut', mayHaveCost: true })
  })

  it.each(['length', 'content_filter'])('is what it says where the finish is %s', (reason) => {
    const calls = callTexts()
    calls.add(0, '{"city"')
    expect(calls.failure(reason)).toBeUndefined()
  })

  it('is no such thing where the tool takes free text', () => {
    const calls = partsCallTexts()
    calls.failure({ type: 'call', block: 0, id: 'a', name: 'patch', custom: true })
    calls.failure({ type: 'arguments', block: 0, text: '{"begin' })
    expect(calls.failure({ type: 'finish', reason: 'tool_calls', native: 'tool_calls' })).toBeUndefined()
  })
})
