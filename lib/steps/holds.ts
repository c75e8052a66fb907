import type { AttemptId, BudgetScope, Hold, Window, WindowItem } from '../core/budget.ts'
import { GatewayError } from '../core/errors.ts'
import { type NanoDollars, unlimited } from '../core/money.ts'
import type { BudgetTerms } from '../core/records.ts'
import { windowOf } from '../core/windows.ts'
import type { AdmitPorts, AdmitRequest } from './admission.ts'
import { cancel, release } from './release.ts'
import { blockedError, goneError, lateError, unavailableError, unpricedError } from './refusal.ts'

/** One scope's share of an attempt: what is to be held where, and what came of it. */
export type Part = { scope: BudgetScope; window: Window; amount: NanoDollars; state: PartState }

/** `doubt`: no answer, it may be held or may yet. `stopped`: definitely not held, and no use to go on. */
export type PartState =
  | { is: 'open' }
  | { is: 'taken'; item: WindowItem }
  | { is: 'refused'; item: WindowItem }
  | { is: 'doubt'; reason: string }
  | { is: 'stopped'; error: GatewayError }

export type TakeContext = { ports: AdmitPorts; request: AdmitRequest; id: AttemptId }

/** Definite answers that one take works through (no item, another version, throttled) before it gives up. */
const mostSteps = 12
/** A window item may go 60 days after its window ended: nothing refers to it by then (money protocol, 3 "Windows"). */
const afterlifeMs = 60 * 86_400_000
const pauseMs = 30

const limitOf = (terms: BudgetTerms): NanoDollars => terms.limit ?? unlimited

/** A part that nothing was tried with yet, on the window that is open now. */
export function openPart(scope: BudgetScope, amount: NanoDollars, at: { now: number; timeZone: string }): Part {
  return { scope, amount, window: windowOf(scope, at.now, at.timeZone), state: { is: 'open' } }
}

/** The part as the spend event names it. */
export const holdOf = ({ window, amount }: Part): Hold => ({ ...window.key, amount })

/**
 * Holds one part, by the answer table of the money protocol (3 "Admission"). The same id is sent again only after a definite
 * no; a lost answer ends it in doubt (rule 1), and a refusal counts only once ALL_OLD was read (rule 3). A part that is
 * not open is left as it is.
 */
export async function take(part: Part, context: TakeContext): Promise<Part> {
  let current = part
  for (let step = 0; current.state.is === 'open' && step < mostSteps; step++) current = await takeOnce(current, context)
  if (current.state.is !== 'open') return current
  const reason = `the budget window of ${part.scope.kind} ${part.scope.label} gave no usable answer in ${mostSteps} tries`
  return { ...current, state: { is: 'stopped', error: unavailableError(reason) } }
}

async function takeOnce(part: Part, context: TakeContext): Promise<Part> {
  const { ports, request, id } = context
  if (ports.clock.now() >= request.deadline) return { ...part, state: { is: 'stopped', error: lateError() } }
  const { budgets } = ports
  const { terms } = part.scope
  const answer = await budgets
    .take(part.window.key, id, part.amount, terms.v)
    .catch((error: unknown) => ({ outcome: 'lost' as const, reason: String(error) }))
  if (answer.outcome === 'done') return { ...part, state: { is: 'taken', item: answer.item } }
  if (answer.outcome === 'lost') return { ...part, state: { is: 'doubt', reason: answer.reason } }
  if (answer.outcome === 'refused') return paused(part, ports)
  const { item } = answer
  if (!item) {
    await create(part, ports)
    return part
  }
  const mine = item.holds[id]
  if (mine !== undefined) return { ...part, amount: mine, state: { is: 'taken', item } }
  if (item.v > terms.v) return renewed(part, context)
  if (item.v < terms.v) {
    // Whether it was this edit or another gateway's, the take finds out.
    await budgets.edit(part.window.key, limitOf(terms), terms.v, item.limit, item.v)
    return part
  }
  return item.available < part.amount ? { ...part, state: { is: 'refused', item } } : paused(part, ports)
}

async function paused(part: Part, { clock, random }: AdmitPorts): Promise<Part> {
  await clock.sleep(pauseMs * random())
  return part
}

/** Whoever is first makes the window's item. Whether it was this call or another's, the take finds out. */
const create = ({ window, scope }: Part, { budgets }: AdmitPorts) =>
  budgets.create(window.key, limitOf(scope.terms), scope.terms.v, ttlOf(window))

const ttlOf = ({ end }: Window): number | undefined =>
  Number.isFinite(end) ? Math.ceil((end + afterlifeMs) / 1000) : undefined

/** The item knows a newer record than this gateway: it may be blocked now, have another limit or another window. */
async function renewed(part: Part, { ports, request }: TakeContext): Promise<Part> {
  const stopped = (error: GatewayError): Part => ({ ...part, state: { is: 'stopped', error } })
  try {
    const scope = await request.refresh(part.scope)
    if (!scope) return stopped(goneError(part.scope))
    if (scope.terms.blocked) return stopped(blockedError(scope))
    if (scope.terms.limit !== undefined && !request.price) return stopped(unpricedError(request.model, [scope]))
    const fresh = openPart(scope, part.amount, { now: ports.clock.now(), timeZone: request.timeZone })
    return scope.terms.v > part.scope.terms.v ? fresh : await paused(fresh, ports)
  } catch (error) {
    return stopped(unavailableError(`the record of ${part.scope.kind} ${part.scope.label} could not be read`, error))
  }
}

/** Gives up an id everywhere: what is taken is released, what is in doubt cancelled. Waits until the store said so, within bounds. */
export async function undo(parts: readonly Part[], { ports, id }: TakeContext): Promise<void> {
  await Promise.all(
    parts.map(async (part) => {
      const on = part.window.key
      if (part.state.is === 'taken') await release(ports, { on, id, amount: part.amount })
      if (part.state.is === 'doubt') await cancel(ports, { on, id, create: () => create(part, ports) })
    }),
  )
}
