import { expect, test } from 'vitest'
import { boundedIds } from '../../lib/core/bounded-ids.ts'

test('a bounded memory forgets the oldest id first', () => {
  const ids = boundedIds(2)
  for (const id of ['a', 'b', 'c']) ids.add(id)

  expect(['a', 'b', 'c'].map((id) => ids.has(id))).toEqual([false, true, true])
})
