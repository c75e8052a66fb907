import type { Failure } from '../core/failure.ts'
import type { OpenBreaker } from '../core/routing.ts'

/** While a probe is under way its outcome is a matter of moments. */
const probeMs = 1000

/** Kinds whose status says more than that nobody is there. */
const telling: ReadonlySet<Failure['kind']> = new Set(['rate_limit', 'quota', 'auth', 'not_found'])

/**
 * What a request gets at once where nobody of its group may be asked: the last reason's own status where it says more than 503, with
 * the moment from which on somebody is asked again. Without any open breaker it is the deployments' own `rpm` and `tpm`.
 */
export function refusalOf(entries: readonly OpenBreaker[], now: number): Failure {
  const [first] = entries.toSorted((a, b) => a.until - b.until)
  const common = { status: 0, mayHaveCost: false }
  if (!first)
    return {
      ...common,
      kind: 'rate_limit',
      message: 'Every deployment of this model has reached its rpm or tpm of this minute.',
      retryAfterMs: 60_000 - (now % 60_000),
    }
  const reason = first.status ? `${first.kind}, status ${first.status}` : first.kind
  return {
    ...common,
    kind: telling.has(first.kind) ? first.kind : 'overloaded',
    message: `Every deployment of this model is resting after failures; the last reason: ${reason}.`,
    retryAfterMs: Math.max(first.until - now, probeMs),
  }
}
