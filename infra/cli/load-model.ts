import { type Agenda, agenda } from './load-heap.ts'
import { type Environments, environments } from './load-lambda.ts'
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

/** One run: what is to come, and what has been. */
type Play = {
  load: Load
  random: () => number
  events: Agenda<Event>
  lambda: Environments
  budgets: Budget[]
  outcome: Outcome
}

/** Plays the load from beginning to end, always the same for the same numbers. */
export function simulate(load: Load): Outcome {
  const play: Play = {
    load,
    random: generator(1),
    events: agenda(),
    lambda: environments(load),
    budgets: Array.from({ length: load.keys + load.budgetsPerCall - 1 }, newBudget),
    outcome: newOutcome(),
  }
  play.events.add(0, { is: 'arrives' })
  play.events.add(settleEvery, { is: 'settles' })
  for (let next = play.events.next(); next; next = play.events.next()) happens(play, next.at, next.what)
  return play.outcome
}

const newBudget = (): Budget => ({
  holds: 0,
  ending: 0,
  units: quotas.itemWriteUnits.value,
  at: 0,
  took: 0,
  second: -1,
})

const newOutcome = (): Outcome => ({
  calls: 0,
  served: 0,
  noEnvironment: 0,
  hotBudget: 0,
  throttledWrites: 0,
  peakConcurrency: 0,
  hottest: { bytes: 0, holds: 0, units: 0 },
  longestHoldMs: 0,
})

function happens(play: Play, now: number, what: Event): void {
  if (what.is === 'arrives') return arrive(play, now)
  if (what.is === 'takes') return take(play, now, what.call)
  if (what.is === 'settles') return settle(play, now)
  if (what.is === 'told') return what.call.budgets.forEach((index) => end(play.budgets[index]))
  play.lambda.end()
  play.events.add(now + deliverySeconds, { is: 'told', call: what.call })
}

/** Exponential: the time to the next of many that do not know of each other. */
const pause = (random: () => number, mean: number) => -Math.log(1 - random()) * mean

function arrive({ load, random, events, lambda, outcome }: Play, now: number): void {
  if (now >= load.forSeconds) return
  events.add(now + pause(random, 1 / load.rps), { is: 'arrives' })
  outcome.calls++
  const start = lambda.start(now)
  outcome.peakConcurrency = Math.max(outcome.peakConcurrency, lambda.busy())
  if (start === undefined) return void outcome.noEnvironment++
  const key = Math.floor(random() * load.keys)
  const shared = Array.from({ length: Math.max(0, load.budgetsPerCall - 1) }, (_, i) => load.keys + i)
  const call: Call = { budgets: load.budgetsPerCall ? [key, ...shared] : [], taken: 0, tries: 0, began: now }
  events.add(now + start, { is: 'takes', call })
}

/** The next hold of a call; all taken, it goes to its provider. */
function take(play: Play, now: number, call: Call): void {
  const { random, events, lambda, budgets, outcome, load } = play
  const budget = budgets[call.budgets[call.taken] ?? -1]
  if (!budget) {
    outcome.served++
    outcome.longestHoldMs = Math.max(outcome.longestHoldMs, Math.round((now - call.began) * 1000))
    return events.add(now + pause(random, load.seconds), { is: 'ends', call })
  }
  if (write(budget, now, outcome)) {
    budget.holds++
    call.taken++
    call.tries = 0
    return take(play, now, call)
  }
  if (++call.tries < takeTries) return events.add(now + random() * takePauseSeconds, { is: 'takes', call })
  outcome.hotBudget++
  lambda.end()
  for (const index of call.budgets.slice(0, call.taken)) release(budgets[index])
}

function settle({ load, events, budgets, outcome }: Play, now: number): void {
  for (const budget of budgets)
    while (budget.ending > 0 && write(budget, now, outcome)) {
      const some = Math.min(budget.ending, settleAtOnce)
      budget.ending -= some
      budget.holds -= some
    }
  if (now < load.forSeconds) events.add(now + settleEvery, { is: 'settles' })
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
