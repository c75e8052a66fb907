import type { Failure, FailureKind } from '../../core/failure.ts'
import { type JsonObject, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { openaiFailure } from '../openai/failure.ts'

/** What an error type means, whatever status it came with: the status a host in front chose may be another. */
const kinds: Record<string, { status: number; kind?: FailureKind }> = {
  invalid_request_error: { status: 400 },
  authentication_error: { status: 401, kind: 'auth' },
  billing_error: { status: 402, kind: 'quota' },
  permission_error: { status: 403, kind: 'permission' },
  not_found_error: { status: 404, kind: 'not_found' },
  request_too_large: { status: 413, kind: 'too_large' },
  rate_limit_error: { status: 429, kind: 'rate_limit' },
  api_error: { status: 500, kind: 'server' },
  timeout_error: { status: 504, kind: 'timeout' },
  overloaded_error: { status: 529, kind: 'overloaded' },
}

/** Causes that clients of other tongues are told under another type: the provider's own word for them is the code. */
const unlike: ReadonlySet<FailureKind> = new Set(['auth', 'permission', 'not_found', 'too_large'])

/**
 * Why a request was refused, by status, headers and a body of any shape. Anthropic names the cause in `error.type`; all
 * else (context length, retry-after, HTML from the edge, masking) is as for every host.
 */
export function anthropicFailure(status: number, headers: Record<string, string>, body: Uint8Array): Failure {
  const failure = openaiFailure(status, headers, body)
  const error = objectOf(tryParse(Buffer.from(body.subarray(0, 65_536)).toString()))
  const type = stringOf(objectOf(error.error).type)
  const named = stringOf(objectOf(objectOf(error.error).details).error_code)
  const kind = type === undefined ? undefined : kinds[type]?.kind
  const requestId = headers['request-id'] ?? stringOf(error.request_id)
  // "Prompt is too long" and quota are told by words, and finer than any type.
  const finer = failure.kind === 'context_window' || failure.kind === 'quota' || failure.kind === 'content_policy'
  const code = named ?? failure.code ?? (kind !== undefined && unlike.has(kind) && !finer ? type : undefined)
  return {
    ...failure,
    ...(kind && !finer ? { kind } : {}),
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { upstreamRequestId: requestId }),
  }
}

/**
 * An error inside a reply with status 200: it has the status that its type stands for.
 * @param started the provider had begun a message, and bills what it wrote until then
 */
export function errorFailure(event: JsonObject, started: boolean): Failure {
  const type = stringOf(objectOf(event.error).type)
  const status = (type === undefined ? undefined : kinds[type]?.status) ?? 500
  const body = Buffer.from(JSON.stringify(event))
  return { ...anthropicFailure(status, {}, body), mayHaveCost: started }
}
