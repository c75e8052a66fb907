import { describe, expect, it } from 'vitest'

import { geminiFailure } from '../../lib/dialects/gemini/failure.ts'

const failureOf = (status: number, body: unknown) =>
  geminiFailure(status, {}, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
const error = (code: number, status: string, message: string, details: object[] = []) => ({
  error: { code, status, message, details },
})

describe('an error of Google', () => {
  it.each([
    [400, 'INVALID_ARGUMENT', 'bad_request'],
    [400, 'FAILED_PRECONDITION', 'permission'],
    [401, 'UNAUTHENTICATED', 'auth'],
    [403, 'PERMISSION_DENIED', 'permission'],
    [404, 'NOT_FOUND', 'not_found'],
    [429, 'RESOURCE_EXHAUSTED', 'rate_limit'],
    [500, 'INTERNAL', 'server'],
    [503, 'UNAVAILABLE', 'overloaded'],
    [504, 'DEADLINE_EXCEEDED', 'timeout'],
  ])('%i %s is %s', (status, name, kind) => {
    expect(failureOf(status, error(status, name, 'Why.'))).toEqual({
      kind,
      status,
      message: 'Why.',
      code: name,
      mayHaveCost: false,
    })
  })

  it('about a wrong key is told by its details, whatever its status', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }]

    expect(failureOf(400, error(400, 'INVALID_ARGUMENT', 'API key not valid.', details)).kind).toBe('auth')
  })

  it('says how long to wait, and whether waiting helps', () => {
    const wait = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }
    const quota = (quotaId: string) => ({ '@type': 'x/google.rpc.QuotaFailure', violations: [{ quotaId }] })
    const limited = (id: string) => failureOf(429, error(429, 'RESOURCE_EXHAUSTED', 'Quota.', [quota(id), wait]))

    expect(limited('GenerateRequestsPerMinutePerProjectPerModel')).toMatchObject({
      kind: 'rate_limit',
      retryAfterMs: 34_400,
    })
    expect(limited('GenerateRequestsPerDayPerProjectPerModel-FreeTier').kind).toBe('quota')
  })

  it('may be a list of one, and a prompt that is too long', () => {
    const words = 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'

    expect(failureOf(400, [error(400, 'INVALID_ARGUMENT', words)])).toMatchObject({
      kind: 'context_window',
      message: words,
    })
  })

  it.each([
    ['<html><title>502 Bad Gateway</title></html>', 502, 'server'],
    ['', 503, 'overloaded'],
    ['[]', 404, 'not_found'],
    ['null', 400, 'bad_request'],
    ['{"error":"text"}', 429, 'rate_limit'],
  ])('of any shape (%s) has its status', (body, status, kind) => {
    expect(failureOf(status, body)).toMatchObject({ kind, status, mayHaveCost: false })
  })
})
