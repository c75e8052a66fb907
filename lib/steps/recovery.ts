import { type Deployment, streamRecoveries, type StreamRecovery } from '../core/deployment.ts'
import { GatewayError } from '../core/errors.ts'
import type { Call } from '../core/http.ts'
import type { Job } from './job.ts'

const header = 'x-purser-stream-recovery'

/** What becomes of a stream that breaks off: as the request says, else the deployment, else the gateway. */
export const recoveryOf = ({ call, config }: Job, deployment: Deployment): StreamRecovery =>
  wishedRecovery(call) ?? deployment.streamRecovery ?? config.streamRecovery

/** What the request's header asks for. Throws `invalid_request` where that is nothing we know: a caller who asks for safety must not miss it by a slip. */
export function wishedRecovery({ headers }: Pick<Call, 'headers'>): StreamRecovery | undefined {
  const wished = headers[header]?.trim().toLowerCase()
  if (wished === undefined) return undefined
  const known = streamRecoveries.find((name) => name === wished)
  if (known) return known
  throw new GatewayError('invalid_request', {
    message: `The header ${header} is ${JSON.stringify(wished.slice(0, 40))}; write one of ${streamRecoveries.join(', ')}.`,
    param: header,
  })
}
