import type { Answer, AttemptId, Budgets, WindowKey } from '../core/budget.ts'
import type { NanoDollars } from '../core/money.ts'
import type { Admission, AdmitPorts } from './admission.ts'

/** About two seconds of repeated failures, besides the time each answer takes. Then the hold stays counted until it expires. */
const tries = 5
const pauseMs = (attempt: number, random: () => number) => random() * Math.min(1000, 100 * 2 ** attempt)

export type ReleasePorts = Pick<AdmitPorts, 'budgets' | 'clock' | 'random'>

/**
 * Gives back everything that an admission holds and that was provably not used. May be called any number of times, at any
 * later time (money protocol, rule 2). Never throws: what the store does not take back stays counted, and expires by name.
 */
export async function releaseHolds(ports: ReleasePorts, admission: Pick<Admission, 'id' | 'holds'>): Promise<void> {
  await Promise.all(admission.holds.map((hold) => release(ports, { on: hold, id: admission.id, amount: hold.amount })))
}

/** A hold that was surely taken. One that expired meanwhile is found among the lost ones and settled there at nothing. */
export const release = (
  ports: ReleasePorts,
  { on, id, amount }: { on: WindowKey; id: AttemptId; amount: NanoDollars },
): Promise<void> =>
  untilAnswered(ports, async (budgets) => afterwards(budgets, { on, id }, await budgets.release(keyOf(on), id, amount)))

/**
 * A take whose answer was lost: what it may have held is given back, and a tombstone keeps it from holding anything later.
 * It needs an item to lie on, so a window that does not exist yet is made first.
 */
export const cancel = (
  ports: ReleasePorts,
  { on, id, create }: { on: WindowKey; id: AttemptId; create: () => Promise<Answer> },
): Promise<void> =>
  untilAnswered(ports, async (budgets) => {
    const answer = await budgets.cancel(keyOf(on), id)
    if (answer.outcome !== 'failed' || answer.item) return afterwards(budgets, { on, id }, answer)
    await create()
    return 'again'
  })

/** Nothing is left to do unless the service did not say so, or the attempt is found among the lost ones. */
async function afterwards(
  budgets: Budgets,
  { on, id }: { on: WindowKey; id: AttemptId },
  answer: Answer,
): Promise<'over' | 'again'> {
  if (answer.outcome === 'lost' || answer.outcome === 'refused') return 'again'
  const kept = answer.item?.lost[id]
  if (kept === undefined) return 'over'
  const settled = await budgets.settleLost(keyOf(on), id, kept, 0)
  return settled.outcome === 'done' ? 'over' : 'again'
}

async function untilAnswered(
  { budgets, clock, random }: ReleasePorts,
  step: (budgets: Budgets) => Promise<'over' | 'again'>,
): Promise<void> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const state = await step(budgets).catch(() => 'again' as const)
    if (state === 'over') return
    if (attempt < tries) await clock.sleep(pauseMs(attempt, random))
  }
}

const keyOf = ({ pk, sk }: WindowKey): WindowKey => ({ pk, sk })
