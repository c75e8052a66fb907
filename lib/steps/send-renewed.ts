import type { Failure } from '../core/failure.ts'
import type { Attempt } from './charge.ts'
import type { Job } from './job.ts'
import { send, type Sending, type Tried } from './send.ts'
import type { Target } from './target.ts'

/** How a provider says that it does not know the key: 401, or 403 where it tells a revoked key from a missing one. */
const refusedKey = ({ kind, mayHaveCost }: Failure): boolean =>
  (kind === 'auth' || kind === 'permission') && !mayHaveCost

/**
 * Sends the request; where the provider refuses the key and the key has been rotated meanwhile, once more with the new one,
 * within the same attempt, hold and deadlines: a refused key is never billed. Where the key is the same, or the secret
 * cannot be read, the refusal stands.
 */
export async function sendRenewed(
  job: Job,
  current: Attempt,
  sending: Sending,
  renew: () => Promise<Target>,
): Promise<Tried> {
  const tried = await send(job, current, sending)
  if (!('failure' in tried) || !refusedKey(tried.failure) || sending.dog.signal.aborted) return tried
  const target = await renewed(job, renew)
  if (!target || same(target, sending.target)) return tried
  job.ports.log('info', 'a provider refused its key, which was rotated: asked again with the new one', {
    request_id: job.call.requestId,
    deployment_id: current.deployment.id,
  })
  // Set while the refusal was read; the answer to come has deadlines of its own.
  sending.dog.limit('idle', undefined)
  return send(job, current, { ...sending, target })
}

async function renewed(job: Job, renew: () => Promise<Target>): Promise<Target | undefined> {
  try {
    return await renew()
  } catch (error) {
    job.ports.log('warn', 'the secret could not be read anew', { error: String(error) })
    return undefined
  }
}

const same = (a: Target, b: Target): boolean =>
  a.url === b.url && JSON.stringify(a.headers) === JSON.stringify(b.headers)
