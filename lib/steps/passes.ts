import type { Config } from '../core/config.ts'
import type { Known } from '../core/deployment.ts'
import { costOf, type Price, worstCost } from '../core/money.ts'
import { isPlausible } from '../core/usage.ts'
import { lookUp } from '../providers/prices.ts'
import type { Attempt } from './charge.ts'
import { servedPrice } from './tiers.ts'

/**
 * What an answer is charged by that other models took part in, each at its own price. One of no known price is charged as the
 * dearest of those that may: it is billed, and must not be lost.
 */
export function paidWith(config: Config, { terms, provider }: Attempt): NonNullable<Attempt['paid']> {
  const known = config.askedModels?.[provider.id] ?? {}
  return (seen) => {
    const at = (of: Price | undefined) => of && servedPrice(of, terms.bounds, seen)
    const priceFor = (model: string) => at(knownPrice(known, model) ?? dearest(known, terms.price))
    const { served, others = [] } = seen?.passes ?? {}
    const beside = others.map(({ model, usage }) => {
      const price = isPlausible(usage) ? priceFor(model) : undefined
      return price ? costOf(price, usage) : 0
    })
    return {
      price: served === undefined ? at(terms.price) : priceFor(served),
      beside: beside.reduce((sum, cost) => sum + cost, 0),
    }
  }
}

type Prices = Record<string, Known>

const knownPrice = (known: Prices, model: string): Price | undefined =>
  lookUp(
    { get: (name) => (Object.hasOwn(known, name) ? known[name] : undefined), keys: () => Object.keys(known) },
    model,
  )?.price

const dearest = (known: Prices, own: Price | undefined): Price | undefined =>
  [own, ...Object.values(known).map(({ price }) => price)]
    .flatMap((price) => price ?? [])
    .sort((a, b) => worstCost(b, 1_000_000, 1_000_000) - worstCost(a, 1_000_000, 1_000_000))[0]
