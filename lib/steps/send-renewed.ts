import type { Failure } from '../core/failure.ts'
import type { Exchange } from '../dialects/dialect.ts'
import type { Attempt } from './charge.ts'
import type { Job } from './job.ts'
import { send, type Tried } from './send.ts'
import type { Sending } from './sending.ts'
import type { Target } from './target.ts'

/** How a provider says that it does not know the key: 401, or 403 where it tells a revoked key from a missing one. */
const refusedKey = ({ kind, mayHaveCost }: Failure): boolean =>
  (kind === 'auth' || kind === 'permission') && !mayHaveCost

/** Where the exchange goes; `fresh`: with the key as it is now. */
type Aim = (exchange: Exchange, fresh: boolean) => Promise<Target>

/**
 * Sends the request; where the provider refuses a field that the answer can do without (`amend`), once more without it; where
 * it refuses the key and the key has been rotated meanwhile, once more with the new one. All within the same attempt, hold and
 * deadlines: what was refused is never billed. Else the refusal stands.
 */
export async function sendRenewed(job: Job, current: Attempt, sending: Sending, aim: Aim): Promise<Tried> {
  const first = await send(job, current, sending)
  const amended = await amendedOf(first, sending, aim)
  const tried = amended ? await send(job, current, amended) : first
  if (!('failure' in tried) || !refusedKey(tried.failure) || sending.dog.signal.aborted) return tried
  const last = amended ?? sending
  const target = await renewed(job, () => aim(last.exchange, true))
  if (!target || same(target, last.target)) return tried
  job.ports.log('info', 'a provider refused its key, which was rotated: asked again with the new one', {
    request_id: job.call.requestId,
    deployment_id: current.deployment.id,
  })
  // Set while the refusal was read; the answer to come has deadlines of its own.
  last.dog.limit('idle', undefined)
  return send(job, current, { ...last, target })
}

/** The request without what was refused, signed anew where signatures are over the body. */
async function amendedOf(tried: Tried, { exchange, dog }: Sending, aim: Aim): Promise<Sending | undefined> {
  if (!('failure' in tried) || tried.failure.mayHaveCost || dog.signal.aborted) return undefined
  const body = exchange.amend?.(tried.failure)
  if (body === undefined) return undefined
  const amended = { ...exchange, body }
  dog.limit('idle', undefined)
  return { exchange: amended, target: await aim(amended, false), dog }
}

async function renewed(job: Job, renew: () => Promise<Target>): Promise<Target | undefined> {
  try {
    return await renew()
  } catch (error) {
    job.ports.log('warn', 'the secret could not be read anew', { error: String(error) })
    return undefined
  }
}

const same = (a: Target, b: Target): boolean => a.url === b.url && whose(a) === whose(b)

/** A signature is another one every second; whose it is stands in front of it. */
const whose = ({ headers }: Target): string =>
  JSON.stringify({
    ...headers,
    'x-amz-date': '',
    authorization: headers.authorization?.replace(/, Signature=\w+$/, ''),
  })
