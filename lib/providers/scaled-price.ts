import type { Price } from '../core/money.ts'

/** By what factor every price is another at a service tier; what was read from a cache may be charged as ever. */
export type Factor = number | { factor: number; cached: number }

/** Every price of tokens times a factor, long prompts included; searches and requests cost what they cost. */
export function scaledPrice({ tiers, ...base }: Price, by: Factor, source: string): Price {
  const { factor, cached } = typeof by === 'number' ? { factor: by, cached: by } : by
  const scaled = ({ request, webSearch, ...kinds }: Price): Omit<Price, 'tiers' | 'serviceTiers'> => {
    const { input, output, ...others } = kinds
    const rest = Object.entries(others).flatMap(([kind, price]) =>
      typeof price === 'number'
        ? [[kind, Math.round(price * (kind.startsWith('cached') ? cached : factor))] as const]
        : [],
    )
    return {
      input: Math.round(input * factor),
      output: Math.round(output * factor),
      ...Object.fromEntries(rest),
      ...(request !== undefined && { request }),
      ...(webSearch !== undefined && { webSearch }),
      source,
    }
  }
  return {
    ...scaled(base),
    ...(tiers && { tiers: tiers.map((tier) => ({ above: tier.above, price: scaled(tier.price) })) }),
  }
}
