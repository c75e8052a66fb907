import { GatewayError } from '../core/errors.ts'
import { newAttemptId } from '../core/attempt-id.ts'
import { type Admission, admit, releaseHolds, worstCase } from './admit.ts'
import { type BudgetScope } from '../core/budget.ts'
import { isHard, type Job } from './job.ts'
import type { Terms } from './terms.ts'

/** Expiry of a hold, after the request's deadline: no delayed take outlives it (money protocol, 2). */
const graceMs = 15 * 60_000

/**
 * Holds the worst case of an attempt on every budget, or throws the 429. A hold that an attempt left unused is taken over
 * under the same id where it covers this one (it surely cost nothing); else it is given back first, and a new id begins.
 */
export async function hold(job: Job, terms: Terms, model: string): Promise<Admission> {
  const { ports, config } = job
  const expiresAt = job.deadline + graceMs
  const spare = job.unused
  delete job.unused
  if (spare && covers(spare, terms, job)) return spare
  if (spare) await releaseHolds(ports, spare)
  refuseUnbounded(job, terms)
  if (terms.free)
    return {
      id: newAttemptId(expiresAt, ports.random),
      holds: [],
      cap: terms.cap,
      clamped: false,
      tight: false,
      amount: 0,
    }
  const scopes = job.scopes
  const answer = await admit(ports, {
    scopes: job.scopes,
    bounds: terms.bounds,
    price: terms.holdPrice,
    model,
    cap: terms.cap,
    capGiven: terms.capGiven,
    floorTokens: config.clampFloorTokens,
    waitMs: config.budgetWaitMs,
    expiresAt,
    deadline: job.deadline,
    timeZone: config.timeZone,
    refresh: (scope) => refreshed(job, scope),
    ...(job.call.left && { left: job.call.left }),
  })
  if ('admission' in answer) {
    if (isHard(scopes) || !isHard(job.scopes)) return answer.admission
    // A limit was set in this very moment: what may be sent was judged without it.
    await releaseHolds(ports, answer.admission)
    throw new GatewayError('unavailable', {
      message: 'A budget of this key was just changed; try again.',
      retryAfterMs: 1000,
    })
  }
  job.looks.push(...answer.looks)
  throw answer.refused
}

function covers(spare: Admission, terms: Terms, job: Job): boolean {
  if (terms.free || !terms.holdPrice) return spare.holds.length === 0
  if (!job.scopes.length) return true
  return (
    !spare.clamped &&
    spare.holds.length > 0 &&
    worstCase(terms.holdPrice, terms.bounds, terms.cap) <= spare.amount &&
    spare.cap === terms.cap
  )
}

function refuseUnbounded(job: Job, terms: Terms): void {
  const { unbounded } = terms.bounds
  if (!isHard(job.scopes)) return
  if (terms.endless)
    throw new GatewayError('invalid_request', {
      message: `How long an answer of model ${job.task.model} can be is not known, so what this request may cost has no bound, and this key has a hard budget: write model_info.max_output_tokens into the model's entry, or use a key without max_budget.`,
      param: 'model',
    })
  if (unbounded === undefined) return
  if (unbounded === 'model')
    throw new GatewayError('invalid_request', {
      message: `Model ${job.task.model} leaves it to its provider which model answers or what it searches, so what this request may cost has no bound, and this key has a hard budget: name one model, or use a key without max_budget.`,
      param: 'model',
    })
  throw new GatewayError('invalid_request', {
    message: `${unbounded} lets the provider bill without a bound, and this key has a hard budget: leave ${unbounded} out, or use a key without max_budget.`,
    param: unbounded,
  })
}

/** The scope as the store has it now: a take met a newer version than the cached record's. */
async function refreshed(job: Job, scope: BudgetScope): Promise<BudgetScope | undefined> {
  const record = await job.cache.fresh(scope.kind, scope.id)
  if (!record) return undefined
  const newer = { ...scope, terms: record.terms }
  job.scopes = job.scopes.map((known) => (known.kind === scope.kind && known.id === scope.id ? newer : known))
  return newer
}
