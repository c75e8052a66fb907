import { describe, expect, it } from 'vitest'
import { canonicalPrincipal, looksLikeArn } from '../../lib/core/principal.ts'

describe('canonicalPrincipal', () => {
  it.each([
    ['arn:aws:sts::123456789012:assumed-role/backend/session-1', 'arn:aws:iam::123456789012:role/backend'],
    ['arn:aws:iam::123456789012:role/backend', 'arn:aws:iam::123456789012:role/backend'],
    ['arn:aws:iam::123456789012:role/service/teams/backend', 'arn:aws:iam::123456789012:role/backend'],
    [' arn:aws:iam::123456789012:role/backend\n', 'arn:aws:iam::123456789012:role/backend'],
    [
      'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0a1b/jane@example.com',
      'arn:aws:iam::123456789012:role/AWSReservedSSO_Dev_0a1b',
    ],
    ['arn:aws-cn:sts::123456789012:assumed-role/backend/i-0abc', 'arn:aws-cn:iam::123456789012:role/backend'],
    ['arn:aws:iam::123456789012:user/people/jane', 'arn:aws:iam::123456789012:user/people/jane'],
    ['arn:aws:iam::123456789012:root', 'arn:aws:iam::123456789012:root'],
    ['arn:aws:sts::123456789012:federated-user/jane', 'arn:aws:sts::123456789012:federated-user/jane'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalPrincipal(text)).toBe(canonical)
    expect(canonicalPrincipal(canonical)).toBe(canonical)
  })

  it.each([
    'arn:aws:iam::123456789012:role/',
    'arn:aws:iam::123456789012:role/*',
    'arn:aws:iam::12345:role/backend',
    'arn:aws:iam::*:role/backend',
    'arn:aws:sts::123456789012:assumed-role/backend',
    'arn:aws:sts::123456789012:assumed-role/backend/a/b',
    'arn:aws:sts::123456789012:role/backend',
    'arn:aws:iam::123456789012:assumed-role/backend/session',
    'arn:aws:iam::123456789012:policy/backend',
    'arn:aws:s3:::bucket',
    'ARN:aws:iam::123456789012:role/backend',
    'sk-arn:aws:iam::123456789012:role/backend',
    '',
  ])('%j names no principal', (text) => {
    expect(canonicalPrincipal(text)).toBeUndefined()
  })
})

describe('looksLikeArn', () => {
  it('sees what anybody would take for one', () => {
    expect([' ARN:aws:iam::1:role/x', 'arn:', 'sk-arn:', 'arnold'].map(looksLikeArn)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
