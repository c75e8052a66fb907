import { describe, expect, it } from 'vitest'
import { signers } from '../../lib/aws/signers.ts'
import { signV4 } from '../../lib/aws/sigv4.ts'

const at = Date.UTC(2026, 10, 21, 12)
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const signing = { scheme: 'sigv4', service: 'bedrock', region: 'eu-central-1' } as const
const host = 'https://bedrock-runtime.eu-central-1.amazonaws.com'
const request = (path: string) => ({
  method: 'POST' as const,
  url: `${host}/model/${path}`,
  headers: { 'content-type': 'application/json' },
  body: '{"messages":[]}',
})
const credential = 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/eu-central-1/bedrock/aws4_request'

describe('a signature', () => {
  // What botocore 1.43 signs for the same request: it encodes the path, which is encoded, once more.
  it('is of the path as it is sent, encoded once more', async () => {
    const headers = await signV4(signing, request('eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream'), {
      keys,
      at,
    })

    expect(headers).toEqual({
      'x-amz-date': '20261121T120000Z',
      authorization: `${credential}, SignedHeaders=content-type;host;x-amz-date, Signature=8d91cb6ff2e56f84c83415c642a07d85db4ed517d69be5119fae31258e2d093d`,
    })
  })

  it('of an ARN, by keys that are borrowed, carries their token', async () => {
    const arn = 'arn%3Aaws%3Abedrock%3Aeu-central-1%3A111122223333%3Aapplication-inference-profile%2Fabc123def456'
    const borrowed = { ...keys, sessionToken: 'TOKEN//==' }

    const headers = await signV4(signing, request(`${arn}/converse`), { keys: borrowed, at })

    expect(headers).toEqual({
      'x-amz-date': '20261121T120000Z',
      'x-amz-security-token': 'TOKEN//==',
      authorization: `${credential}, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=2bb30438c9636d31155b6c992bbadb7a0f990907c7bd3c0b13eb42dbc905b911`,
    })
  })

  it('is by the function’s role, asked anew each time, or by the keys of the entry', async () => {
    let asked = 0
    const sign = signers({
      credentials: async () => ({ ...keys, accessKeyId: `ROLE${++asked}` }),
      upstream: async () => {
        throw new Error('nobody is asked for a signature')
      },
      clock: { now: () => at, sleep: async () => {} },
    })
    const by = async (credentials?: typeof keys) =>
      (await sign({ ...signing, ...(credentials && { credentials }) }, request('m/converse'))).authorization

    expect(await by()).toContain('Credential=ROLE1/')
    expect(await by()).toContain('Credential=ROLE2/')
    expect(await by(keys)).toContain('Credential=AKIDEXAMPLE/')
    expect(asked).toBe(2)
  })
})
