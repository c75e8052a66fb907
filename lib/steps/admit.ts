import { newAttemptId } from '../core/attempt-id.ts'
import type { BudgetScope } from '../core/budget.ts'
import { GatewayError } from '../core/errors.ts'
import type { NanoDollars } from '../core/money.ts'
import type { Admission, Admitted, AdmitPorts, AdmitRequest } from './admission.ts'
import { awaitMoney } from './await-money.ts'
import { worstCase } from './clamp.ts'
import { holdOf, openPart, type Part, take, type TakeContext, undo } from './holds.ts'
import { type Move, nextMove, sharedCap } from './next-move.ts'
import { budgetError, looksOf, type Refusal, unavailableError, unpricedError } from './refusal.ts'

export type { Admission, Admitted, AdmitRequest } from './admission.ts'
export { worstCase } from './clamp.ts'
export { releaseHolds } from './release.ts'
export { settleEarly } from './settle-early.ts'

/** Takes left over of an `available` below which others will have to wait: then this attempt settles early. */
const tightHolds = 10

/**
 * Holds the worst case of an attempt on every budget it counts against, or says why not. Nothing may be sent upstream
 * unless it admits. Where the money is not enough for all of it, it waits for what others hold, or offers a smaller output
 * cap (money protocol, 4). What it held and does not need is given back before it resolves. Throws only for a scope whose
 * record is nonsense, before anything is held.
 */
export async function admit(ports: AdmitPorts, request: AdmitRequest): Promise<Admitted> {
  const hard = request.scopes.filter(({ terms }) => terms.limit !== undefined)
  if (!request.price && hard.length) return { refused: unpricedError(request.model, hard), looks: [] }
  const waitUntil = Math.min(ports.clock.now() + request.waitMs, request.deadline)
  let scopes = request.scopes
  let cap = request.cap
  let waits = 0
  let doubts = 0
  for (;;) {
    const context = { ports, request, id: newAttemptId(request.expiresAt, ports.random) }
    const round = await holdAll(scopes, context, { cap, mayWait: ports.clock.now() < waitUntil, waited: waits > 0 })
    if ('admission' in round) return round
    await undo(round.parts, context)
    scopes = round.parts.map(({ scope }) => scope)
    if (round.is === 'greedy') {
      cap = round.cap
      continue
    }
    if (round.is === 'stopped') return { refused: round.error, looks: [] }
    if (round.is === 'doubt') {
      if (++doubts > 1) return { refused: unavailableError(round.reason), looks: [] }
      continue
    }
    if (!round.wait) return refusalOf(round.parts, request, ports.clock.now())
    await awaitMoney(ports, { on: round.wait, tries: waits++, until: waitUntil, left: request.left })
    if (request.left?.aborted) return { refused: new GatewayError('client_left'), looks: [] }
    if (ports.clock.now() >= request.deadline) return refusalOf(round.parts, request, ports.clock.now())
  }
}

type Round =
  | { admission: Admission }
  | { is: 'stopped'; parts: Part[]; error: GatewayError }
  | { is: 'doubt'; parts: Part[]; reason: string }
  /** All took, but would leave nearly nothing to others: a smaller `cap` is to be tried, under a new id. */
  | { is: 'greedy'; parts: Part[]; cap: number }
  /** `wait`: the window whose held money may be enough, if waiting is still allowed. */
  | { is: 'refused'; parts: Part[]; wait?: Part['window']['key'] }

/** One id's way through all scopes at once, with one clamp where a smaller answer fits. */
async function holdAll(
  scopes: readonly BudgetScope[],
  context: TakeContext,
  so: { cap: number; mayWait: boolean; waited: boolean },
): Promise<Round> {
  const { ports } = context
  const request = { ...context.request, cap: so.cap }
  const amount = request.price ? worstCase(request.price, request.bounds, request.cap) : 0
  const at = { now: ports.clock.now(), timeZone: request.timeZone }
  let parts = await takeAll(
    scopes.map((scope) => openPart(scope, amount, at)),
    context,
  )
  let cap = so.cap
  let move = moveOf(parts, request, so.mayWait)
  const fair = so.cap < context.request.cap ? undefined : fairCap(parts, request)
  if (fair !== undefined) return { is: 'greedy', parts, cap: fair }
  if (move?.do === 'clamp') {
    const smaller = move
    cap = smaller.cap
    parts = await takeAll(
      parts.map((part) => clamped(part, smaller)),
      context,
    )
    move = moveOf(parts, request, so.mayWait)
  }
  return roundOf(parts, move) ?? { admission: admissionOf(parts, { context, cap, waited: so.waited }) }
}

/** The cap to take instead, where every scope said yes and one has nearly nothing left now. */
function fairCap(parts: readonly Part[], request: AdmitRequest): number | undefined {
  const caps: number[] = []
  for (const { state, amount, scope } of parts) {
    if (state.is !== 'taken') return undefined
    const fair = scope.terms.limit === undefined ? undefined : sharedCap(state.item.available + amount, request)
    if (fair !== undefined) caps.push(fair)
  }
  return caps.length ? Math.min(...caps) : undefined
}

const takeAll = (parts: readonly Part[], context: TakeContext): Promise<Part[]> =>
  Promise.all(parts.map((part) => take(part, context)))

const clamped = (part: Part, { amount }: { amount: NanoDollars }): Part =>
  part.state.is === 'refused' ? { ...part, amount, state: { is: 'open' } } : part

/** What to do about refusals; undefined where none refused, or something else decides. */
function moveOf(parts: readonly Part[], request: AdmitRequest, mayWait: boolean): Move | undefined {
  const others = parts.some(({ state }) => state.is === 'doubt' || state.is === 'stopped')
  const refusals = refusalsOf(parts)
  return others || !refusals.length ? undefined : nextMove(refusals, request, mayWait)
}

function roundOf(parts: Part[], move: Move | undefined): Round | undefined {
  for (const { state } of parts) if (state.is === 'stopped') return { is: 'stopped', parts, error: state.error }
  for (const { state } of parts) if (state.is === 'doubt') return { is: 'doubt', parts, reason: state.reason }
  if (!move) return undefined
  // A second refusal, after a clamp: somebody was faster. What was offered then may be there again in a moment.
  return { is: 'refused', parts, ...(move.do !== 'refuse' && move.on && { wait: move.on }) }
}

function admissionOf(parts: readonly Part[], as: { context: TakeContext; cap: number; waited: boolean }): Admission {
  const { request, id } = as.context
  const clamped = as.cap < request.cap
  const scarce = parts.some(({ state, amount }) => state.is === 'taken' && state.item.available < tightHolds * amount)
  return {
    id,
    holds: parts.map(holdOf),
    cap: as.cap,
    clamped,
    tight: scarce || clamped || as.waited,
    amount: parts.length ? Math.min(...parts.map(({ amount }) => amount)) : 0,
  }
}

const refusalsOf = (parts: readonly Part[]): Refusal[] =>
  parts.flatMap(({ scope, window, amount, state }) =>
    state.is === 'refused' ? [{ scope, window, item: state.item, requested: amount }] : [],
  )

function refusalOf(parts: readonly Part[], request: AdmitRequest, now: number): Admitted {
  const refusals = refusalsOf(parts)
  const floor = Math.min(request.floorTokens, request.cap)
  const needed = request.price ? worstCase(request.price, request.bounds, floor) : 0
  return { refused: budgetError(refusals, needed, now), looks: looksOf(refusals, now) }
}
