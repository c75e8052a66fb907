import type { Deployment } from '../core/deployment.ts'
import { type ErrorCode, errorTable } from '../core/errors.ts'
import { toDollars } from '../core/money.ts'
import type { RequestLine } from '../core/request-line.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import type { Admission } from './admission.ts'
import type { Caller } from './authenticate.ts'

/** A client may call a model by any name that a wildcard serves; a line has room for so much of it. */
const longestName = 128

/** Who asks: ids and names that people gave, never the key. */
export function noteCaller(line: RequestLine, { key }: Caller): void {
  if (!key) {
    line.master = true
    return
  }
  line.key_id = key.id
  if (key.alias !== undefined) line.key_alias = key.alias
  if (key.teamId !== undefined) line.team_id = key.teamId
  if (key.userId !== undefined) line.user_id = key.userId
}

/** What is asked for, once it is known to be served: a name that nothing serves could be anything. */
export function noteTask(line: RequestLine, task: { callType: string; model: string; stream: boolean }): void {
  line.call_type = task.callType
  line.requested_model = task.model.slice(0, longestName)
  line.stream = task.stream
}

/** Where the request is tried. Each attempt replaces the one before: the last is the one that answered, or why none did. */
export function noteTarget(line: RequestLine, deployment: Deployment, model: string): void {
  line.model_group = deployment.group
  line.deployment = deployment.id
  line.provider = deployment.provider
  line.upstream_model = model.slice(0, longestName)
}

/** A retry may fit where the attempt before it was clamped: the last one counts. */
export function noteAdmission(line: RequestLine, admission: Pick<Admission, 'clamped'>): void {
  if (admission.clamped) line.clamps = 1
  else delete line.clamps
}

const faultsBelow500 = new Set<ErrorCode>(['timeout', 'upstream_cut'])

/** An error the caller saw, as a reply or inside a stream. A client that left has seen none. */
export function noteError(line: RequestLine, code: ErrorCode): void {
  line.error_code = code
  if (code === 'client_left') return
  line.errors = 1
  if (errorTable[code].status >= 500 || faultsBelow500.has(code)) line.faults = 1
  if (code === 'budget_exceeded') line.budget_refusals = 1
}

/** What a request's attempts cost and used, all together: those that failed may have been billed, too. */
export function noteSpend(line: RequestLine, events: readonly SpendEvent[]): void {
  if (!events.length) return
  const sum = (of: (event: SpendEvent) => number | undefined) =>
    events.reduce((total, event) => total + (of(event) ?? 0), 0)
  line.cost_usd = toDollars(sum(({ cost }) => cost))
  line.input_tokens = sum(({ usage }) => usage.prompt)
  line.output_tokens = sum(({ usage }) => usage.completion)
  const cached = sum(({ usage }) => usage.cached)
  const reasoning = sum(({ usage }) => usage.reasoning)
  if (cached > 0) line.cached_tokens = cached
  if (reasoning > 0) line.reasoning_tokens = reasoning
  if (events.some(({ estimated }) => estimated)) line.estimated = true
  const last = events.at(-1)
  if (last) line.outcome = last.outcome
}

type Tally = { attempts: number; retries: number; fallbacks: number; upstreamMs: number }

/** How the request was routed; zeros are left out, for a metric without data costs nothing. */
export function noteTally(line: RequestLine, { attempts, retries, fallbacks, upstreamMs }: Tally): void {
  line.attempts = attempts
  if (retries > 0) line.retries = retries
  if (fallbacks > 0) line.fallbacks = fallbacks
  if (attempts > 0) line.upstream_ms = upstreamMs
}

/** Of a stream, `upstream_ms` so far ends at its first content: the rest of it is the provider's time, too. */
export function noteStreamed(line: RequestLine, receivedAt: number, event: SpendEvent | undefined): void {
  if (event?.first_token === undefined) return
  line.first_token_ms = event.first_token - receivedAt
  line.upstream_ms = (line.upstream_ms ?? 0) + event.end - event.first_token
}
