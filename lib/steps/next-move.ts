import type { WindowKey } from '../core/budget.ts'
import type { NanoDollars } from '../core/money.ts'
import type { AdmitRequest } from './admission.ts'
import { capWithin, worstCase } from './clamp.ts'
import { isOnlyHeld, type Refusal } from './refusal.ts'

/**
 * What to do about windows that refused: offer a smaller cap and hold its `amount` there, wait for money that others hold on
 * `on`, or refuse. `on` of a clamp: what may be waited for, should that be refused too.
 */
export type Move =
  | { do: 'clamp'; cap: number; amount: NanoDollars; on?: WindowKey }
  | { do: 'wait'; on: WindowKey }
  | { do: 'refuse' }

/** The part of what is left that a request without a cap of its own may take: many come at once, and all should get a turn. */
const share = 8

/** What a request without a cap of its own is offered where `left` is too little for eight of its kind. */
const offerOf = (left: NanoDollars, floorCost: NanoDollars): NanoDollars =>
  Math.max(floorCost, Math.floor(left / share))

/**
 * The cap that leaves something to others, for a request that named none and could have taken nearly all of what `left`:
 * undefined where eight of its kind fit, or its offer would be no smaller. Without it the first few of a crowd would hold a
 * small budget for as long as their answers take, and the rest would be refused although most of it comes back.
 */
export function sharedCap(left: NanoDollars, request: AdmitRequest): number | undefined {
  const { price, bounds, cap, capGiven, floorTokens } = request
  if (capGiven || !price) return undefined
  const floor = Math.min(floorTokens, cap)
  const offer = offerOf(left, worstCase(price, bounds, floor))
  if (offer >= worstCase(price, bounds, cap)) return undefined
  const smaller = capWithin(offer, { price, bounds, cap })
  return smaller !== undefined && smaller >= floor && smaller < cap ? smaller : undefined
}

/**
 * A cap that the client named is waited for as long as the money for it is only held, and clamped when waiting is over or
 * of no use. Without one the client will take any length: it gets a share of what is left at once.
 */
export function nextMove(refusals: readonly Refusal[], request: AdmitRequest, mayWait: boolean): Move {
  const { price, bounds, cap, capGiven } = request
  const [first] = refusals
  if (!price || !first) return { do: 'refuse' }
  const floor = Math.min(request.floorTokens, cap)
  const floorCost = worstCase(price, bounds, floor)
  const heldOnly = (needed: NanoDollars) => refusals.every(({ item }) => isOnlyHeld(item, needed))
  const on = first.window.key
  if (capGiven && mayWait && heldOnly(worstCase(price, bounds, cap))) return { do: 'wait', on }

  const canWait = mayWait && heldOnly(floorCost)
  const left = Math.min(...refusals.map(({ item }) => item.available))
  if (left >= floorCost) {
    const offer = capGiven ? left : offerOf(left, floorCost)
    const smaller = capWithin(offer, { price, bounds, cap })
    if (smaller !== undefined && smaller >= floor)
      return { do: 'clamp', cap: smaller, amount: worstCase(price, bounds, smaller), ...(canWait && { on }) }
  }
  return canWait ? { do: 'wait', on } : { do: 'refuse' }
}
