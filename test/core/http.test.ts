import { expect, it } from 'vitest'
import { sendable } from '../../lib/core/http.ts'

it.each([
  ['plain words, a=b; "c"', 'plain words, a=b; "c"'],
  ['messages.type a\u0000b\r\nx-evil: 1', 'messages.type a%00b%0D%0Ax-evil: 1'],
  ['modèle-日本-🙂', 'mod%C3%A8le-%E6%97%A5%E6%9C%AC-%F0%9F%99%82'],
  ['half a pair: \ud800', 'half a pair: %EF%BF%BD'],
])('the header %j can be sent as %j', (value, sent) => {
  expect(sendable({ a: 'x', b: value })).toEqual({ a: 'x', b: sent })
})
