import type { GatewayError } from '../../core/errors.ts'
import { errorBody } from '../../core/errors.ts'
import type { Reply } from '../../core/http.ts'
import type { DialectName } from '../dialect.ts'

/** `google.rpc.Code` by the status that it is sent with (google/rpc/code.proto). */
const codes: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}
const codeNames = new Set(Object.values(codes).concat('FAILED_PRECONDITION', 'OUT_OF_RANGE', 'UNKNOWN'))

/** Bedrock's exceptions by their status (its API reference, "Errors"). */
const exceptions: Record<number, string> = {
  400: 'ValidationException',
  401: 'AccessDeniedException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  500: 'InternalServerException',
  503: 'ServiceUnavailableException',
}

/** How an error is written for those who speak a dialect; as it is for all others. */
const shapes: Partial<Record<DialectName, (reply: Reply, error: GatewayError) => Reply>> = {
  gemini: (reply, error) => ({
    ...reply,
    body: JSON.stringify({ error: { ...errorBody(error).error, ...googleCode(error) } }),
  }),
  converse: (reply, error) => ({
    ...reply,
    headers: { ...reply.headers, 'x-amzn-errortype': exceptionOf(error) },
    body: JSON.stringify({ message: error.message, ...errorBody(error) }),
  }),
}

/**
 * An error as the provider's own SDK reads it, beside the envelope that everybody else reads: whoever speaks a provider's words
 * shall learn what was wrong, too. Google's SDKs want `error.code` and `error.status`, AWS's a `message` and the exception's name.
 */
export const inShapeOf = (dialect: DialectName, reply: Reply, error: GatewayError): Reply =>
  shapes[dialect]?.(reply, error) ?? reply

function googleCode({ status, detail: { publicCode = '' } }: GatewayError): { code: number; status: string } {
  return { code: status, status: codeNames.has(publicCode) ? publicCode : (codes[status] ?? 'UNKNOWN') }
}

/** AWS's SDKs repeat what is throttled at once; a budget that is spent is not worth it. */
const exceptionOf = ({ code, status }: GatewayError): string =>
  code === 'budget_exceeded'
    ? 'ServiceQuotaExceededException'
    : (exceptions[status] ?? (status < 500 ? 'ValidationException' : 'InternalServerException'))
