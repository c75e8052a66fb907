import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crossed, hasUntold, overruns, type ThresholdInput } from '../../lib/steps/thresholds.ts'
import { unlimited } from '../../lib/core/money.ts'
import { attempt, attemptAt, noon, windowItem } from '../support/spend.ts'

const input = (more: Partial<ThresholdInput>): ThresholdInput => ({
  item: windowItem(),
  percents: [],
  refused: false,
  overrun: false,
  ...more,
})
const names = (more: Partial<ThresholdInput>) => crossed(input(more)).map(({ name }) => name)

describe('soft', () => {
  test('is crossed by the nano-dollar that reaches it', () => {
    expect(names({ item: windowItem({ spent: 8e9 - 1, available: 2e9 + 1 }), soft: 8e9 })).toEqual([])
    expect(names({ item: windowItem({ spent: 8e9, available: 2e9 }), soft: 8e9 })).toEqual(['soft@8000000000'])
  })

  test('is told on a window that has no hard limit', () => {
    const item = windowItem({ limit: unlimited, available: unlimited - 9e9, spent: 9e9 })

    expect(names({ item, soft: 8e9, percents: [50], refused: true, overrun: true })).toEqual(['soft@8000000000'])
  })
})

describe('percent', () => {
  test('tells every threshold that is passed and not one that is not', () => {
    const item = windowItem({ spent: 8e9, available: 2e9 })

    expect(names({ item, percents: [50, 80, 95] })).toEqual(['50@10000000000', '80@10000000000'])
  })

  test('says nothing of a budget of zero', () => {
    expect(names({ item: windowItem({ limit: 0, available: 0 }), percents: [50] })).toEqual(['refused@0'])
  })
})

describe('hard', () => {
  test('is told when a request was refused, however little is spent', () => {
    expect(names({ refused: true })).toEqual(['refused@10000000000'])
  })

  test('is told without a refusal once nothing is left and nothing is merely held', () => {
    expect(names({ item: windowItem({ spent: 9e9, unsettled: 1e9, available: 0 }) })).toContain('refused@10000000000')
    expect(names({ item: windowItem({ spent: 9e9, holds: { a: 1e9 }, available: 0 }) })).toEqual([])
  })
})

test('debt is told only where an attempt of the batch may have caused it', () => {
  const item = windowItem({ spent: 10.4e9, available: -0.4e9, alerts: { 'refused@10000000000': 'sent' } })

  expect(names({ item, overrun: true })).toEqual(['debt@10000000000'])
  expect(names({ item, overrun: false })).toEqual([])
})

test('a batch overruns where a cost is above its hold, or its hold had expired', () => {
  const late = attemptAt(noon - 60_000, 'late')

  expect(overruns([[attempt('a'), 5, 5]], noon)).toBe(false)
  expect(overruns([[attempt('a'), 5, 6]], noon)).toBe(true)
  expect(overruns([[late, 5, 1]], noon)).toBe(true)
})

test('every lost attempt is told by name, once', () => {
  const item = windowItem({
    lost: { a: 1, b: 2 },
    alerts: { 'unsettled@a': 'sent' },
    unsettled: 3,
    available: 10e9 - 3,
  })

  expect(names({ item })).toEqual(['unsettled@b'])
  expect(hasUntold(item)).toBe(true)
  expect(hasUntold(windowItem({ ...item, lost: { a: 1 } }))).toBe(false)
})

test('what was sent is not told again, what is only claimed is; raising the limit arms it again', () => {
  const spent = { spent: 9e9, available: 1e9 }
  const item = (alerts: Record<string, number | 'sent'>) => windowItem({ ...spent, alerts })

  expect(names({ item: item({ '80@10000000000': 'sent' }), percents: [80] })).toEqual([])
  expect(names({ item: item({ '80@10000000000': 1_800_000_000 }), percents: [80] })).toEqual(['80@10000000000'])
  const raised = windowItem({ limit: 11e9, spent: 9e9, available: 2e9, alerts: { '80@10000000000': 'sent' } })
  expect(names({ item: raised, percents: [80] })).toEqual(['80@11000000000'])
})

test('spending more never takes a crossing back', () => {
  const money = fc.integer({ min: 0, max: 20e9 })
  fc.assert(
    fc.property(money, money, fc.integer({ min: 1, max: 100 }), (spent, more, percent) => {
      const at = (s: number) =>
        names({ item: windowItem({ spent: s, available: 10e9 - s }), soft: 5e9, percents: [percent], refused: false })

      expect(at(spent + more)).toEqual(expect.arrayContaining(at(spent)))
    }),
  )
})
