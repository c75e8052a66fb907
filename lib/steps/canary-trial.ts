import type { CanarySettings, Trial, TrialArm, TrialWindow } from '../core/canary.ts'
import type { Deployment } from '../core/deployment.ts'
import type { SpendEvent } from '../core/spend-event.ts'

/** Judged is what lies in this many windows. */
const windowsKept = 2
/** Bounds of buckets grow by a fifth (a quarter of an octave): a percentile is at most so much too high. */
const bucketsPerOctave = 4

const arm = (): TrialArm => ({ calls: 0, failed: 0, cost: 0, firstToken: {}, whole: {} })

/** The trial with what a batch of events of its group adds, or the trial as it begins with them. Events of other groups count for nothing. */
export function tried(
  known: Trial | undefined,
  { canary, events, settings }: { canary: Deployment; events: readonly SpendEvent[]; settings: CanarySettings },
): Trial {
  const { id, group, canary: share = 0 } = canary
  const trial = known ?? { id, group, share, windows: [] }
  return {
    ...trial,
    windows: events
      .filter((event) => counts(event))
      .reduce((all, one) => counted(all, { one, id, settings }), trial.windows),
  }
}

/**
 * What an event says of a deployment. Not what its client did (left, was in a hurry, sent what no model takes), not a copy nobody waited for, not
 * the loser of a hedge.
 */
const counts = ({ outcome, shadow, hurried, error }: SpendEvent): boolean =>
  shadow !== true &&
  hurried !== true &&
  (outcome === 'completed' || ((outcome === 'failed' || outcome === 'partial') && !callersOwn.has(error ?? '')))

const callersOwn: ReadonlySet<string> = new Set([
  'invalid_request',
  'unsupported_parameter',
  'context_length_exceeded',
  'content_policy_violation',
  'too_large',
  'client_left',
])

/** A window ends once its time is over and it holds enough to be judged by: little traffic takes longer, and is judged all the same. */
function counted(
  windows: readonly TrialWindow[],
  { one, id, settings }: { one: SpendEvent; id: string; settings: CanarySettings },
): TrialWindow[] {
  const [newest, ...older] = windows
  const over = newest && one.end - newest.since >= settings.windowMs && newest.canary.calls >= settings.minCalls
  const current = newest && !over ? newest : { since: one.end, canary: arm(), baseline: arm() }
  const rest = over ? [newest] : older
  const side = one.deployment_id === id ? 'canary' : 'baseline'
  return [{ ...current, [side]: withEvent(current[side], one) }, ...rest].slice(0, windowsKept)
}

function withEvent(known: TrialArm, event: SpendEvent): TrialArm {
  const failed = event.outcome !== 'completed'
  const next = {
    ...known,
    calls: known.calls + 1,
    failed: known.failed + (failed ? 1 : 0),
    cost: known.cost + event.cost,
  }
  if (failed) return next
  const { start, end, first_token: first } = event
  if (first !== undefined) return { ...next, firstToken: withTime(known.firstToken, first - start) }
  return event.stream ? next : { ...next, whole: withTime(known.whole, end - start) }
}

function withTime(times: TrialArm['whole'], ms: number): TrialArm['whole'] {
  const bucket = Math.max(Math.ceil(bucketsPerOctave * Math.log2(Math.max(ms, 1))), 0)
  return { ...times, [bucket]: (times[bucket] ?? 0) + 1 }
}

/** Everything that is judged, both windows together. */
export function summed({ windows }: Trial): { canary: TrialArm; baseline: TrialArm } {
  const both = (side: 'canary' | 'baseline') => windows.map((window) => window[side]).reduce(plus, arm())
  return { canary: both('canary'), baseline: both('baseline') }
}

const plus = (a: TrialArm, b: TrialArm): TrialArm => ({
  calls: a.calls + b.calls,
  failed: a.failed + b.failed,
  cost: a.cost + b.cost,
  firstToken: plusTimes(a.firstToken, b.firstToken),
  whole: plusTimes(a.whole, b.whole),
})

function plusTimes(a: TrialArm['whole'], b: TrialArm['whole']): TrialArm['whole'] {
  const sum = { ...a }
  for (const [bucket, count] of Object.entries(b)) sum[bucket] = (sum[bucket] ?? 0) + count
  return sum
}

export const samplesOf = (times: TrialArm['whole']): number => Object.values(times).reduce((a, b) => a + b, 0)

/** The time that this share of samples keeps, in milliseconds, rounded up to a bucket's bound. */
export function timeAt(times: TrialArm['whole'], share: number): number {
  let left = samplesOf(times) * share
  let last = 0
  for (const [bucket, count] of Object.entries(times).toSorted(([a], [b]) => Number(a) - Number(b))) {
    last = 2 ** (Number(bucket) / bucketsPerOctave)
    left -= count
    if (left <= 0) break
  }
  return last
}
