import { createHash, timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'
import type { Flow } from '../core/http.ts'
import type { Log } from '../core/ports.ts'
import { shownPath } from '../core/request-line.ts'
import { errorReply } from './headers.ts'

/** What the front sends with every request, over whatever the client may have sent under this name. */
export const originHeader = 'x-origin-verify'

/**
 * A flow that answers the front alone, so that nobody goes round its firewall: a call without one of the values is refused
 * before anything of it is read. `accepted` are values separated by commas: two, while one replaces the other. Without
 * `accepted` there is no front and the flow is given back as it is. Who has signed the call is known to the platform and did
 * not come through the front. Throws where no value is in `accepted`: a front whose secret is lost must not leave a door open.
 */
export function behindFront(flow: Flow, accepted: string | undefined, log: Log): Flow {
  if (accepted === undefined) return flow
  const digests = accepted
    .split(',')
    .filter((value) => value.trim() !== '')
    .map(digest)
  if (!digests.length) throw new Error('ORIGIN_SECRETS is set but holds no value; the stack sets it where front=true')
  return async (call) => {
    const { [originHeader]: given, ...headers } = call.headers
    if (call.principal !== undefined || matches(digests, given)) return flow({ ...call, headers })
    log('warn', 'a call did not come through the front', { request_id: call.requestId, path: shownPath(call.path) })
    return errorReply(refusal(), call.requestId)
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text.trim()).digest()

/** Digests have one length, and every one is compared: the time it takes tells nothing. */
function matches(digests: readonly Buffer[], given: string | undefined): boolean {
  if (given === undefined) return false
  const shown = digest(given)
  return digests.filter((known) => timingSafeEqual(known, shown)).length > 0
}

const refusal = (): GatewayError =>
  new GatewayError('forbidden', {
    message:
      'This address takes calls from the gateway’s front only. Send the request to FrontUrl, which the stack prints.',
  })
