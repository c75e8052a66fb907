import type { Failure, FailureKind } from '../../core/failure.ts'
import { type Json, type JsonObject, listOf, numberOf, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { openaiFailure } from '../openai/failure.ts'
import { durationOf } from '../openai/watch-retry-after.ts'

/** `google.rpc.Status` names its cause (google/rpc/code.proto), and the HTTP status follows from it. */
const kinds: Record<string, { status: number; kind: FailureKind }> = {
  INVALID_ARGUMENT: { status: 400, kind: 'bad_request' },
  OUT_OF_RANGE: { status: 400, kind: 'bad_request' },
  // The place of the caller, or an account without billing: nothing in the request is wrong.
  FAILED_PRECONDITION: { status: 400, kind: 'permission' },
  UNAUTHENTICATED: { status: 401, kind: 'auth' },
  PERMISSION_DENIED: { status: 403, kind: 'permission' },
  NOT_FOUND: { status: 404, kind: 'not_found' },
  ABORTED: { status: 409, kind: 'server' },
  RESOURCE_EXHAUSTED: { status: 429, kind: 'rate_limit' },
  CANCELLED: { status: 499, kind: 'server' },
  INTERNAL: { status: 500, kind: 'server' },
  UNKNOWN: { status: 500, kind: 'server' },
  UNAVAILABLE: { status: 503, kind: 'overloaded' },
  DEADLINE_EXCEEDED: { status: 504, kind: 'timeout' },
}

/**
 * Why a request was refused, by status, headers and a body of any shape (HTML, nothing, a list of one error). A wrong key is a
 * 400 here, told by its details alone; how long to wait stands in the body, not in a header.
 */
export function geminiFailure(status: number, headers: Record<string, string>, body: Uint8Array): Failure {
  const failure = openaiFailure(status, headers, body)
  return refined(failure, errorOf(tryParse(Buffer.from(body.subarray(0, 65_536)).toString())))
}

/**
 * An error inside a reply with status 200: it has the status that its name stands for.
 * @param started the model had begun to write, and bills what it wrote until then
 */
export function errorFailure(body: Json, started: boolean): Failure {
  const error = errorOf(body)
  const code = numberOf(error.code)
  const known = kinds[stringOf(error.status) ?? '']?.status ?? (code !== undefined && code >= 400 ? code : 500)
  return { ...geminiFailure(known, {}, Buffer.from(JSON.stringify(body))), mayHaveCost: started }
}

const errorOf = (body: Json | undefined): JsonObject => objectOf(objectOf(Array.isArray(body) ? body[0] : body).error)

function refined(failure: Failure, error: JsonObject): Failure {
  const name = stringOf(error.status)
  const details = listOf(error.details).map(objectOf)
  const kind = kindOf(failure, details, name)
  const delay = details.map(({ retryDelay }) => durationOf(stringOf(retryDelay))).find((wait) => wait !== undefined)
  return {
    ...failure,
    kind,
    ...(failure.code === undefined && name !== undefined ? { code: name } : {}),
    ...(failure.retryAfterMs === undefined && delay !== undefined ? { retryAfterMs: Math.ceil(delay) } : {}),
  }
}

function kindOf(failure: Failure, details: readonly JsonObject[], name: string | undefined): FailureKind {
  // Told by words, and finer than any name.
  if (failure.kind === 'context_window' || failure.kind === 'content_policy' || failure.kind === 'quota')
    return failure.kind
  const reasons = details.map(({ reason }) => stringOf(reason))
  if (reasons.some((reason) => reason?.startsWith('API_KEY_'))) return 'auth'
  const violations = details.flatMap(({ violations: all }) => listOf(all).map(objectOf))
  // A day's quota is not back in the seconds that a retry waits.
  if (violations.some(({ quotaId }) => /PerDay/.test(stringOf(quotaId) ?? ''))) return 'quota'
  return (name === undefined ? undefined : kinds[name]?.kind) ?? failure.kind
}

/** The prompt was refused before the model wrote anything: status 200, and no candidate. */
export function blocked(feedback: JsonObject): Failure {
  const reason = stringOf(feedback.blockReason) ?? 'BLOCK_REASON_UNSPECIFIED'
  const said = stringOf(feedback.blockReasonMessage)
  const message = `The provider blocked the prompt (${reason})${said === undefined ? '' : `: ${said.slice(0, 300).replace(/\.$/, '')}`}.`
  return { kind: 'content_policy', status: 200, message, mayHaveCost: true }
}
