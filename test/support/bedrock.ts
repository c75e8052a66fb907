import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = { path: string; headers: IncomingMessage['headers']; body: string }
export type Answer = { status?: number; headers?: Record<string, string>; body: string | readonly Uint8Array[] }

const sha = (data: string) => createHash('sha256').update(data).digest('hex')
const mac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()

/**
 * A server of Bedrock's that checks signatures itself, from the steps in AWS's reference ("Create a signed AWS API request") and
 * from what came over the wire: a request that is signed wrongly gets AWS's own refusal.
 */
export async function startBedrock(secrets: Record<string, string>, answer: (received: Received) => Answer) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const one: Received = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString() }
      received.push(one)
      const wrong = request.headers.authorization?.startsWith('Bearer ') ? undefined : refusal(one, secrets)
      const { status = 200, headers = {}, body } = wrong ?? answer(one)
      response.writeHead(status, { 'x-amzn-requestid': 'aws-1', ...headers })
      for (const piece of typeof body === 'string' ? [body] : body) response.write(piece)
      response.end()
    })
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    stop: () => new Promise((closed) => void server.close(closed)),
  }
}

export const refused = (status: number, type: string, message: string): Answer => ({
  status,
  headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/` },
  body: JSON.stringify({ message }),
})

function refusal({ path, headers, body }: Received, secrets: Record<string, string>): Answer | undefined {
  const given =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    )
  const [, id = '', date = '', region = '', service = '', signed = '', signature] = given ?? []
  const secret = secrets[id]
  if (secret === undefined) return refused(403, 'UnrecognizedClientException', 'The security token is invalid.')
  const twice = path.split('/').map(encodeURIComponent).join('/')
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name])}\n`)
  const canonical = ['POST', twice, '', lines.join(''), signed, sha(body)].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, sha(canonical)].join('\n')
  const key = mac(mac(mac(mac(`AWS4${secret}`, date), region), service), 'aws4_request')
  if (mac(key, toSign).toString('hex') === signature) return undefined
  return refused(403, 'InvalidSignatureException', 'The request signature does not match.')
}
