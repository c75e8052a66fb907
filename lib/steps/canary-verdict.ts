import type { CanarySettings, Trial, TrialArm } from '../core/canary.ts'
import { samplesOf, summed, timeAt } from './canary-trial.ts'

/** So many failures are worth a look before `minCalls`: a canary that only fails is asked seldom, since its breaker is open. */
const telling = 5
/** 95 % one-sided: chance alone must not roll anything back, however often it is looked at. */
const z = 1.645
/** One in twenty of fewer samples is too few to go by. */
const tailSamples = 200

/**
 * Why a canary should get nothing any more, or undefined. Its error rate is worse only where chance can be ruled out: the lower
 * bound of its rate (Wilson's interval) lies above the upper bound of the baseline's by more than what is allowed. Of latency the
 * median decides, and with many samples the 95th percentile, too.
 */
export function worse(trial: Trial, settings: CanarySettings): string | undefined {
  const { canary, baseline } = summed(trial)
  return errors(canary, baseline, settings) ?? latency(canary, baseline, settings)
}

function errors(canary: TrialArm, baseline: TrialArm, { minCalls, maxErrorIncrease }: CanarySettings) {
  if (canary.calls < minCalls && canary.failed < telling) return undefined
  if (bound(canary, -1) <= bound(baseline, 1) + maxErrorIncrease) return undefined
  return `${rate(canary)} failed, of its baseline's ${rate(baseline)}`
}

function latency(canary: TrialArm, baseline: TrialArm, { minCalls, maxLatencyRatio }: CanarySettings) {
  for (const [kind, what] of kinds) {
    const [own, other] = [canary[kind], baseline[kind]]
    const samples = Math.min(samplesOf(own), samplesOf(other))
    if (samples < minCalls) continue
    for (const [share, name] of samples < tailSamples ? ([[0.5, 'p50']] as const) : percentiles) {
      const [mine, theirs] = [timeAt(own, share), timeAt(other, share)]
      if (mine > theirs * maxLatencyRatio)
        return `${what} takes ${Math.round(mine)} ms (${name}), its baseline's ${Math.round(theirs)} ms`
    }
  }
  return undefined
}

const kinds = [
  ['firstToken', 'its first token'],
  ['whole', 'a whole reply'],
] as const
const percentiles = [
  [0.5, 'p50'],
  [0.95, 'p95'],
] as const

const rate = ({ failed, calls }: TrialArm) => `${failed} of ${calls} calls`

/** A bound of Wilson's score interval; of nothing, everything is possible. */
function bound({ calls, failed }: TrialArm, side: 1 | -1): number {
  if (!calls) return side === 1 ? 1 : 0
  const share = failed / calls
  const square = z * z
  const middle = share + square / (2 * calls)
  const spread = z * Math.sqrt((share * (1 - share) + square / (4 * calls)) / calls)
  return (middle + side * spread) / (1 + square / calls)
}
