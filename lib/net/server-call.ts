import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Call } from '../core/http.ts'

/** A client may name its request, so that its own logs and ours can be joined; anything that could harm a log line is not taken. */
const requestIdPattern = /^[\w.:-]{1,128}$/

/** The request as flows know it. */
export function toCall(request: IncomingMessage, body: Uint8Array, left: AbortSignal): Call {
  const url = request.url ?? '/'
  // A client that takes us for a proxy sends the whole URL (RFC 9112, 3.2.2).
  const target = url.startsWith('/') ? url : url.replace(/^[a-z]+:\/\/[^/?]*/i, '')
  const mark = target.indexOf('?')
  const headers = headersOf(request)
  const named = headers['x-request-id'] ?? ''
  return {
    method: request.method ?? 'GET',
    path: (mark < 0 ? target : target.slice(0, mark)) || '/',
    query: mark < 0 ? {} : Object.fromEntries(new URLSearchParams(target.slice(mark + 1))),
    headers,
    body,
    requestId: requestIdPattern.test(named) ? named : randomUUID(),
    receivedAt: Date.now(),
    left,
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ')
  return headers
}

const roomyBytes = 65_536

/**
 * The whole body; `tooLarge` (bytes announced, or come so far) as soon as that is known; `left` where the client broke off.
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<Uint8Array | { tooLarge: number } | 'left'> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return { tooLarge: announced }
  // A client that asks first (RFC 9110, 10.1.1) is told to go on only now, so it never sends what would be refused.
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
  return new Promise((resolve) => {
    // Recordings are megabytes: pieces that are joined at the end would be there twice for a moment.
    const room = announced > roomyBytes ? Buffer.allocUnsafe(announced) : undefined
    const chunks: Buffer[] = []
    let bytes = 0
    const onData = (chunk: Buffer) => {
      if (room) chunk.copy(room, bytes)
      else chunks.push(chunk)
      bytes += chunk.length
      if (bytes > maxBytes) conclude({ tooLarge: bytes })
    }
    const conclude = (result: Uint8Array | { tooLarge: number } | 'left') => {
      request.off('data', onData)
      resolve(result)
    }
    request.on('data', onData)
    request.once('end', () => conclude(room ?? (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))))
    request.once('error', () => conclude('left'))
    request.once('close', () => conclude('left'))
  })
}
