/**
 * One class of error, one table of codes. Inside an error carries the full reason (`cause`, `detail`); outside it shows
 * `message`, written for the caller, in the caller's dialect. Never a secret, a stack or an upstream key.
 */
type Row = { status: number; type: string; retryable: boolean; words: string }

/** `type` and `status` are what LiteLLM's clients see for the same situation. */
export const errorTable = {
  invalid_request: { status: 400, type: 'invalid_request_error', retryable: false, words: 'The request is invalid.' },
  invalid_json: { status: 400, type: 'invalid_request_error', retryable: false, words: 'The body is not valid JSON.' },
  invalid_model: { status: 400, type: 'invalid_request_error', retryable: false, words: 'Unknown model.' },
  unsupported_parameter: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    words: 'A parameter is not supported by this model.',
  },
  context_length_exceeded: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    words: "The prompt is longer than the model's context window.",
  },
  content_policy_violation: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    words: "The provider's content policy refused the request.",
  },
  unpriced_model: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    words: 'The model has no price, and the key has a hard budget.',
  },
  no_key: { status: 401, type: 'auth_error', retryable: false, words: 'Authentication Error, No api key passed in.' },
  unknown_key: {
    status: 401,
    type: 'token_not_found_in_db',
    retryable: false,
    words: 'Authentication Error, Invalid proxy server token passed.',
  },
  expired_key: { status: 401, type: 'expired_key', retryable: false, words: 'Authentication Error - Expired Key.' },
  blocked: { status: 401, type: 'auth_error', retryable: false, words: 'Authentication Error, Key is blocked.' },
  forbidden: { status: 403, type: 'auth_error', retryable: false, words: 'This address does not take calls.' },
  admin_only: { status: 403, type: 'auth_error', retryable: false, words: 'Only the master key may do this.' },
  model_access_denied: {
    status: 403,
    type: 'key_model_access_denied',
    retryable: false,
    words: 'The key may not use this model.',
  },
  not_found: { status: 404, type: 'invalid_request_error', retryable: false, words: 'Not found.' },
  method_not_allowed: { status: 405, type: 'invalid_request_error', retryable: false, words: 'Method not allowed.' },
  conflict: { status: 409, type: 'invalid_request_error', retryable: false, words: 'Already exists.' },
  too_large: { status: 413, type: 'invalid_request_error', retryable: false, words: 'The request is too large.' },
  unprocessable: { status: 422, type: 'invalid_request_error', retryable: false, words: 'A field has the wrong type.' },
  budget_exceeded: { status: 429, type: 'budget_exceeded', retryable: true, words: 'Budget has been exceeded!' },
  rate_limited: { status: 429, type: 'throttling_error', retryable: true, words: 'Rate limit exceeded.' },
  upstream_permission: {
    status: 403,
    type: 'permission_error',
    retryable: false,
    words: "The provider refuses this to the gateway's account.",
  },
  upstream_rate_limit: {
    status: 429,
    type: 'rate_limit_error',
    retryable: true,
    words: 'The provider is limiting requests.',
  },
  upstream_quota: {
    status: 429,
    type: 'insufficient_quota',
    retryable: true,
    words: "The provider account's quota is used up.",
  },
  client_left: { status: 499, type: 'api_error', retryable: false, words: 'The client has left.' },
  internal: { status: 500, type: 'internal_server_error', retryable: true, words: 'Internal server error.' },
  upstream_error: { status: 500, type: 'api_error', retryable: true, words: 'The provider answered with an error.' },
  upstream_auth: {
    status: 502,
    type: 'api_error',
    retryable: true,
    words: 'The provider refused the credentials that the gateway holds for it.',
  },
  upstream_cut: {
    status: 502,
    type: 'api_error',
    retryable: true,
    words: 'The provider ended its answer before it was complete.',
  },
  upstream_invalid: {
    status: 502,
    type: 'api_error',
    retryable: true,
    words: 'The provider answered with something that is not an answer.',
  },
  upstream_unreachable: {
    status: 502,
    type: 'api_error',
    retryable: true,
    words: 'The provider could not be reached.',
  },
  unavailable: {
    status: 503,
    type: 'service_unavailable',
    retryable: true,
    words: 'Budget or key store is not available; nothing was sent upstream.',
  },
  upstream_overloaded: { status: 503, type: 'overloaded_error', retryable: true, words: 'The provider is overloaded.' },
  timeout: { status: 408, type: 'timeout_error', retryable: true, words: 'The provider did not answer in time.' },
} as const satisfies Record<string, Row>

export type ErrorCode = keyof typeof errorTable

export type ErrorDetail = {
  /** Public words; the table's where absent. */
  message?: string
  param?: string
  /** What `error.code` says outside; the HTTP status as a string where absent, as LiteLLM has it. */
  publicCode?: string
  type?: string
  /** A true upstream status, where it is more telling than the table's. */
  status?: number
  retryAfterMs?: number
  headers?: Record<string, string>
  /** Further public facts: `budget_exceeded` puts scope, window, spent, held, ... here. */
  extra?: Record<string, unknown>
  cause?: unknown
}

export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly detail: ErrorDetail

  constructor(code: ErrorCode, detail: ErrorDetail = {}) {
    super(detail.message ?? errorTable[code].words, { cause: detail.cause })
    this.name = 'GatewayError'
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return this.detail.status ?? errorTable[this.code].status
  }

  get type(): string {
    return this.detail.type ?? errorTable[this.code].type
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable
  }
}

/** Anything thrown, as a GatewayError: what is not one is `internal`, with the reason kept inside. */
export const asGatewayError = (error: unknown): GatewayError =>
  error instanceof GatewayError ? error : new GatewayError('internal', { cause: error })

/** OpenAI's envelope, as LiteLLM prints it: `code` is a string. */
export function errorBody(error: GatewayError): { error: Record<string, unknown> } {
  const { message, type, detail, status } = error
  return {
    error: { message, type, param: detail.param ?? null, code: detail.publicCode ?? String(status), ...detail.extra },
  }
}
