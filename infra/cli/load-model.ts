import { agenda } from './load-heap.ts'
import { quotas } from './load-quotas.ts'

/** What is asked of one stack. Times in seconds. */
export type Load = {
  /** Calls a second, at random (Poisson). */
  rps: number
  /** How long a call takes on average (exponential: a few take much longer). */
  seconds: number
  /** Keys that call, each as often as the others, each with a budget of its own. */
  keys: number
  /** Budgets a call counts against: its key's, then some that all keys share (a team's, the gateway's). */
  budgetsPerCall: number
  concurrency: number
  /** Calls that one environment takes at the same time: 1 behind a function URL, 64 in a web function. */
  perEnvironment: number
  /** How long it goes on, after a start with environments warm. */
  forSeconds: number
}

export type Outcome = {
  calls: number
  served: number
  /** Lambda had no environment left, or could not start them fast enough: its own 429. */
  noEnvironment: number
  /** A budget's item took no more writes in every try: our 503. */
  hotBudget: number
  /** Writes that DynamoDB refused, most of which were tried again and taken. */
  throttledWrites: number
  peakConcurrency: number
  /** Of the hottest budget: its size in bytes, the holds in it, and the write units it took in the busiest second. */
  hottest: { bytes: number; holds: number; units: number }
  /** The longest that a call waited for its holds. */
  longestHoldMs: number
}

/** An item without holds, and what each hold adds: 15 characters of name, a number, and DynamoDB's byte for both. */
const itemBytes = 200
const holdBytes = 24
/** Tries of one take, with a pause of up to so long before each repetition (lib/steps/holds.ts). */
const takeTries = 12
const takePauseSeconds = 0.03
/** Settlements of one second are one update per item, of at most so many attempts. */
const settleEvery = 1
const settleAtOnce = 100
const deliverySeconds = 0.5
const coldSeconds = 0.3

type Budget = { holds: number; ending: number; units: number; at: number; took: number; second: number }
type Call = { budgets: number[]; taken: number; tries: number; began: number }
type Event =
  | { is: 'arrives' }
  | { is: 'takes'; call: Call }
  | { is: 'ends'; call: Call }
  | { is: 'settles' }
  | { is: 'told'; call: Call }

const bytesOf = ({ holds }: Budget) => itemBytes + holds * holdBytes
const unitsOf = (budget: Budget) => Math.ceil(bytesOf(budget) / 1024)

/** Plays the load from beginning to end, always the same for the same numbers. */
export function simulate(load: Load): Outcome {
  const random = generator(1)
  const events = agenda<Event>()
  const budgets: Budget[] = Array.from({ length: load.keys + load.budgetsPerCall - 1 }, () => ({
    holds: 0,
    ending: 0,
    units: quotas.itemWriteUnits.value,
    at: 0,
    took: 0,
    second: -1,
  }))
  const outcome: Outcome = {
    calls: 0,
    served: 0,
    noEnvironment: 0,
    hotBudget: 0,
    throttledWrites: 0,
    peakConcurrency: 0,
    hottest: { bytes: 0, holds: 0, units: 0 },
    longestHoldMs: 0,
  }
  const lambda = environments(load)
  const pause = (mean: number) => -Math.log(1 - random()) * mean

  const arrive = (now: number) => {
    if (now >= load.forSeconds) return
    events.add(now + pause(1 / load.rps), { is: 'arrives' })
    outcome.calls++
    const start = lambda.start(now)
    outcome.peakConcurrency = Math.max(outcome.peakConcurrency, lambda.busy())
    if (start === undefined) return void outcome.noEnvironment++
    const key = Math.floor(random() * load.keys)
    const shared = Array.from({ length: Math.max(0, load.budgetsPerCall - 1) }, (_, i) => load.keys + i)
    const call: Call = { budgets: load.budgetsPerCall ? [key, ...shared] : [], taken: 0, tries: 0, began: now }
    events.add(now + start, { is: 'takes', call })
  }

  const take = (now: number, call: Call) => {
    const budget = budgets[call.budgets[call.taken] ?? -1]
    if (!budget) {
      outcome.served++
      outcome.longestHoldMs = Math.max(outcome.longestHoldMs, Math.round((now - call.began) * 1000))
      return events.add(now + pause(load.seconds), { is: 'ends', call })
    }
    if (write(budget, now, outcome)) {
      budget.holds++
      call.taken++
      call.tries = 0
      return take(now, call)
    }
    if (++call.tries < takeTries) return events.add(now + random() * takePauseSeconds, { is: 'takes', call })
    outcome.hotBudget++
    lambda.end()
    for (const index of call.budgets.slice(0, call.taken)) release(budgets[index])
  }

  const settle = (now: number) => {
    for (const budget of budgets)
      while (budget.ending > 0 && write(budget, now, outcome)) {
        const some = Math.min(budget.ending, settleAtOnce)
        budget.ending -= some
        budget.holds -= some
      }
    if (now < load.forSeconds) events.add(now + settleEvery, { is: 'settles' })
  }

  events.add(0, { is: 'arrives' })
  events.add(settleEvery, { is: 'settles' })
  for (let next = events.next(); next; next = events.next()) {
    const { at, what } = next
    if (what.is === 'arrives') arrive(at)
    else if (what.is === 'takes') take(at, what.call)
    else if (what.is === 'settles') settle(at)
    else if (what.is === 'ends') {
      lambda.end()
      events.add(at + deliverySeconds, { is: 'told', call: what.call })
    } else for (const index of what.call.budgets) end(budgets[index])
  }
  return outcome
}

/** Given back in a batch with others, by the next settlement: a release of the gateway's own is as rare as what causes it. */
const release = (budget: Budget | undefined) => end(budget)

function end(budget: Budget | undefined): void {
  if (budget) budget.ending++
}

/** One write of an item: its size in units of 1 KB, out of what the partition has left of this second. A refused one costs nothing here. */
function write(budget: Budget, now: number, outcome: Outcome): boolean {
  const most = quotas.itemWriteUnits.value
  budget.units = Math.min(most, budget.units + (now - budget.at) * most)
  budget.at = now
  const units = unitsOf(budget)
  if (budget.units < units) {
    outcome.throttledWrites++
    return false
  }
  budget.units -= units
  if (Math.floor(now) !== budget.second) Object.assign(budget, { second: Math.floor(now), took: 0 })
  budget.took += units
  const { hottest } = outcome
  hottest.bytes = Math.max(hottest.bytes, bytesOf(budget))
  hottest.holds = Math.max(hottest.holds, budget.holds)
  hottest.units = Math.max(hottest.units, budget.took)
  return true
}

/** Lambda: environments that stay warm, started at a limited rate, up to the account's concurrency. */
function environments({ concurrency, perEnvironment, rps, seconds }: Load) {
  const perSecond = quotas.environmentsPerTenSeconds.value / 10
  let warm = Math.min(concurrency, Math.ceil((rps * seconds) / perEnvironment / 2))
  let starts: number = quotas.environmentsPerTenSeconds.value
  let at = 0
  let busy = 0
  return {
    /** Seconds until the call begins; undefined where it is turned away. */
    start(now: number): number | undefined {
      starts = Math.min(quotas.environmentsPerTenSeconds.value, starts + (now - at) * perSecond)
      at = now
      const needed = Math.ceil((busy + 1) / perEnvironment)
      const isCold = needed > warm
      if (isCold && (needed > concurrency || starts < 1)) return undefined
      busy++
      if (!isCold) return 0
      starts--
      warm = needed
      return coldSeconds
    },
    end: () => void busy--,
    busy: () => busy,
  }
}

/** The same numbers in every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
