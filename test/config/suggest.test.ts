import { expect, it } from 'vitest'
import { nearest } from '../../lib/config/suggest.ts'

it.each([
  ['fallbaks', 'fallbacks'],
  ['timeuot', 'timeout'],
  ['num_retires', 'num_retries'],
  ['Model', 'model'],
  ['context_window_falback', 'context_window_fallbacks'],
])('takes %s for %s', (word, meant) => {
  const words = ['model', 'timeout', 'num_retries', 'fallbacks', 'context_window_fallbacks', 'rpm']

  expect(nearest(word, words)).toBe(meant)
})

it('suggests nothing for a word that is like none', () => {
  expect(nearest('temperature', ['model', 'timeout', 'rpm'])).toBeUndefined()
  expect(nearest('n', ['rpm', 'tpm'])).toBeUndefined()
})
