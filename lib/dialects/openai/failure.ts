import type { Failure, FailureKind } from '../../core/failure.ts'
import { type Json, tryParse } from '../../core/json.ts'
import { requestIdOf } from '../../core/upstream-id.ts'
import { brokenWords, cleaned, plainWords, type Words, wordsOf } from './watch-error-words.ts'
import { retryAfterOf } from './watch-retry-after.ts'

/** An error body is read this far; the rest of two megabytes of HTML says nothing more. */
const readBytes = 64 * 1024

/**
 * What an error reply means, for every host that is not known better: OpenAI's envelope, and the shapes that others put in
 * its place (flat objects, lists of one, plain text, HTML, nothing). Header names in lower case.
 * An error status was not billed.
 */
export function openaiFailure(status: number, headers: Record<string, string>, body: Uint8Array): Failure {
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, readBytes)).toString('utf8').trim()
  const parsed = tryParse(text)
  const said: Words = parsed === undefined ? { message: brokenWords(text) ?? plainWords(text) } : wordsOf(parsed)
  const failure = classified(status, said)
  const retryAfterMs = retryAfterOf(headers, failure.kind === 'rate_limit')
  const requestId = requestIdOf(headers)
  if (retryAfterMs !== undefined) failure.retryAfterMs = retryAfterMs
  if (headers['x-should-retry'] === 'false') failure.retry = false
  if (requestId !== undefined) failure.upstreamRequestId = requestId
  return failure
}

/** An error object that came with a 2xx status, alone or in mid-stream. `mayHaveCost`: content had come before it. */
export function errorInside(value: Json, mayHaveCost: boolean): Failure {
  const said = wordsOf(value)
  return { ...classified(said.status ?? statusOf(said), said), mayHaveCost }
}

/** The status that an error's own type or code stands for, where none was given. */
const statusByName: ReadonlyMap<string, number> = new Map(
  Object.entries({
    invalid_request_error: 400,
    authentication_error: 401,
    invalid_api_key: 401,
    permission_error: 403,
    not_found_error: 404,
    model_not_found: 404,
    rate_limit_error: 429,
    rate_limit_exceeded: 429,
    insufficient_quota: 429,
    overloaded_error: 503,
    timeout_error: 504,
  }),
)
const statusOf = ({ code, type }: Words): number => statusByName.get(code ?? '') ?? statusByName.get(type ?? '') ?? 500

function classified(status: number, said: Words): Failure {
  const kind = kindOf(status, said)
  const message = cleaned(said.message) || `The provider answered with status ${status}.`
  const failure: Failure = { kind, status, message, mayHaveCost: false }
  if (said.code !== undefined) failure.code = said.code
  if (said.param !== undefined) failure.param = said.param
  if (said.attempt !== undefined) failure.extra = { failed_generation: said.attempt }
  return failure
}

const contextWords = [
  'maximum context length is',
  'context_length_exceeded',
  'exceed context limit',
  'maximum context limit',
  "longer than the model's context length",
  'input tokens exceed the configured limit',
  '`inputs` tokens + `max_new_tokens` must be',
  'exceeds the available context size',
  'exceeds the maximum number of tokens allowed',
  'prompt is too long',
  'input is too long',
  'too many tokens',
  'maximum input length is',
  'current length is',
  'string too long. expected a string with maximum length',
]
/** Refusals of a prompt or of an answer by a filter, where no code says so. */
const policyWords =
  /content (?:management|filter(?:ing)?|safety|moderation) (?:policy|system)|(?:rejected|blocked|flagged) (?:by|as a result of) (?:our|the) (?:safety|content|moderation)|violat\w+ (?:of )?(?:our|the|openai's)? ?(?:usage|content|safety) (?:polic|guideline)/i
const policyCodes = new Set(['content_filter', 'content_policy_violation', 'ResponsibleAIPolicyViolation'])
const quotaCodes = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_error',
  'insufficient_balance',
])

/** Google and xAI say it with a 400, others with a 403, some in words alone. */
const wrongKey = /API_KEY_INVALID|(?:incorrect|invalid) api key/i

/** Status first: throttling too says "too many tokens". */
function kindOf(status: number, said: Words): FailureKind {
  const { code = '', type = '', message } = said
  if (quotaCodes.has(code) || quotaCodes.has(type) || status === 402) return 'quota'
  if (status === 400 || status === 413 || status === 422 || status === 500) {
    if (isContext(said)) return 'context_window'
    if (policyCodes.has(code) || policyCodes.has(type)) return 'content_policy'
    if (status !== 500 && policyWords.test(message)) return 'content_policy'
  }
  if (status === 400 && /credit balance is too low/i.test(message)) return 'quota'
  if ((status === 400 || status === 403) && (code === 'invalid_api_key' || wrongKey.test(message))) return 'auth'
  // The model wrote a call that its host could not read: another try may do better.
  if (code === 'tool_use_failed') return 'server'
  if (status === 400 && (code === 'model_not_found' || code === 'DeploymentNotFound')) return 'not_found'
  return kindByStatus(status)
}

function isContext({ code, param, message }: Words): boolean {
  if (code === 'context_length_exceeded') return true
  if (code === 'string_above_max_length') return param === undefined || /^messages|^prompt|^input/.test(param)
  const lower = message.toLowerCase()
  return contextWords.some((words) => lower.includes(words))
}

const kinds: Record<number, FailureKind> = {
  401: 'auth',
  403: 'permission',
  404: 'not_found',
  408: 'timeout',
  409: 'server',
  413: 'too_large',
  424: 'server',
  429: 'rate_limit',
  498: 'overloaded',
  503: 'overloaded',
  504: 'timeout',
  524: 'timeout',
  529: 'overloaded',
}

function kindByStatus(status: number): FailureKind {
  const known = kinds[status]
  if (known !== undefined) return known
  if (status >= 400 && status < 500) return 'bad_request'
  return 'server'
}
