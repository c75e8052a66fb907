import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newWindow } from '../../lib/aws/budget-requests.ts'
import type { WindowItem } from '../../lib/core/budget.ts'
import type { Price } from '../../lib/core/money.ts'
import { capWithin, worstCase } from '../../lib/steps/clamp.ts'
import { nextMove, sharedCap } from '../../lib/steps/next-move.ts'
import { budgetError, type Refusal } from '../../lib/steps/refusal.ts'
import { price, request, scope } from '../support/money.ts'

const bounds = { inputTokens: 10, choices: 1 }
const windowFrom = (id: string, end = Infinity) => ({ key: { pk: `BUDGET#key#${id}`, sk: 'total#0' }, start: 0, end })
const refusal = (item: Partial<WindowItem>, more: { id?: string; end?: number } = {}): Refusal => ({
  scope: scope(more.id ?? 'k', 0),
  window: windowFrom(more.id ?? 'k', more.end),
  item: { ...newWindow(1000, 1), ...item },
  requested: 100,
})
const asks = (more: Parameters<typeof request>[1] = {}) => request([], more)

describe('the cap of a request that named none', () => {
  const uncapped = (cap: number) => asks({ cap, capGiven: false, bounds, floorTokens: 10 })

  it('stays as it is where eight of its kind fit', () => {
    expect(sharedCap(8 * worstCase(price, bounds, 100), uncapped(100))).toBeUndefined()
  })

  it('is a share of what is left where they do not, and never below the floor', () => {
    const left = 2 * worstCase(price, bounds, 1000)
    const cap = sharedCap(left, uncapped(1000))

    expect(cap).toBeLessThan(1000)
    expect(worstCase(price, bounds, cap ?? 0)).toBeLessThanOrEqual(left / 8)
    expect(sharedCap(worstCase(price, bounds, 12), uncapped(12))).toBe(10)
  })

  it('is nobody’s business where the client named it', () => {
    expect(sharedCap(1, asks({ cap: 1000, capGiven: true, bounds }))).toBeUndefined()
  })
})

describe('the cap that fits into an amount', () => {
  it('is the largest one, whatever the price', () => {
    const prices = fc.record({ input: fc.nat(50_000), output: fc.nat(50_000), source: fc.constant('x') })
    const cases = fc.record({
      price: prices,
      amount: fc.nat(2_000_000),
      cap: fc.nat(100_000),
      choices: fc.integer({ min: 1, max: 5 }),
    })

    fc.assert(
      fc.property(
        cases,
        ({ price, amount, cap, choices }: { price: Price; amount: number; cap: number; choices: number }) => {
          const of = { inputTokens: 25, choices }
          const found = capWithin(amount, { price, bounds: of, cap })

          if (found === undefined) expect(worstCase(price, of, 0)).toBeGreaterThan(amount)
          else {
            expect(worstCase(price, of, found)).toBeLessThanOrEqual(amount)
            if (found < cap) expect(worstCase(price, of, found + 1)).toBeGreaterThan(amount)
            expect(found).toBeLessThanOrEqual(cap)
          }
        },
      ),
    )
  })
})

describe('what to do about a refusal', () => {
  it('is to wait with a cap of the client, where all of it is only held', () => {
    const move = nextMove([refusal({ available: 60, holds: { other: 40 } })], asks(), true)

    expect(move).toEqual({ do: 'wait', on: windowFrom('k').key })
  })

  it('is to clamp once waiting is over, or where it is of no use', () => {
    const clamp = { do: 'clamp', cap: 50, amount: 60 }

    expect(nextMove([refusal({ available: 60, holds: { other: 40 } })], asks(), false)).toEqual(clamp)
    expect(nextMove([refusal({ available: 60, holds: { other: 39 } })], asks(), true)).toMatchObject(clamp)
  })

  it('is to clamp to the smallest of several', () => {
    const refusals = [refusal({ available: 80 }), refusal({ available: 50 })]

    expect(nextMove(refusals, asks(), false)).toMatchObject({ do: 'clamp', cap: 40 })
  })

  it('is to wait for the floor where not even that is left but would come back', () => {
    const busy = refusal({ available: 20, holds: { other: 6 } })

    expect(nextMove([busy], asks(), true)).toMatchObject({ do: 'wait' })
    expect(nextMove([busy], asks({ capGiven: false }), true)).toMatchObject({ do: 'wait' })
    expect(nextMove([busy], asks(), false)).toEqual({ do: 'refuse' })
    expect(nextMove([refusal({ available: 20, holds: { other: 5 } })], asks(), true)).toEqual({ do: 'refuse' })
  })

  it('never is to clamp where the prompt alone does not fit, or tokens of output are free', () => {
    const freeOutput: Price = { ...price, output: 0 }

    expect(nextMove([refusal({ available: 9 })], asks({ cap: 0 }), false)).toEqual({ do: 'refuse' })
    expect(nextMove([refusal({ available: 9 })], asks({ price: freeOutput }), false)).toEqual({ do: 'refuse' })
  })

  it('is to refuse without a price', () => {
    expect(nextMove([refusal({ available: 60 })], asks({ price: undefined }), true)).toEqual({ do: 'refuse' })
  })
})

describe('the 429', () => {
  it('names the window that keeps the client waiting longest, and has its Retry-After', () => {
    const held = refusal({ available: 0, holds: { other: 100 } }, { id: 'held', end: 9_000_000 })
    const used = refusal({ available: 0, spent: 1000 }, { id: 'used', end: 5_000_000 })

    const error = budgetError([held, used], worstCase(price, bounds, 16), 1_000_000)

    expect(error.message).toContain('Key=label of used ')
    expect(error.detail.retryAfterMs).toBe(4_000_000)
  })

  it("prints small amounts in full, as LiteLLM's message has them", () => {
    const item = { limit: 1_500_000_000, spent: 1_234_567, available: 0, holds: { a: 5 }, unsettled: 7 }

    const { message } = budgetError([refusal(item)], 1, 0)

    expect(message).toBe(
      'Budget has been exceeded! Key=label of k Current cost: 0.001234567, Max budget: 1.5. ' +
        'This request may cost up to $0.0000001; $0 is left, besides $0.000000005 held by requests under way and ' +
        '$0.000000007 unsettled by requests whose gateway was stopped. This budget does not reset.',
    )
  })
})
