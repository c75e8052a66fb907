import type { Json } from '../core/json.ts'
import { isObject } from '../core/json.ts'
import type { AllowedFails, FailureClass } from '../core/routing.ts'
import type { Path } from './document.ts'
import { count } from './fields.ts'
import type { Reading } from './reading.ts'

/** LiteLLM's names for the classes of failures (LiteLLM survey, section 2, `allowed_fails_policy`). */
const names: Record<string, FailureClass> = {
  AuthenticationErrorAllowedFails: 'auth',
  NotFoundErrorAllowedFails: 'not_found',
  TimeoutErrorAllowedFails: 'timeout',
  RateLimitErrorAllowedFails: 'rate_limit',
  InternalServerErrorAllowedFails: 'server',
  ServiceUnavailableErrorAllowedFails: 'unavailable',
  BadGatewayErrorAllowedFails: 'bad_gateway',
}
const callersOwn = ['BadRequestErrorAllowedFails', 'ContentPolicyViolationErrorAllowedFails']

/** `{ TimeoutErrorAllowedFails: 2, ... }`: how many failures of each kind a deployment may have within its cooldown time. */
export function readAllowedFails(value: Json, path: Path, reading: Reading): AllowedFails {
  if (!isObject(value)) {
    reading.error(path, 'is not a map of failures', 'write numbers below it, such as TimeoutErrorAllowedFails: 2')
    return {}
  }
  const allowed: AllowedFails = {}
  for (const [name, written] of Object.entries(value)) {
    const at = [...path, name]
    const kind = names[name]
    if (written === null) continue
    if (callersOwn.includes(name)) {
      reading.warn(at, 'has no effect', "a caller's mistake closes a deployment for nobody else")
      continue
    }
    const parsed = count.safeParse(reading.resolve(written, at))
    if (kind === undefined)
      reading.error(at, 'unknown kind of failure', `write one of ${Object.keys(names).join(', ')}`)
    else if (parsed.success) allowed[kind] = parsed.data
    else reading.error(at, 'not a whole number of failures', 'write a whole number, such as 2')
  }
  return allowed
}
