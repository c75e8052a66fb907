import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsCredentials, SignedRequest, Signing } from '../core/ports.ts'
import { nodeSha256 } from './signed.ts'

/**
 * The headers of AWS Signature Version 4 for one request; its URL must be encoded as it will be sent: what is signed is that path,
 * encoded once more (AWS's reference of the canonical request; S3 alone differs). `at`: milliseconds since 1970.
 */
export async function signV4(
  { service, region }: Extract<Signing, { scheme: 'sigv4' }>,
  { method, url, headers, body }: SignedRequest,
  { keys: credentials, at }: { keys: AwsCredentials; at: number },
): Promise<Record<string, string>> {
  const { protocol, hostname, host, port, pathname, searchParams } = new URL(url)
  const signer = new SignatureV4({ service, region, credentials, sha256: nodeSha256, applyChecksum: false })
  const signed = await signer.sign(
    {
      method,
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { host, ...(headers['content-type'] !== undefined && { 'content-type': headers['content-type'] }) },
      body,
    },
    { signingDate: new Date(at) },
  )
  const { host: _host, 'content-type': _type, ...rest } = signed.headers
  return rest
}
