import { expect, test } from 'vitest'
import { readMessage } from '../../lib/steps/settle-batch-messages.ts'
import { attempt, keyWindow, spendEvent } from '../support/spend.ts'

const event = spendEvent(attempt('a'), 5, [{ ...keyWindow, amount: 9 }])
const read = (body: unknown) => readMessage({ messageId: 'm', body })
const poisoned = (change: Record<string, unknown>) => read({ type: 'spend.v1', detail: { ...event, ...change } })

test('reads an event as it is, with members that a newer gateway has added', () => {
  const detail = { ...event, colour: 'blue' }

  expect(read({ type: 'spend.v1', detail })).toEqual({ type: 'spend', messageId: 'm', event: detail })
})

test('reads a look at a window', () => {
  const detail = { version: 1, look: keyWindow, refused: true, limit: 10 }

  expect(read({ type: 'look.v1', detail })).toEqual({ type: 'look', messageId: 'm', look: detail })
})

test.each([
  ['no object', null],
  ['text', 'spend'],
  ['another type', { type: 'spend.v2', detail: event }],
  ['a look at something else', { type: 'look.v1', detail: { version: 1, look: { pk: 'KEY#k1', sk: '-' } } }],
])('calls a body that is %s poison', (_name, body) => {
  expect(read(body)).toMatchObject({ type: 'poison', messageId: 'm' })
})

test.each([
  ['a foreign id', { id: 'abc' }, 'detail.id'],
  ['a negative cost', { cost: -1 }, 'detail.cost'],
  ['a fraction of a nano-dollar', { cost: 0.5 }, 'detail.cost'],
  ['more money than numbers hold', { cost: 1e20 }, 'detail.cost'],
  ['an end that is no time', { end: 1e300 }, 'detail.end'],
  ['a hold on something else', { holds: [{ pk: 'KEY#k1', sk: '-', amount: 1 }] }, 'detail.holds.0.pk'],
  ['the same window twice', { holds: [1, 2].map((amount) => ({ ...keyWindow, amount })) }, 'detail.holds'],
  ['no usage', { usage: undefined }, 'detail.usage'],
])('refuses %s and names the member', (_name, change, member) => {
  expect(poisoned(change)).toMatchObject({ type: 'poison', reason: expect.stringContaining(member) as string })
})
