import { describe, expect, it } from 'vitest'
import { type BudgetUpdate, budgetUpdates, createInput, updateInput } from '../../lib/aws/budget-requests.ts'
import { fromAttributes } from '../../lib/aws/schema.ts'
import { requests, type SpecifiedRequest } from '../model.mjs'

const specified = (name: string, ...of: unknown[]): SpecifiedRequest => {
  const request = requests[name]
  if (!request) throw new Error(`the specification has no ${name}`)
  return request(...of)
}

const on = { pk: 'BUDGET#key#k', sk: '1mo#2026-11' }
const id = 'zzzzzAbCdEfGhIj'

/** Ours, and the specification's arguments for the same thing. */
const pairs: [string, BudgetUpdate, unknown[]][] = [
  ['take', budgetUpdates.take(on, id, { amount: 7, v: 3 }), [on, id, 7, 3]],
  ['release', budgetUpdates.release(on, id, 7), [on, id, 7]],
  ['cancel', budgetUpdates.cancel(on, id), [on, id]],
  ['settle', budgetUpdates.settle(on, [[id, 7, 5]]), [on, [[id, 7, 5]]]],
  [
    'settle',
    budgetUpdates.settle(on, [
      ['a', 7, 5],
      ['b', 4, 9],
      ['c', 1, 1],
    ]),
    [
      on,
      [
        ['a', 7, 5],
        ['b', 4, 9],
        ['c', 1, 1],
      ],
    ],
  ],
  ['settleLost', budgetUpdates.settleLost(on, id, { kept: 7, cost: 5 }), [on, id, 7, 5]],
  ['expire', budgetUpdates.expire(on, id, { amount: 7, kept: 7 }), [on, id, 7, 7]],
  ['expire', budgetUpdates.expire(on, id, { amount: 7, kept: 0 }), [on, id, 7, 0]],
  ['resolve', budgetUpdates.resolve(on, id, { was: 7, now: 2 }), [on, id, 7, 2]],
  ['edit', budgetUpdates.edit(on, { limit: 50, v: 4 }, { was: 20, old: 3 }), [on, 50, 4, 20, 3]],
  ['claim', budgetUpdates.claim(on, '80@50', { until: 99, now: 39 }), [on, '80@50', 99, 39]],
  ['sent', budgetUpdates.sent(on, '80@50'), [on, '80@50']],
]

describe('the requests of the money protocol', () => {
  it.each(pairs)('%s is word for word what the specification has checked', (name, ours, of) => {
    const theirs = specified(name, ...of)
    const input = updateInput('t', ours)

    expect(input.UpdateExpression).toBe(theirs.update)
    expect(input.ConditionExpression).toBe(theirs.when)
    expect(input.ExpressionAttributeNames).toEqual(theirs.names)
    expect(fromAttributes(input.ExpressionAttributeValues ?? {})).toEqual(theirs.values)
    expect(fromAttributes(input.Key ?? {})).toEqual(on)
    expect(input.ReturnValues).toBe('ALL_NEW')
    expect(input.ReturnValuesOnConditionCheckFailure).toBe('ALL_OLD')
  })

  it('create makes the specified item, which may be removed after its ttl', () => {
    const theirs = specified('create', on, 20, 3)
    const ours = createInput('t', { on, limit: 20, v: 3, ttl: 1234 })

    expect(fromAttributes(ours.Item ?? {})).toEqual({ ...on, ...theirs.put, ttl: 1234 })
    expect(ours.ConditionExpression).toBe(theirs.when)
    expect(ours.ReturnValuesOnConditionCheckFailure).toBe('ALL_OLD')
  })

  it('create of an endless window has no ttl', () => {
    expect(createInput('t', { on, limit: 20, v: 3 }).Item).not.toHaveProperty('ttl')
  })

  it('are all compared', () => {
    expect(new Set(pairs.map(([name]) => name))).toEqual(new Set(Object.keys(budgetUpdates)))
  })
})
