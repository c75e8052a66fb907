import type { ErrorCode, GatewayError } from '../../core/errors.ts'
import type { Reply } from '../../core/http.ts'
import { stringOf } from '../../core/json.ts'
import { encodeSse } from '../../wire/sse.ts'
import { unthreaded } from './threads.ts'

/** What the messages API calls an error, and its status where that differs from the gateway's own. */
type Printed = { type: string; status?: number }

const invalid: Printed = { type: 'invalid_request_error' }
const api: Printed = { type: 'api_error' }
const limited: Printed = { type: 'rate_limit_error' }
const denied: Printed = { type: 'permission_error' }
const billing: Printed = { type: 'billing_error' }
const unknownKey: Printed = { type: 'authentication_error' }

/** Anthropic's "Errors": its SDKs choose their classes by the status, applications read the type. */
const errors = {
  invalid_request: invalid,
  invalid_json: invalid,
  invalid_model: { type: 'not_found_error', status: 404 },
  unsupported_parameter: invalid,
  context_length_exceeded: invalid,
  content_policy_violation: invalid,
  unpriced_model: invalid,
  no_key: unknownKey,
  unknown_key: unknownKey,
  expired_key: unknownKey,
  blocked: unknownKey,
  forbidden: denied,
  admin_only: denied,
  model_access_denied: denied,
  not_found: { type: 'not_found_error' },
  method_not_allowed: invalid,
  conflict: invalid,
  too_large: { type: 'request_too_large' },
  unprocessable: invalid,
  budget_exceeded: limited,
  rate_limited: limited,
  upstream_permission: denied,
  upstream_rate_limit: limited,
  upstream_quota: limited,
  client_left: api,
  internal: api,
  upstream_error: api,
  upstream_auth: api,
  upstream_cut: api,
  upstream_invalid: api,
  upstream_unreachable: api,
  unavailable: api,
  upstream_overloaded: { type: 'overloaded_error', status: 529 },
  timeout: { type: 'timeout_error', status: 504 },
} as const satisfies Record<ErrorCode, Printed>

/** The reply to an error in the envelope of the messages API, with the gateway's request id. Headers stay. */
export function errorReply(reply: Reply, error: GatewayError, requestId: string): Reply {
  const { type, status = error.status } = printed(error)
  const { publicCode, param, extra } = error.detail
  // Also where it was refused for its price: whoever is told so goes on without a thread.
  const thread = error.code === 'invalid_request' && param === 'thread' ? unthreaded : {}
  const details = {
    ...thread,
    ...(publicCode !== undefined && publicCode !== type && { error_code: publicCode }),
    ...(param && { param }),
    ...extra,
  }
  const message = error.code === 'context_length_exceeded' ? tooLong(error.message) : error.message
  return {
    ...reply,
    status,
    headers: { ...reply.headers, 'request-id': requestId },
    body: JSON.stringify({
      type: 'error',
      error: { type, message, ...(Object.keys(details).length > 0 && { details }) },
      request_id: requestId,
    }),
  }
}

/** What its provider calls the caller's mistake is one here, too, though another try might do (a model that wrote no call). */
function printed({ code, status }: GatewayError): Printed {
  if (status === 402) return billing
  return status === 400 && errors[code] === api ? invalid : errors[code]
}

/** Claude Code makes room in its conversation where it reads these words, and only then. */
const tooLongWords = 'prompt is too long'

function tooLong(message: string): string {
  if (message.toLowerCase().includes(tooLongWords)) return message
  const numbers = [...message.matchAll(/\d[\d,]{2,}/g)].map(([text]) => Number(text.replaceAll(',', '')))
  const [most, asked] = [Math.min(...numbers), Math.max(...numbers)]
  const counted = most < asked ? `${asked} tokens > ${most} maximum` : message
  return `${tooLongWords}: ${counted}`
}

/** Types of the gateway's own envelope that this API has too, or calls otherwise; all else is `api_error`. */
const typesInStream: Record<string, string> = {
  invalid_request_error: 'invalid_request_error',
  rate_limit_error: 'rate_limit_error',
  throttling_error: 'rate_limit_error',
  insufficient_quota: 'rate_limit_error',
  overloaded_error: 'overloaded_error',
  timeout_error: 'timeout_error',
}

/** An in-band error: SDKs throw on the event's name, and neither a stop reason nor `message_stop` follows. */
export function printStreamError({ error }: { error: Record<string, unknown> }, requestId: string): Uint8Array {
  const type = typesInStream[stringOf(error.type) ?? ''] ?? 'api_error'
  const message = stringOf(error.message) ?? 'The answer could not be completed.'
  const data = { type: 'error', error: { type, message }, request_id: requestId }
  return encodeSse(JSON.stringify(data), 'error')
}
