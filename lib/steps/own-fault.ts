import { asGatewayError } from '../core/errors.ts'
import { reasonFor } from '../core/reason.ts'
import type { Job } from './job.ts'

/** An attempt that failed by a fault of ours is one line, with its reason: nobody else would learn of it. */
export function noteOwnFault({ ports, call }: Job, thrown: unknown): void {
  ports.log('error', 'an attempt failed inside the gateway', { request_id: call.requestId, error: reasonFor(thrown) })
}

/** The same of what was thrown where refusals are expected, too (no budget, no key): those are no faults. */
export function noteIfOwnFault(job: Job, thrown: unknown): void {
  const { code, cause } = asGatewayError(thrown)
  if (code === 'internal') noteOwnFault(job, cause)
}
