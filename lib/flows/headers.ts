import { asGatewayError, errorBody, type GatewayError } from '../core/errors.ts'
import { jsonReply, type Reply } from '../core/http.ts'
import { toDollars } from '../core/money.ts'
import type { Log } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import type { RequestLine } from '../core/request-line.ts'
import type { Answered } from '../steps/send.ts'
import type { Job } from '../steps/job.ts'
import { noteError } from '../steps/request-facts.ts'
import { routedHeaders } from '../steps/tried.ts'

/** Upstream headers that describe their hop, not the answer, or that are nobody else's business. */
const notForwarded =
  /^(content-|transfer-encoding|connection|keep-alive|date|server|set-cookie|alt-svc|vary|via|strict-|access-control-|x-frame|cf-|report-to|nel$)/

/** LiteLLM's headers where they mean the same thing, ours, and the provider's own under `llm_provider-`. */
export function answerHeaders(job: Job, answered: Answered, cost?: number): Record<string, string> {
  const { attempt, upstreamHeaders, dropped } = answered
  const { clock } = job.ports
  const duration = clock.now() - job.call.receivedAt
  const headers: Record<string, string> = {
    'x-litellm-call-id': job.call.requestId,
    'x-litellm-model-id': attempt.deployment.id,
    'x-litellm-model-group': attempt.group,
    'x-litellm-model-api-base': publicBase(answered.apiBase),
    ...routedHeaders(job),
    'x-litellm-response-duration-ms': String(duration),
    'x-litellm-overhead-duration-ms': String(Math.max(duration - job.tally.upstreamMs, 0)),
    ...keyHeaders(job),
  }
  if (cost !== undefined) headers['x-litellm-response-cost'] = String(toDollars(cost))
  if (dropped.length) headers['x-purser-dropped-params'] = dropped.join(', ')
  if (attempt.admission.clamped) headers['x-purser-budget-clamped'] = String(attempt.admission.cap)
  if (attempt.terms.injected) headers['x-purser-default-max-tokens'] = String(attempt.admission.cap)
  for (const [name, value] of Object.entries(upstreamHeaders)) {
    if (notForwarded.test(name)) continue
    headers[`llm_provider-${name}`] = value
    if (name.startsWith('x-ratelimit-')) headers[name] = value
  }
  return headers
}

function keyHeaders({ caller }: Job): Record<string, string> {
  const limit = caller.key?.terms.limit
  return limit === undefined ? {} : { 'x-litellm-key-max-budget': String(toDollars(limit)) }
}

/** Without user, password or query: a base URL may carry a secret there. */
function publicBase(base: string): string {
  try {
    const url = new URL(base)
    return url.origin + url.pathname.replace(/\/$/, '')
  } catch {
    return ''
  }
}

/** An error in OpenAI's envelope, with the request's id and when to come back. */
export function errorReply(error: GatewayError, requestId: string): Reply {
  const headers: Record<string, string> = { 'x-litellm-call-id': requestId, ...error.detail.headers }
  const { retryAfterMs } = error.detail
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000))
  // SDKs repeat a 429 by themselves; a budget that is spent until its window ends is not worth a try.
  if (error.code === 'budget_exceeded' && (retryAfterMs === undefined || retryAfterMs > 60_000))
    headers['x-should-retry'] = 'false'
  return { ...jsonReply(error.status, errorBody(error), headers), error }
}

/** The reply to whatever was thrown. What is our own fault is logged with its cause, which the caller never sees. */
export function thrownReply(log: Log, line: RequestLine, thrown: unknown): Reply {
  const error = asGatewayError(thrown)
  const requestId = line.request_id
  noteError(line, error.code)
  if (error.code === 'internal')
    log('error', 'a request failed inside the gateway', {
      request_id: requestId,
      error: reasonFor(error.cause ?? error),
    })
  return errorReply(error, requestId)
}
