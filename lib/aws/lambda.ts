import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { errorBody, GatewayError } from '../core/errors.ts'
import { type Call, type Flow, isStream, type Reply } from '../core/http.ts'
import { objectOf, stringOf } from '../core/json.ts'
import type { Log } from '../core/ports.ts'
import { replyOf } from '../core/reply-of.ts'
import { canonicalPrincipal } from '../core/principal.ts'

/** Lambda ends a function at its timeout without a word; a reply must have ended this long before, so that money still settles. */
const marginMs = 10_000

/** What Lambda takes back from a buffered function (6 MB, of which base64 and the envelope want their part). */
const mostBufferedBytes = 4_300_000

/** A function URL's event (payload format 2.0) as the core's own request. `now` in milliseconds since 1970. */
export function toCall(event: APIGatewayProxyEventV2, context: Context, now: number): Call {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(event.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = value
  }
  if (event.cookies?.length) headers.cookie = event.cookies.join('; ')
  return {
    method: event.requestContext.http.method,
    path: event.rawPath || '/',
    query: Object.fromEntries(new URLSearchParams(event.rawQueryString)),
    headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    requestId: context.awsRequestId,
    ...principalOf(event),
    receivedAt: now,
    deadline: now + context.getRemainingTimeInMillis() - marginMs,
  }
}

/** Lambda alone writes this, and only behind a URL that asks for signatures: no header that a caller sends can pass for it. */
function principalOf(event: APIGatewayProxyEventV2): { principal?: string } {
  const { authorizer } = objectOf(event.requestContext)
  const userArn = stringOf(objectOf(objectOf(authorizer).iam).userArn)
  return userArn ? { principal: canonicalPrincipal(userArn) ?? userArn } : {}
}

/** The part of a Lambda response stream that is used; it is no `Writable`, only looks like one. */
export type ResponseStream = {
  write(chunk: string | Uint8Array): boolean
  end(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'drain' | 'error' | 'close', listener: () => void): unknown
  off(event: 'drain' | 'error' | 'close', listener: () => void): unknown
}

/**
 * Writes a reply to the stream that `open` gives for its status and headers, then lets the money settle. A source that throws
 * makes this reject *without* ending the stream: the runtime then aborts the connection, and no caller takes a cut answer
 * for a whole one. Never `pipeline()`: it destroys the stream on a source's error, which kills the whole runtime.
 */
export async function sendReply(reply: Reply, open: (prelude: Prelude) => ResponseStream): Promise<void> {
  const stream = open(preludeOf(reply))
  let lost = false
  stream.on('error', () => (lost = true))
  try {
    // Status and headers travel with the first write; without one, `end()` would lose them.
    stream.write('')
    for await (const chunk of chunksOf(reply.body)) {
      if (!stream.write(chunk)) await roomIn(stream)
      if (lost) break
    }
    stream.end()
  } finally {
    await reply.done?.()
  }
}

/** The part of a reply that Lambda takes as JSON. */
type Prelude = { statusCode: number; headers: Record<string, string>; cookies?: string[] }

/** Lambda drops a `set-cookie` among the headers: cookies have a list of their own (payload format 2.0). */
function preludeOf(reply: Reply): Prelude {
  const { 'set-cookie': cookie, ...headers } = reply.headers
  return { statusCode: reply.status, headers, ...(cookie !== undefined && { cookies: [cookie] }) }
}

/** A flow as the handler of a function that streams: Lambda's own wrapper, a call, a reply, and the money after it. */
export const streamed = (flow: Flow, { log, now }: { log: Log; now: () => number }) =>
  awslambda.streamifyResponse(
    async (event: APIGatewayProxyEventV2, stream: awslambda.HttpResponseStream, context: Context): Promise<void> => {
      const reply = await replyOf(flow, toCall(event, context, now()), log)
      await sendReply(reply, (prelude) => awslambda.HttpResponseStream.from(stream, prelude))
    },
  )

async function* chunksOf(body: Reply['body']): AsyncGenerator<string | Uint8Array> {
  if (isStream(body)) yield* body
  else if (body.length > 0) yield body
}

function roomIn(stream: ResponseStream): Promise<void> {
  return new Promise((resolve) => {
    const events = ['drain', 'error', 'close'] as const
    const go = () => {
      for (const event of events) stream.off(event, go)
      resolve()
    }
    for (const event of events) stream.once(event, go)
  })
}

/** A reply for a function whose answers are buffered. One that Lambda would refuse for its size is an error that says so. */
export async function toResult(reply: Reply): Promise<APIGatewayProxyStructuredResultV2> {
  try {
    const parts: Uint8Array[] = []
    for await (const chunk of chunksOf(reply.body)) {
      parts.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    }
    const bytes = Buffer.concat(parts)
    if (bytes.length > mostBufferedBytes) return tooLong(bytes.length)
    const text = /^(text\/|application\/json)/.test(reply.headers['content-type'] ?? '')
    const body = bytes.toString(text ? 'utf8' : 'base64')
    return { ...preludeOf(reply), body, isBase64Encoded: !text }
  } finally {
    await reply.done?.()
  }
}

function tooLong(bytes: number): APIGatewayProxyStructuredResultV2 {
  const message = `The answer has ${bytes} bytes, more than the ${mostBufferedBytes} that Lambda passes on; ask for fewer rows or a shorter period.`
  const error = new GatewayError('too_large', { message })
  return {
    statusCode: error.status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(errorBody(error)),
  }
}
