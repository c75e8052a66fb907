import { type ErrorCode, type ErrorDetail, errorTable, GatewayError } from './errors.ts'

/** Why an attempt on a deployment failed. A value, because routing chooses on it; it becomes an error only when all is lost. */
export type FailureKind =
  | 'rate_limit'
  | 'quota'
  | 'overloaded'
  | 'server'
  | 'timeout'
  | 'connection'
  | 'reset'
  | 'auth'
  | 'permission'
  | 'not_found'
  | 'bad_request'
  | 'too_large'
  | 'context_window'
  | 'content_policy'
  | 'cut'
  | 'malformed'
  | 'client_left'
  | 'config'
  /** None of the group's deployments may serve the request: its tags, its region. Nobody was asked. */
  | 'ineligible'

export type Failure = {
  kind: FailureKind
  /** The provider's HTTP status; 0 where there was none. */
  status: number
  /** The provider's words, cleaned and capped: no key, no internal URL. */
  message: string
  /** What the provider called it, and which parameter it named. */
  code?: string
  param?: string
  /** Further public facts that a client may act upon, under the provider's names: what the model wrote in place of a call. */
  extra?: Record<string, string>
  retryAfterMs?: number
  upstreamRequestId?: string
  /** False: the provider says that asking again is of no use (`x-should-retry`), or it is known to be so. */
  retry?: boolean
  /** False only where the provider surely did not bill: an error status, a refused connection. */
  mayHaveCost: boolean
}

const codes: Record<FailureKind, ErrorCode> = {
  rate_limit: 'upstream_rate_limit',
  quota: 'upstream_quota',
  overloaded: 'upstream_overloaded',
  server: 'upstream_error',
  timeout: 'timeout',
  connection: 'upstream_unreachable',
  reset: 'upstream_unreachable',
  auth: 'upstream_auth',
  permission: 'upstream_permission',
  not_found: 'not_found',
  bad_request: 'invalid_request',
  too_large: 'too_large',
  context_window: 'context_length_exceeded',
  content_policy: 'content_policy_violation',
  cut: 'upstream_cut',
  malformed: 'upstream_invalid',
  client_left: 'client_left',
  config: 'internal',
  ineligible: 'model_access_denied',
}

/** A refusal keeps the provider's status, but for its 401: that is about the gateway's key, and a caller would read it as about its own. */
const keepsStatus: ReadonlySet<FailureKind> = new Set(['bad_request', 'not_found', 'permission', 'quota'])

/** Which error of ours a kind of failure is. */
export const codeOf = (kind: FailureKind): ErrorCode => codes[kind]

/** Which error the caller sees once no deployment is left to ask; `more` goes with it. */
export function errorOf(failure: Failure, more: ErrorDetail = {}): GatewayError {
  const detail: ErrorDetail = { ...more, message: failure.message }
  if (failure.param !== undefined) detail.param = failure.param
  if (failure.retryAfterMs !== undefined) detail.retryAfterMs = failure.retryAfterMs
  if (failure.kind === 'context_window') detail.publicCode = 'context_length_exceeded'
  else if (failure.kind === 'content_policy') detail.publicCode = failure.code ?? 'content_policy_violation'
  else if (failure.code !== undefined) detail.publicCode = failure.code
  if (failure.kind === 'ineligible') detail.status = failure.status
  if (failure.extra !== undefined) detail.extra = { ...detail.extra, ...failure.extra }
  if (failure.kind === 'server' && isHttp(failure.status) && failure.status !== 503) detail.status = failure.status
  // Worth another try, and still what the provider calls the caller's mistake.
  if (failure.kind === 'server' && failure.status === 400) detail.type = errorTable.invalid_request.type
  // A model that a provider does not know may be a 400 there: it stays one.
  const refused = keepsStatus.has(failure.kind)
  if (refused && failure.status >= 400 && failure.status < 500) detail.status = failure.status
  if (failure.kind === 'auth' && failure.status >= 400)
    detail.extra = { ...detail.extra, upstream_status: failure.status }
  // Whoever asks the provider's support about it is asked for this first.
  const { upstreamRequestId: id } = failure
  if (id !== undefined) {
    detail.headers = { ...detail.headers, 'llm_provider-x-request-id': id }
    detail.extra = { ...detail.extra, upstream_request_id: id }
  }
  return new GatewayError(codes[failure.kind], detail)
}

/** An error's status as clients know them; there are hosts that make up higher ones. */
const isHttp = (status: number): boolean => status >= 400 && status < 600
