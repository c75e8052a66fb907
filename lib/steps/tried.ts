import { type ErrorDetail, errorTable } from '../core/errors.ts'
import { codeOf, type Failure } from '../core/failure.ts'
import type { Job } from './job.ts'

/** A client is left to wait by itself no longer than this. */
const longestRetryMs = 60_000
/** Longer lists say nothing more. */
const mostTold = 20

/** How a request was routed, told with its answer or its error: LiteLLM's headers, all attempts, and those that failed. */
export function routedHeaders({ tally, tried }: Pick<Job, 'tally' | 'tried'>): Record<string, string> {
  return {
    'x-litellm-attempted-retries': String(tally.retries),
    'x-litellm-attempted-fallbacks': String(tally.fallbacks),
    'x-purser-attempts': String(tally.attempts),
    ...(tried.length > 0 && { 'x-purser-tried': triedWords(tried) }),
  }
}

/** `id=kind` of each failed attempt, in order. */
const triedWords = (tried: Job['tried']): string =>
  tried
    .slice(0, mostTold)
    .map(({ deployment, kind }) => `${deployment.id.replace(/[^\x21-\x2b\x2d-\x3c\x3e-\x7e]/g, '_')}=${kind}`)
    .join(', ')

/**
 * What goes with the error of a request that was tried in vain. SDKs repeat by themselves, each time with all of our attempts
 * behind it; `x-should-retry` is what OpenAI's and Anthropic's obey. Only where somebody asks for a short time is their waiting
 * of use: it costs nothing here.
 */
export function triedDetail(job: Job, { kind, retryAfterMs = Infinity }: Failure): ErrorDetail {
  const busy = (kind === 'rate_limit' || kind === 'overloaded') && retryAfterMs <= longestRetryMs
  const repeats = errorTable[codeOf(kind)].retryable && !busy && job.tried.length > 0
  return { headers: { ...routedHeaders(job), ...(repeats && { 'x-should-retry': 'false' }) } }
}
