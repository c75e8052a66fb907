import { expect, it } from 'vitest'
import { holes } from '../../lib/dialects/holes.ts'

const seen = (contentEvents: number, completion?: number) => ({
  contentBytes: 10,
  contentEvents,
  ...(completion !== undefined && { usage: { prompt: 1, completion } }),
})
const over = (data: string) => {
  const gaps = holes()
  gaps.skip(data)
  return gaps
}

it('passes over what never was a piece of an answer', () => {
  for (const data of ['PROCESSING', 'undefined', 'null', 'ping 3', '<br>']) {
    expect(over(data).open).toBe(false)
    expect(over(data).failure(seen(3), false)).toBeUndefined()
  }
})

it('passes over what the provider’s count has no place for', () => {
  expect(over('{"choices":[{"del').failure(seen(8, 8), true)).toBeUndefined()
})

it.each([
  ['counts a token that was not read', seen(7, 8), true],
  ['packs tokens, so that nothing can be told', seen(3, 8), true],
  ['splits tokens, so that nothing can be told', seen(20, 8), true],
  ['counts nothing', seen(8), true],
  ['called a tool, whose arguments may have a gap', seen(8, 8), false],
])('fails where the provider %s', (_, known, plain) => {
  expect(over('{"choices":[{"del').failure(known, plain)).toMatchObject({ kind: 'malformed', mayHaveCost: true })
})

it('has nothing against a stream that could be read', () => {
  expect(holes().failure(seen(3), false)).toBeUndefined()
})
