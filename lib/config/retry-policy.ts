import type { RetryClass, RetryPolicy } from '../core/config.ts'
import { isObject } from '../core/json.ts'
import type { Path } from './document.ts'
import { count } from './fields.ts'
import type { Reading } from './reading.ts'
import { nearest } from './suggest.ts'

/** LiteLLM's names for the classes of failures (LiteLLM survey, section 2, `retry_policy`). */
const names: Record<string, RetryClass> = {
  BadRequestErrorRetries: 'bad_request',
  AuthenticationErrorRetries: 'auth',
  TimeoutErrorRetries: 'timeout',
  RateLimitErrorRetries: 'rate_limit',
  ContentPolicyViolationErrorRetries: 'content_policy',
  InternalServerErrorRetries: 'server',
  ServiceUnavailableErrorRetries: 'unavailable',
  NotFoundErrorRetries: 'not_found',
  DefaultRetries: 'default',
}

/** `{ TimeoutErrorRetries: 2, ... }`: how often a request is tried again after each kind of failure. */
export function readRetryPolicy(value: unknown, path: Path, reading: Reading): RetryPolicy {
  if (!isObject(value)) {
    reading.error(path, 'is not a map of retries', 'write numbers below it, such as TimeoutErrorRetries: 1')
    return {}
  }
  const policy: RetryPolicy = {}
  for (const [name, written] of Object.entries(value)) {
    if (written === null) continue
    const at = [...path, name]
    const kind = names[name]
    const parsed = count.safeParse(reading.resolve(written, at))
    if (kind === undefined) reading.error(at, 'unknown kind of failure', remedyFor(name))
    else if (parsed.success) policy[kind] = parsed.data
    else reading.error(at, 'not a whole number of retries', 'write a whole number, such as 1')
  }
  return policy
}

/** `model_group_retry_policy`: such a policy by the name of a group. */
export function readGroupRetryPolicies(value: unknown, path: Path, reading: Reading): Record<string, RetryPolicy> {
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([group, policy]) => [group, readRetryPolicy(policy, [...path, group], reading)]),
    )
  reading.error(path, 'is not a map of retry policies', 'write model_name: { TimeoutErrorRetries: 1 }')
  return {}
}

function remedyFor(name: string): string {
  const near = nearest(name, Object.keys(names))
  return near === undefined ? `write one of ${Object.keys(names).join(', ')}` : `did you mean ${near}?`
}
