import { describe, expect, it } from 'vitest'
import { errorBody, GatewayError } from '../../lib/core/errors.ts'
import { errorOf } from '../../lib/core/failure.ts'
import { jsonReply } from '../../lib/core/http.ts'
import { errorReply } from '../../lib/dialects/anthropic/client-error.ts'

const printed = (error: GatewayError) => {
  const { status, headers, body } = errorReply(
    jsonReply(error.status, errorBody(error), { 'retry-after': '7' }),
    error,
    'r1',
  )
  return { status, headers, body: JSON.parse(body as string) as unknown }
}

describe('an error for a client of the messages API', () => {
  it.each([
    ['no_key', 401, 'authentication_error'],
    ['unknown_key', 401, 'authentication_error'],
    ['model_access_denied', 403, 'permission_error'],
    ['invalid_model', 404, 'not_found_error'],
    ['not_found', 404, 'not_found_error'],
    ['too_large', 413, 'request_too_large'],
    ['budget_exceeded', 429, 'rate_limit_error'],
    ['upstream_rate_limit', 429, 'rate_limit_error'],
    ['internal', 500, 'api_error'],
    ['upstream_auth', 502, 'api_error'],
    ['upstream_permission', 403, 'permission_error'],
    ['timeout', 504, 'timeout_error'],
    ['upstream_overloaded', 529, 'overloaded_error'],
  ] as const)('%s is %i %s', (code, status, type) => {
    const error = new GatewayError(code)

    expect(printed(error)).toEqual({
      status,
      headers: { 'content-type': 'application/json', 'retry-after': '7', 'request-id': 'r1' },
      body: { type: 'error', error: { type, message: error.message }, request_id: 'r1' },
    })
  })

  it('an account without money is a billing error', () => {
    expect(printed(new GatewayError('upstream_quota', { status: 402 }))).toMatchObject({
      status: 402,
      body: { error: { type: 'billing_error' } },
    })
  })

  it('a provider’s 400 is the caller’s, whatever its kind', () => {
    const failure = {
      kind: 'server',
      status: 400,
      code: 'tool_use_failed',
      message: 'No call.',
      mayHaveCost: true,
    } as const

    expect(printed(errorOf(failure))).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', details: { error_code: 'tool_use_failed' } } },
    })
    expect(printed(errorOf({ ...failure, status: 500 })).body).toMatchObject({ error: { type: 'api_error' } })
  })

  it('does not say twice what it is called', () => {
    const error = new GatewayError('not_found', { publicCode: 'not_found_error' })

    expect(printed(error).body).toMatchObject({ error: { type: 'not_found_error' } })
    expect(printed(error).body).not.toHaveProperty('error.details')
  })

  it('has the details that the gateway knows', () => {
    const error = new GatewayError('budget_exceeded', { publicCode: 'x', param: 'p', extra: { budget: { spent: 1 } } })

    expect(printed(error).body).toMatchObject({
      error: { details: { error_code: 'x', param: 'p', budget: { spent: 1 } } },
    })
  })

  it.each([
    [
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130123 tokens.",
      'prompt is too long: 130123 tokens > 128000 maximum',
    ],
    ['prompt is too long: 210000 tokens > 200000 maximum', 'prompt is too long: 210000 tokens > 200000 maximum'],
    ['Input is too long.', 'prompt is too long: Input is too long.'],
    ['The limit is 128,000 tokens.', 'prompt is too long: The limit is 128,000 tokens.'],
  ])('says that a prompt is too long in the words that Claude Code looks for: %s', (message, words) => {
    const { body } = printed(new GatewayError('context_length_exceeded', { message }))

    expect(body).toMatchObject({ error: { type: 'invalid_request_error', message: words } })
  })
})
