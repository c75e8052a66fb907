import type { JsonObject } from '../core/json.ts'
import type { Bounds } from './dialect.ts'
import { maxPriceOf } from './max-price.ts'
import { askedTier } from './service-tier.ts'

/** What was counted of a request. `unbounded`: the first of its parameters that nothing bounds. */
type Counted = Pick<Bounds, 'inputTokens' | 'choices'> & { cap: number | undefined; unbounded: string | undefined }

/** A request's bounds: what was counted of it, and what it says itself of how it is to be served. */
export function boundedBy(body: JsonObject, { inputTokens, choices, cap, unbounded }: Counted): Bounds {
  const tier = askedTier(body)
  const maxPrice = maxPriceOf(body)
  return {
    inputTokens,
    choices,
    // To some hosts nothing means no cap at all, so the least that is sent is 1.
    ...(cap !== undefined && { outputCap: Math.max(cap, 1) }),
    ...(tier && { tier }),
    ...(unbounded !== undefined && { unbounded }),
    ...(maxPrice && { maxPrice }),
  }
}
