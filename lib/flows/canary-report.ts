import { defaultCanary, type Trial, trialKey } from '../core/canary.ts'
import type { Config } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import type { LedgerEntry } from '../core/ledger.ts'
import { type NanoDollars, toDollars } from '../core/money.ts'

/** One side of a comparison. Times in milliseconds: to the first token of streams, else to the end of whole replies. */
export type SideReport = {
  side: 'canary' | 'baseline' | 'shadow'
  /** Deployments it is made of. */
  deployments: string[]
  calls: number
  errors: number
  /** Share of calls that failed; absent without calls. */
  error_rate?: number
  first_token_p50_ms?: number
  first_token_p95_ms?: number
  whole_p50_ms?: number
  whole_p95_ms?: number
  /** US dollars, all attempts that were billed over all calls. */
  cost_per_call?: number
}

/** What one group tries out. */
export type TrialReport = {
  model: string
  canary?: {
    id: string
    share: number
    state: 'on trial' | 'promoted' | 'off' | 'rolled back'
    since?: number
    reason?: string
  }
  sides: SideReport[]
}

export type CanaryReport = {
  /** Milliseconds since 1970, both inclusive. */
  start: number
  end: number
  bounds: { max_error_increase: number; max_latency_ratio: number; min_calls: number; window_seconds: number }
  trials: TrialReport[]
}

export type ReportFacts = {
  entries: readonly LedgerEntry[]
  trials: Readonly<Record<string, Trial>>
  range: { start: number; end: number }
}

/** Every canary against its baseline and every shadow against whom it copies, exactly as the ledger has them. */
export function canaryReport(config: Config, { entries, trials, range }: ReportFacts): CanaryReport {
  const bounds = config.canary ?? defaultCanary
  const groups = [...Map.groupBy(config.deployments, ({ group }) => group)]
  return {
    ...range,
    bounds: {
      max_error_increase: bounds.maxErrorIncrease,
      max_latency_ratio: bounds.maxLatencyRatio,
      min_calls: bounds.minCalls,
      window_seconds: bounds.windowMs / 1000,
    },
    trials: groups.flatMap(([model, members]) => [
      ...members.flatMap((one) =>
        one.canary === undefined ? [] : [trialOf(model, { one, members, entries, trials })],
      ),
      ...shadowsOf(model, { members, entries, config }),
    ]),
  }
}

type Compared = { members: readonly Deployment[]; entries: readonly LedgerEntry[] }

function trialOf(
  model: string,
  { one, members, entries, trials }: Compared & { one: Deployment; trials: ReportFacts['trials'] },
): TrialReport {
  const baseline = members.filter(({ canary }) => canary === undefined)
  const { id, canary: share = 0 } = one
  return {
    model,
    canary: { id, share, ...stateOf(share, trials[trialKey(one)]) },
    sides: [
      sideOf('canary', [id], entries.filter(isReal)),
      sideOf('baseline', idsOf(baseline), entries.filter(isReal)),
    ],
  }
}

function stateOf(
  share: number,
  trial: Trial | undefined,
): Pick<NonNullable<TrialReport['canary']>, 'state' | 'since' | 'reason'> {
  const back = trial?.rolledBack
  if (back) return { state: 'rolled back', since: back.at, reason: back.reason }
  return { state: share === 0 ? 'off' : share === 1 ? 'promoted' : 'on trial' }
}

/** Copies are told apart from what was asked for by their mark, and from other shadows by the group that got them. */
function shadowsOf(model: string, { members, entries, config }: Compared & { config: Config }): TrialReport[] {
  const targets = new Set(members.flatMap(({ shadow }) => (shadow ? [shadow.model] : [])))
  return [...targets].map((target) => {
    const copied = members.filter(({ shadow }) => shadow?.model === target)
    const copies = entries.filter((entry) => entry.shadow && entry.model_group === target)
    const among = config.deployments.filter(({ group }) => group === target)
    const seen = copies.map(({ deployment_id: id }) => id)
    return {
      model,
      sides: [
        sideOf('shadow', [...new Set([...idsOf(among), ...seen])], copies),
        sideOf('baseline', idsOf(copied), entries.filter(isReal)),
      ],
    }
  })
}

const idsOf = (deployments: readonly Deployment[]): string[] => deployments.map(({ id }) => id)
const isReal = ({ shadow }: LedgerEntry): boolean => shadow !== true

function sideOf(side: SideReport['side'], ids: string[], entries: readonly LedgerEntry[]): SideReport {
  const own = entries.filter(({ deployment_id: id }) => ids.includes(id))
  const errors = own.filter(({ outcome }) => outcome === 'failed' || outcome === 'partial' || outcome === 'lost').length
  const cost = own.reduce((sum: NanoDollars, entry) => sum + entry.cost, 0)
  const first = own.flatMap(({ start, first_token: at }) => (at === undefined ? [] : [at - start]))
  const whole = own.flatMap(({ start, end, stream, outcome }) =>
    stream || outcome !== 'completed' ? [] : [end - start],
  )
  return {
    side,
    deployments: ids,
    calls: own.length,
    errors,
    ...(own.length > 0 && {
      error_rate: round(errors / own.length, 4),
      cost_per_call: round(toDollars(cost) / own.length, 9),
    }),
    ...(first.length > 0 && { first_token_p50_ms: at(first, 0.5), first_token_p95_ms: at(first, 0.95) }),
    ...(whole.length > 0 && { whole_p50_ms: at(whole, 0.5), whole_p95_ms: at(whole, 0.95) }),
  }
}

/** The smallest time that this share of them keeps (nearest rank). */
const at = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.max(Math.ceil(times.length * share) - 1, 0)] ?? 0

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
