import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pick, tiersOf } from '../../lib/steps/choose.ts'
import { deployment } from '../support/configuration.ts'

const candidates = (...over: { weight?: number; rpm?: number; tpm?: number; order?: number }[]) =>
  over.map((o, i) => ({ deployment: deployment({ group: 'g', id: String(i), ...o }), model: 'm' }))

const share = (list: ReturnType<typeof candidates>, index: number) => {
  const hits = Array.from({ length: 1000 }, (_, i) => pick(list, () => (i + 0.5) / 1000)).filter(
    (c) => c === list[index],
  )
  return hits.length / 1000
}

describe('pick', () => {
  it('shares load by weight', () => {
    const list = candidates({ weight: 3 }, { weight: 1 })

    expect(share(list, 0)).toBeCloseTo(0.75, 2)
  })

  it('takes rpm where nobody has a weight, then tpm, then even shares', () => {
    expect(share(candidates({ rpm: 900, tpm: 1 }, { rpm: 100, tpm: 99 }), 0)).toBeCloseTo(0.9, 2)
    expect(share(candidates({ tpm: 1 }, { tpm: 4 }), 1)).toBeCloseTo(0.8, 2)
    expect(share(candidates({}, {}), 0)).toBeCloseTo(0.5, 2)
  })

  it('lets a deployment of weight 0 serve only when it is alone', () => {
    const list = candidates({ weight: 0 }, { weight: 1 })

    expect(share(list, 0)).toBe(0)
    expect(pick(list.slice(0, 1), () => 0.5)).toBe(list[0])
  })

  it('picks one of the candidates for every draw', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ weight: fc.nat(9) }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (weights, draw) => {
          const list = candidates(...weights)
          expect(list).toContain(pick(list, () => draw))
        },
      ),
    )
  })
})

it('sorts deployments into tiers of order, those without one first', () => {
  const list = candidates({ order: 2 }, {}, { order: 1 }, { order: 2 })

  const tiers = tiersOf({ name: 'g', deployments: list })

  expect(tiers).toEqual([
    [list[1], list[2]],
    [list[0], list[3]],
  ])
})
