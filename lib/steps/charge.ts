import type { Deployment } from '../core/deployment.ts'
import { costOf, isFree, type NanoDollars, type Price, unitCostOf, type Units, unlimited } from '../core/money.ts'
import type { Outcome } from '../core/spend-event.ts'
import { isPlausible, noUsage, type Usage } from '../core/usage.ts'
import type { Seen, Served } from '../dialects/dialect.ts'
import type { Provider } from '../providers/provider.ts'
import type { Speech } from '../providers/speech.ts'
import { type Admission, worstCase } from './admit.ts'
import type { Pieces } from './flat-terms.ts'
import type { Job } from './job.ts'
import type { Terms } from './terms.ts'
import { servedPrice, writtenAsAsked } from './tiers.ts'

/** One attempt that went upstream, with all that its ledger entry will say. */
export type Attempt = {
  admission: Admission
  terms: Terms
  deployment: Deployment
  provider: Provider
  speech: Speech
  /** What the provider calls the model. */
  model: string
  group: string
  startedAt: number
  firstTokenAt?: number
  /** Where other models may take part in the answer: how it is charged then (`passes.ts`). */
  paid?: (seen: Served | undefined) => Paid
  /** `host:port` that was asked. */
  server?: string
}

/** The price of an answer's own tokens, and what other models have cost that took part in it. */
type Paid = { price: Price | undefined; beside: NanoDollars }

/** By what an answer is charged, as far as its reply says how it was served. */
export const paidBy = ({ terms: { price, bounds }, paid }: Attempt, seen: Served | undefined): Paid =>
  paid?.(seen) ?? { price: price && servedPrice(price, bounds, seen), beside: 0 }

export type Ending = { outcome: Outcome; status: number; seen?: Seen; error?: string; endedAt: number }

/** Tokens are rarely shorter than three bytes; short prompts are mostly framing, which is granted in full. Rounded up on purpose. */
const bytesPerToken = 3
/** Of an answer that broke off: what its provider had under way when it noticed, beside what was received. */
const underWay = { share: 0.05, tokens: 2 }
const framingTokens = 64

const estimatedPrompt = (attempt: Attempt) => {
  const { inputTokens } = attempt.terms.bounds
  return Math.min(inputTokens, Math.ceil(inputTokens / bytesPerToken) + framingTokens)
}

/** What was received of an answer whose usage never came: the larger of its events and its bytes over three. */
function estimatedUsage(attempt: Attempt, seen: Seen, whole: boolean): Usage {
  const counted = Math.max(seen.contentEvents, Math.ceil(seen.contentBytes / bytesPerToken))
  const received = whole || !counted ? counted : Math.ceil(counted * (1 + underWay.share)) + underWay.tokens
  const most = attempt.terms.cap * attempt.terms.bounds.choices
  const { billedPrompt: _in, billedCompletion: _out, ...known } = plausible(seen) ?? noUsage
  return {
    ...known,
    prompt: Math.max(known.prompt, known.prompt ? 0 : estimatedPrompt(attempt)),
    completion: Math.max(known.completion, Math.min(received, most || received)),
  }
}

const plausible = ({ usage }: Seen): Usage | undefined => (usage && isPlausible(usage) ? usage : undefined)

/** Counts to charge by. An answer without a prompt, or one of something that was counted as nothing, was not counted: budgets would leak. */
function credible(seen: Seen | undefined, whole: boolean): Usage | undefined {
  const usage = seen && plausible(seen)
  if (!usage) return undefined
  const written = seen.contentBytes > 0
  return (usage.prompt > 0 || !(whole || written)) && (usage.completion > 0 || !written) ? usage : undefined
}

type Charge = { usage: Usage; cost: NanoDollars; estimated: boolean; units?: Units; source: string }

/** What is sold by the piece is paid for once the request was taken, however little of the answer came. */
function byThePiece(pieces: Pieces, attempt: Attempt, seen: Seen | undefined): Omit<Charge, 'source'> {
  const { cost, estimated, units } = pieceCost(pieces, attempt, seen)
  return { usage: (seen && plausible(seen)) ?? noUsage, cost, estimated, ...(units && { units }) }
}

/** As many pieces as the reply tells; else as the request asked for, which is exact where it is no bound but a count. */
function pieceCost({ prices, most }: Pieces, { terms }: Attempt, seen: Seen | undefined) {
  const told = seen?.units && unitCostOf(prices, seen.units)
  // Beyond all measure it is a provider's mistake, as with tokens.
  const credible = told === undefined || told <= unlimited
  const units = (credible ? seen?.units : undefined) ?? terms.bounds.units
  const cost = credible ? told : undefined
  return { cost: cost ?? most, units, estimated: cost === undefined }
}

/**
 * What an attempt cost. Reported usage of an answer that came to its finish is exact, debt included. A cut or abandoned one costs what was
 * received; with nothing received after the request went out, or with `unknown_usage: worst_case`, the hold (money
 * protocol, 4 "Bounding w").
 */
export function chargeOf(job: Job, attempt: Attempt, ending: Ending): Charge {
  return asTold(byTable(job, attempt, ending), ending)
}

/**
 * What the provider says it has charged wins over any table, above the hold as well: it is billed. Of an answer that broke off it
 * may have told a part. Where the config names a price, nobody listens (`attempt`).
 */
function asTold(charge: Charge, { seen, outcome }: Ending): Charge {
  const told = seen?.cost
  if (told === undefined) return charge
  if (told === 'untrue') return { ...charge, estimated: true }
  const over = outcome === 'completed' || seen?.finish !== undefined || seen?.contentEvents === 0
  return over || told > charge.cost ? { ...charge, cost: told, source: 'reported' } : charge
}

function byTable(job: Job, attempt: Attempt, ending: Ending): Charge {
  const { bounds } = attempt.terms
  const seen = ending.seen
  const { price, beside } = paidBy(attempt, seen)
  const source = price?.source ?? 'unknown'
  const whole = ending.outcome === 'completed'
  const { pieces } = attempt.terms
  if (pieces && price && isFree(price)) return { ...byThePiece(pieces, attempt, seen), source }
  const more = pieces ? pieceCost(pieces, attempt, seen).cost : 0
  const told = credible(seen, whole)
  const counted = told && writtenAsAsked(told, bounds)
  if (counted && (whole || seen?.finish !== undefined))
    return { usage: counted, cost: (price ? costOf(price, counted) + more : 0) + beside, estimated: false, source }
  const nothing = !seen || (seen.contentEvents === 0 && !whole)
  const estimated = estimatedUsage(attempt, seen ?? { contentBytes: 0, contentEvents: 0 }, whole)
  const usage = writtenAsAsked(estimated, bounds)
  if (!price) return { usage, cost: beside, estimated: true, source }
  const most = worstCase(attempt.terms.holdPrice ?? price, bounds, attempt.admission.cap)
  const worst = attempt.admission.holds.length > 0 && (nothing || (!whole && job.config.unknownUsage === 'worst_case'))
  // Which host it was is not known either: as dear a one as was let through.
  const dear = (attempt.terms.roof && attempt.terms.holdPrice) ?? price
  const received = worst ? most : Math.min(costOf(dear, usage) + more, most)
  return { usage, cost: received + beside, estimated: true, source }
}
