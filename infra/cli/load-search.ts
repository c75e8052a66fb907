import { type Load, type Outcome, simulate } from './load-model.ts'
import { quotas } from './load-quotas.ts'

/** The highest rate at which at most one call in a thousand is turned away, and what stands in the way of more. */
export type Limit = { rps: number; outcome: Outcome; bound: string }

const fewest = 1
const most = 20_000

const tolerable = ({ calls, noEnvironment, hotBudget }: Outcome) => noEnvironment + hotBudget <= calls / 1000

/** Halves the interval until it is within three parts in a hundred; every step is a run of the simulation. */
export function saturation(load: Omit<Load, 'rps'>): Limit {
  let [low, high] = [fewest, Math.min(most, ceilingOf(load))]
  let outcome = simulate({ ...load, rps: low })
  let over = simulate({ ...load, rps: high })
  if (tolerable(over)) return { rps: high, outcome: over, bound: 'events a second, or writes of the whole table' }
  while (high / low > 1.03 && high - low > 1) {
    const rps = Math.round(Math.sqrt(low * high))
    if (rps <= low || rps >= high) break
    const tried = simulate({ ...load, rps })
    if (tolerable(tried)) [low, outcome] = [rps, tried]
    else [high, over] = [rps, tried]
  }
  return { rps: low, outcome, bound: over.hotBudget > over.noEnvironment ? 'one budget item' : 'concurrency' }
}

/** Beyond this nothing has to be simulated: more calls than Lambda can run, events than the bus takes, writes than the table takes. */
function ceilingOf({ concurrency, perEnvironment, seconds, budgetsPerCall }: Omit<Load, 'rps'>): number {
  const running = (2 * concurrency * perEnvironment) / seconds
  const writes = quotas.tableWriteUnits.value / writesOf(budgetsPerCall)
  return Math.max(2, Math.floor(Math.min(running, quotas.putEvents.value, writes)))
}

/** Write units of one call: its takes, its ledger entry twice (a transaction); what is done once a batch hardly counts here. */
const writesOf = (budgetsPerCall: number) => budgetsPerCall + 2
