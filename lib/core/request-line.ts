import type { MetricName } from './metrics.ts'

/**
 * The one line about a request: a log line and, where the field is a metric, that metric. It is filled while the request goes its
 * way and written after its last byte. Ids and numbers only: never a prompt, an answer, a key, a secret or an error's message,
 * which may quote any of them. What did not happen is left out.
 */
export type RequestLine = Partial<Record<MetricName, number>> & {
  request_id: string
  method: string
  /** Without query; what may be a name or a secret is `{}`. */
  path: string
  status?: number
  /** Of `errorTable`. Also of an error inside a stream that began with a 200. */
  error_code?: string
  /** How the attempt ended that was answered with. */
  outcome?: string
  key_id?: string
  key_alias?: string
  team_id?: string
  user_id?: string
  /** The caller has the master key. */
  master?: true
  call_type?: string
  stream?: boolean
  requested_model?: string
  /** The group as the config writes it, `*` and all. */
  model_group?: string
  upstream_model?: string
  deployment?: string
  provider?: string
  attempts?: number
  retries?: number
  duration_ms?: number
  estimated?: true
  /** Of the caller's `traceparent`. */
  trace_id?: string
}

/** Segments that a path of ours can have. Anything else may be a model, a key or an id. */
const plain = /^(?:[a-z_]{0,24}|v\d{1,2}(?:beta)?)$/

/** A path that can be shown to anybody and grouped by: `/openai/deployments/{}/chat/completions`. */
export const shownPath = (path: string): string =>
  path
    .split('/')
    .slice(0, 8)
    .map((segment) => (plain.test(segment) ? segment : '{}'))
    .join('/')

/** W3C Trace Context, 3.2: version, trace id, parent id, flags. All zeros is no trace. */
const traceparent = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/

/** The beginning of every line about a request. */
export function requestLine(call: {
  requestId: string
  method: string
  path: string
  headers: Record<string, string>
}): RequestLine {
  const trace = traceparent.exec(call.headers.traceparent ?? '')?.[1]
  return {
    request_id: call.requestId,
    method: /^[A-Z]{1,16}$/.test(call.method) ? call.method : '{}',
    path: shownPath(call.path),
    ...(trace !== undefined && { trace_id: trace }),
  }
}
