import type { Deployment } from '../core/deployment.ts'
import { type NanoDollars, type Price, unitCostOf, type UnitPrices, worstCost } from '../core/money.ts'
import type { Bounds } from '../dialects/dialect.ts'
import type { Endpoint } from '../providers/provider.ts'
import { unitsOf } from '../providers/prices.ts'

/** What is sold by the piece: its prices, and the most that the request can come to by them. */
export type Pieces = { prices: UnitPrices; most: NanoDollars }

/** Endpoints whose answers are as long as a cap lets them be; answers of all others are bounded by the request itself. */
export const sendsCap = (kind: Endpoint | 'pass'): boolean => kind === 'chat' || kind === 'completions'

/**
 * Undefined where the endpoint is not sold by the piece, or one of the pieces has no price. An operator who prices tokens alone
 * has said how the model is paid for: the table's pieces do not come on top.
 */
export function piecesOf(deployment: Deployment, model: string, { units }: Bounds): Pieces | undefined {
  const byTokens = deployment.price !== undefined && deployment.units === undefined
  if (!units || byTokens) return undefined
  const prices = unitsOf(deployment, model)
  const most = prices && unitCostOf(prices, units)
  return prices === undefined || most === undefined ? undefined : { prices, most }
}

/** Nothing by tokens: for what is sold by the piece alone. */
export const noTokens = ({ prices }: Pieces): Price => ({ input: 0, output: 0, source: prices.source })

/** The whole worst case as one amount, which no smaller cap can lower. `cap`: output tokens per choice. */
export function flatPrice(price: Price, bounds: Bounds, of: { cap: number; pieces: Pieces | undefined }): Price {
  const tokens = worstCost(price, bounds.inputTokens, of.cap * bounds.choices)
  return { input: 0, output: 0, request: tokens + (of.pieces?.most ?? 0), source: price.source }
}
