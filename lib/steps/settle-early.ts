import type { SpendEvent } from '../core/spend-event.ts'
import type { AdmitPorts } from './admission.ts'

const tries = 2

/**
 * Books an attempt's true cost at once, instead of leaving it to the aggregator, so that waiting requests get the rest of
 * its hold within milliseconds. Only after the event was accepted: before, a crash would leave spend that no ledger entry
 * explains (money protocol, 4 "Settling early"). Nothing depends on it: the aggregator does the same again, to no effect.
 */
export async function settleEarly({ budgets }: Pick<AdmitPorts, 'budgets'>, event: SpendEvent): Promise<void> {
  await Promise.all(
    event.holds.map(async ({ pk, sk, amount }) => {
      for (let attempt = 1; attempt <= tries; attempt++) {
        const answer = await budgets.settle({ pk, sk }, [[event.id, amount, event.cost]]).catch(() => undefined)
        if (answer?.outcome === 'done' || answer?.outcome === 'failed') return
      }
    }),
  )
}
