import { asGatewayError, errorBody } from './errors.ts'
import { type Call, type Flow, jsonReply, type Reply } from './http.ts'
import type { Log } from './ports.ts'
import { reasonFor } from './reason.ts'
import { shownPath } from './request-line.ts'

/** The flow's answer. A flow that throws in spite of its contract still answers: a bare throw would be a 200 without a body on Lambda. */
export async function replyOf(flow: Flow, call: Call, log: Log): Promise<Reply> {
  try {
    return await flow(call)
  } catch (thrown) {
    log('error', 'the flow threw', {
      request_id: call.requestId,
      path: shownPath(call.path),
      reason: reasonFor(thrown),
    })
    const error = asGatewayError(thrown)
    return jsonReply(error.status, errorBody(error), { 'x-request-id': call.requestId })
  }
}
