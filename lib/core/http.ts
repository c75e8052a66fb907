import type { GatewayError } from './errors.ts'

/**
 * One request as every door hands it on: plain data, no platform object.
 * `headers` has lower-case names; `path` has no query and is percent-decoded only where a flow asks for it.
 */
export type Call = {
  method: string
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  body: Uint8Array
  requestId: string
  /** Who calls, as the platform has made sure: the canonical ARN of an IAM principal. Never taken from what a client sent. */
  principal?: string
  /** Milliseconds since 1970. */
  receivedAt: number
  /** Milliseconds since 1970 by which the reply must have ended; a platform's own limit, less a margin. */
  deadline?: number
  /** Aborted when the client has left, on platforms that tell. */
  left?: AbortSignal
}

/**
 * One answer. A body that is iterated throws only where its bytes have no place for an error (audio), to break the connection;
 * else a failure after the first byte is an event in the client's dialect.
 * The door calls `done` exactly once, after the last byte was handed over or the client has left, and awaits it before it
 * returns to its platform: what settles the money runs there.
 */
export type Reply = {
  status: number
  headers: Record<string, string>
  body: string | Uint8Array | AsyncIterable<Uint8Array>
  /** What the body tells, where it tells an error: to print it again in the tongue of a path. */
  error?: GatewayError
  done?: () => Promise<void>
  /** What is left to do once all of that is over and nobody waits any more. `done` of the outermost reply runs it last. */
  after?: () => Promise<void>
}

export type Flow = (call: Call) => Promise<Reply>

export const isStream = (body: Reply['body']): body is AsyncIterable<Uint8Array> =>
  typeof body !== 'string' && !(body instanceof Uint8Array)

/**
 * Headers as HTTP can carry them: what a client or a config wrote into a name (a model's, a dropped field's) may be any text, and
 * one byte that is not of the printable ASCII would break the whole reply. Such bytes are percent-encoded.
 */
export function sendable(headers: Record<string, string>): Record<string, string> {
  if (!Object.values(headers).some((value) => unsendable.test(value))) return headers
  const safe = (value: string) => value.toWellFormed().replaceAll(/[^\x20-\x7e]+/g, encodeURIComponent)
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, safe(value)]))
}

const unsendable = /[^\x20-\x7e]/

/** A reply whose body is JSON. */
export const jsonReply = (status: number, body: unknown, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
