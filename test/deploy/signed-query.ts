import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { account } from './places.ts'

export type RoleCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken: string }

/** Takes on a role, as Lambda does for a function, by STS's own protocol (a signed form in, XML out). */
export async function assumeRole(endpoint: string, roleArn: string, session: string): Promise<RoleCredentials> {
  const url = new URL(endpoint)
  const form = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: roleArn, RoleSessionName: session.slice(0, 64) }
  const body = new URLSearchParams(form).toString()
  const signer = new SignatureV4({ service: 'sts', region: account.region, credentials: account, sha256: Sha256 })
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    query: {},
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  })
  const { host: _host, ...sent } = headers
  const reply = await fetch(endpoint, { method: 'POST', headers: sent, body })
  const xml = await reply.text()
  const one = (name: string): string => {
    const value = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]
    if (!value) throw new Error(`${roleArn} was not given: ${xml}`)
    return value
  }
  return { accessKeyId: one('AccessKeyId'), secretAccessKey: one('SecretAccessKey'), sessionToken: one('SessionToken') }
}
