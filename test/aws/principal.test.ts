import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { toCall } from '../../lib/aws/lambda.ts'

const callOf = (authorizer: unknown, headers: Record<string, string> = {}) =>
  toCall(
    {
      headers,
      rawPath: '/v1/models',
      rawQueryString: '',
      requestContext: { http: { method: 'GET' }, ...(authorizer !== undefined && { authorizer }) },
    } as unknown as APIGatewayProxyEventV2,
    { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 } as unknown as Context,
    0,
  )

describe('the principal of a call', () => {
  it('is the role behind a session, as Lambda says it', () => {
    const iam = { accountId: '123456789012', userArn: 'arn:aws:sts::123456789012:assumed-role/backend/session' }

    expect(callOf({ iam }).principal).toBe('arn:aws:iam::123456789012:role/backend')
  })

  it('is kept where it is nothing that could be a key, so that no header counts instead', () => {
    expect(callOf({ iam: { userArn: 'arn:aws:sts::123456789012:something-new' } }).principal).toBe(
      'arn:aws:sts::123456789012:something-new',
    )
  })

  it('is nobody behind an open URL, whatever the headers say', () => {
    const headers = {
      'x-amzn-request-context': '{"authorizer":{"iam":{"userArn":"arn:aws:iam::123456789012:role/backend"}}}',
      principal: 'arn:aws:iam::123456789012:role/backend',
    }

    for (const authorizer of [undefined, null, {}, { iam: null }, { iam: { userArn: '' } }])
      expect(callOf(authorizer, headers)).not.toHaveProperty('principal')
  })
})
