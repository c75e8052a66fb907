import { describe, expect, test } from 'vitest'
import { embeddingsCall } from '../../lib/dialects/embeddings/call.ts'
import { errorOf } from '../support/thrown.ts'

describe('reading an embeddings request', () => {
  test.each([
    ['a text', 'a', ['a']],
    ['texts', ['a', 'b'], ['a', 'b']],
    ['tokens', [1, 2], [[1, 2]]],
    ['lists of tokens', [[1], [2, 3]], [[1], [2, 3]]],
  ])('takes %s', (_, input, inputs) => {
    expect(embeddingsCall(JSON.stringify({ model: 'e', input }))).toMatchObject({ model: 'e', inputs })
  })

  test.each([[undefined], [[]], [5], [[{}]], [[1.5]], [{ a: 1 }]])('refuses input %j', (input) => {
    expect(errorOf(() => embeddingsCall(JSON.stringify({ model: 'e', input }))).detail.param).toBe('input')
  })

  test('refuses dimensions that are no count', () => {
    expect(errorOf(() => embeddingsCall('{"model":"e","input":"a","dimensions":"8"}')).detail.param).toBe('dimensions')
  })
})
