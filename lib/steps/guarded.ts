import { asGatewayError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import type { Asked } from './hedge.ts'
import type { Job } from './job.ts'
import type { Tried } from './send.ts'
import { takeTurn } from './turn.ts'

/**
 * One attempt; what it throws and another deployment may still do becomes a failure. A deployment whose key is missing in the
 * configuration fails like one whose key is refused; one in whose tongue the request cannot be said is passed over, unless it
 * is the first: then the caller must hear of it. Everything else thrown (no budget) ends the request.
 */
export async function guarded(job: Job, asked: Asked): Promise<Tried | { failure: Failure }> {
  try {
    const { candidate, group } = asked
    if (candidate.deployment.hedgeAfter === undefined) return await takeTurn(job, candidate, group)
    return await (await import('./hedge.ts')).hedged(job, asked)
  } catch (error) {
    const { code, message } = asGatewayError(error)
    const base = { status: 0, message, mayHaveCost: false }
    if (code === 'upstream_auth') return { failure: { ...base, kind: 'auth' } }
    if (code === 'unsupported_parameter' && job.tried.length) return { failure: { ...base, kind: 'config' } }
    throw error
  }
}
