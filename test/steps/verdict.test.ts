import { expect, it } from 'vitest'
import { policyRetries, verdictOf } from '../../lib/steps/verdict.ts'
import type { Job } from '../../lib/steps/job.ts'
import { config } from '../support/configuration.ts'
import { failure } from '../support/routing.ts'

it.each([
  ['server', 100, {}, 'again'],
  ['reset', 100, {}, 'again'],
  ['cut', 100, {}, 'again'],
  // Whoever needed long to fail is not asked to do so again.
  ['server', 10_001, {}, 'leave'],
  ['connection', 10_001, {}, 'leave'],
  ['server', 100, { retry: false }, 'leave'],
  ['rate_limit', 100, {}, 'busy'],
  ['rate_limit', 20_000, { retryAfterMs: 30_000 }, 'busy'],
  // A wait of hours is no wait.
  ['rate_limit', 100, { retryAfterMs: 3_600_000 }, 'leave'],
  ['overloaded', 100, { retryAfterMs: 86_400_000 }, 'leave'],
  ['quota', 100, {}, 'leave'],
  ['timeout', 100, {}, 'leave'],
  ['auth', 100, {}, 'leave'],
  ['context_window', 100, {}, 'stop'],
  ['content_policy', 100, {}, 'stop'],
  ['bad_request', 100, {}, 'stop'],
] as const)('%s after %i ms, %j: %s', (kind, tookMs, over, verdict) => {
  expect(verdictOf(failure(kind, over), tookMs)).toBe(verdict)
})

const job = (over: Parameters<typeof config>[0]) => ({ config: config(over) }) as Job

it('takes a group’s policy instead of the gateway’s, and its default for what it does not name', () => {
  const both = job({ retryPolicy: { timeout: 3, server: 1 }, groupRetryPolicies: { a: { timeout: 0, default: 5 } } })

  expect(policyRetries(both, 'a', failure('timeout'))).toBe(0)
  expect(policyRetries(both, 'a', failure('server'))).toBe(5)
  expect(policyRetries(both, 'b', failure('reset'))).toBe(1)
  expect(policyRetries(both, 'b', failure('rate_limit'))).toBeUndefined()
  expect(policyRetries(job({}), 'b', failure('server'))).toBeUndefined()
})

it('has no policy for a prompt that is too long, or a client that left', () => {
  const eager = job({ retryPolicy: { default: 9, bad_request: 9 } })

  expect(policyRetries(eager, 'a', failure('context_window'))).toBeUndefined()
  expect(policyRetries(eager, 'a', failure('client_left'))).toBeUndefined()
  expect(policyRetries(eager, 'a', failure('too_large'))).toBe(9)
})
