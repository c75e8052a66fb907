import { describe, expect, test } from 'vitest'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { passThrough } from '../../lib/dialects/openai/passthrough.ts'
import { callIndexer } from '../../lib/dialects/openai/pass-calls.ts'
import { dataOf, readAll } from '../contracts/exchange.ts'
import { fixture, options, streamCall } from './openai-support.ts'

type Delta = [index: number | string | undefined, id?: string | undefined, name?: string]

const call = ([index, id, name]: Delta): JsonObject => ({
  ...(index === undefined ? {} : { index }),
  ...(id === undefined ? {} : { id }),
  function: { ...(name === undefined ? {} : { name }), arguments: '{' },
})

/** The indexes that come out for deltas, one list of calls per chunk. */
function indexes(chunks: readonly (readonly Delta[])[], choices: readonly number[] = []): unknown[] {
  const indexed = callIndexer()
  return chunks.map((calls, at) => {
    const chunk = { choices: [{ index: choices[at] ?? 0, delta: { tool_calls: calls.map(call) } }] }
    const { choices: out } = JSON.parse(indexed(JSON.stringify(chunk), chunk)) as JsonObject
    return listOf(objectOf(objectOf(listOf(out)[0]).delta).tool_calls).map((each) => objectOf(each).index)
  })
}

describe('the index of streamed calls', () => {
  test.each<[string, Delta[][], number[][]]>([
    ['counted from 1', [[[1, 'a', 'f']], [[1]], [[2, 'b', 'f']], [[2]], [[1]]], [[0], [0], [1], [1], [0]]],
    [
      'left out',
      [[[undefined, 'a', 'f']], [[undefined]], [[undefined, 'b', 'g']], [[undefined]]],
      [[0], [0], [1], [1]],
    ],
    [
      'left out, with an id that comes back',
      [[[undefined, 'a', 'f']], [[undefined, 'b', 'f']], [[undefined, 'a']]],
      [[0], [1], [0]],
    ],
    [
      'left out, of two calls in one delta',
      [
        [
          [undefined, 'a', 'f'],
          [undefined, 'b', 'f'],
        ],
      ],
      [[0, 1]],
    ],
    [
      'left out with the id',
      [
        [
          [undefined, undefined, 'f'],
          [undefined, undefined, 'g'],
        ],
        [[undefined]],
      ],
      [[0, 1], [1]],
    ],
    [
      'the same for different ids',
      [[[0, 'a', 'f']], [[0]], [[0, 'b', 'g']], [[0]], [[0, 'a']]],
      [[0], [0], [1], [1], [0]],
    ],
    ['a text', [[['0', 'a', 'f']], [['0']]], [[0], [0]]],
    [
      'full of gaps',
      [
        [
          [3, 'a', 'f'],
          [7, 'b', 'f'],
        ],
        [[3], [7]],
      ],
      [
        [0, 1],
        [0, 1],
      ],
    ],
  ])('is put right where it is %s', (_, deltas, expected) => {
    expect(indexes(deltas)).toEqual(expected)
  })

  test.each<[string, Delta[][]]>([
    ['an empty id in what follows', [[[0, 'a', 'f']], [[0, '']], [[1, 'b', 'f']], [[1, '']]]],
    ['the id repeated', [[[0, 'a', 'f']], [[0, 'a']], [[1, 'b', 'f']], [[1, 'b', '']]]],
    ['a new id in each delta', [[[0, 'a', 'f']], [[0, 'b']], [[0, 'c', '']]]],
    ['one id for all calls', [[[0, 'a', 'f']], [[1, 'a', 'f']], [[0, 'a']], [[1, 'a']]]],
    ['no id', [[[0, undefined, 'f']], [[0]], [[1, undefined, 'f']]]],
    ['an id that comes late', [[[0, undefined, 'f']], [[0, 'a', 'f']], [[0]]]],
    [
      'calls that take turns',
      [
        [
          [0, 'a', 'f'],
          [1, 'b', 'f'],
        ],
        [[1]],
        [[0]],
      ],
    ],
  ])('stays as it is with %s', (_, deltas) => {
    expect(indexes(deltas)).toEqual(deltas.map((calls) => calls.map(([index]) => index)))
  })

  test('is counted for each choice', () => {
    const deltas: Delta[][] = [[[1, 'a', 'f']], [[1, 'b', 'f']], [[2, 'c', 'f']], [[2]]]

    expect(indexes(deltas, [0, 1, 1, 1])).toEqual([[0], [0], [1], [1]])
  })

  test('changes no byte where it is right', () => {
    const text = fixture('tools.sse')
    const read = readAll(passThrough(streamCall(), options()), [new TextEncoder().encode(text)])

    expect(read.bytes + read.tail).toBe(text)
  })

  test('changes nothing but the index, in renamed chunks too', () => {
    const text = fixture('tools.sse').replaceAll(
      /"tool_calls":\[\{"index":(\d)/g,
      (_, at) => `"tool_calls":[{"index":${Number(at) + 1}`,
    )
    const read = readAll(passThrough(streamCall(), options({ publicModel: 'small' })), [new TextEncoder().encode(text)])

    expect(text).not.toBe(fixture('tools.sse'))
    expect(dataOf(read.bytes + read.tail)).toEqual(
      dataOf(fixture('tools.sse').replaceAll(/"model":"[^"]*"/g, '"model":"small"')),
    )
  })
})
