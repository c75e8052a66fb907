import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { type ResponseStream, sendReply, toCall, toResult } from '../../lib/aws/lambda.ts'
import type { Reply } from '../../lib/core/http.ts'
import { replyOf } from '../../lib/core/reply-of.ts'

const context = { awsRequestId: 'r-1', getRemainingTimeInMillis: () => 60_000 } as Context
const now = 1_000_000

const event = (more: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: '/v1/models',
  rawQueryString: '',
  headers: {},
  requestContext: { http: { method: 'GET', path: '/v1/models' } } as APIGatewayProxyEventV2['requestContext'],
  isBase64Encoded: false,
  ...more,
})

describe('toCall', () => {
  it('has lower-case headers, the query, and the cookies as one header', () => {
    const given = event({
      headers: { Authorization: 'Bearer x', 'X-Api-Key': undefined },
      cookies: ['a=1', 'b=2'],
      rawQueryString: 'api-version=2024&q=%C3%A9+x',
    })

    const call = toCall(given, context, now)

    expect(call.headers).toEqual({ authorization: 'Bearer x', cookie: 'a=1; b=2' })
    expect(call.query).toEqual({ 'api-version': '2024', q: 'é x' })
  })

  it('reads a body as text or as base64, as the platform says', () => {
    const text = toCall(event({ body: 'Grüße' }), context, now)
    const binary = toCall(event({ body: 'AP8=', isBase64Encoded: true }), context, now)
    const none = toCall(event(), context, now)

    expect(Buffer.from(text.body).toString()).toBe('Grüße')
    expect([...binary.body]).toEqual([0, 255])
    expect(none.body.length).toBe(0)
  })

  it('must have ended ten seconds before Lambda ends the function', () => {
    expect(toCall(event(), context, now).deadline).toBe(now + 50_000)
  })
})

const throwing = () => Promise.reject(new Error('the reason'))

describe('answer', () => {
  it('turns a flow that throws into a 500, and tells the log where it threw but not in which words', async () => {
    const logged: unknown[] = []

    const reply = await replyOf(throwing, toCall(event(), context, now), (...line) => void logged.push(line))

    expect(reply.status).toBe(500)
    expect(JSON.stringify(reply.body)).not.toContain('the reason')
    expect(JSON.stringify(logged)).toMatch(/"reason":"Error\\n {4}at .*lambda\.test\.ts:\d+/)
    expect(JSON.stringify(logged)).not.toContain('the reason')
  })
})

/** A stream that notes what happens to it; `full` says after which writes it has no room until `drain` is called. */
function recorder(full: (written: number) => boolean = () => false) {
  const steps: string[] = []
  const listeners = new Map<string, Set<(error: Error) => void>>()
  const add = (name: string, listener: (error: Error) => void) =>
    listeners.set(name, (listeners.get(name) ?? new Set()).add(listener))
  const stream: ResponseStream = {
    write(chunk) {
      steps.push(`write ${Buffer.from(chunk).toString()}`)
      return !full(steps.length)
    },
    end: () => void steps.push('end'),
    on: add,
    once: add,
    off: (name, listener) => void listeners.get(name)?.delete(listener),
  }
  const emit = (name: string, error = new Error('gone')) => {
    for (const listener of listeners.get(name) ?? []) listener(error)
  }
  const open = (prelude: { statusCode: number }) => {
    steps.push(`open ${prelude.statusCode}`)
    return stream
  }
  return { steps, open, emit }
}

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}

async function* failing() {
  yield Buffer.from('a')
  throw new Error('source')
}

describe('sendReply', () => {
  it('writes an empty string first, so that an empty reply keeps its status', async () => {
    const { steps, open } = recorder()

    await sendReply({ status: 204, headers: {}, body: '' }, open)

    expect(steps).toEqual(['open 204', 'write ', 'end'])
  })

  it('settles after the end of the body, and is not done before', async () => {
    const { steps, open } = recorder()
    const done = async () => {
      await Promise.resolve()
      steps.push('done')
    }

    await sendReply({ status: 200, headers: {}, body: chunks('a', 'b'), done }, open)

    expect(steps).toEqual(['open 200', 'write ', 'write a', 'write b', 'end', 'done'])
  })

  it('reads no further while the stream is full', async () => {
    const { steps, open, emit } = recorder((written) => written === 3)

    const sent = sendReply({ status: 200, headers: {}, body: chunks('a', 'b') }, open)
    await new Promise((resolve) => setImmediate(resolve))
    const before = [...steps]
    emit('drain')
    await sent

    expect(before).toEqual(['open 200', 'write ', 'write a'])
    expect(steps.at(-1)).toBe('end')
  })

  it('never ends the stream of a source that throws, but settles', async () => {
    const { steps, open } = recorder()
    const reply: Reply = { status: 200, headers: {}, body: failing(), done: async () => void steps.push('done') }

    await expect(sendReply(reply, open)).rejects.toThrow('source')

    expect(steps).toEqual(['open 200', 'write ', 'write a', 'done'])
  })

  it('leaves the source when the connection is lost, and settles', async () => {
    let left = false
    const { steps, open, emit } = recorder((written) => written === 3)
    async function* body() {
      try {
        yield Buffer.from('a')
        yield Buffer.from('b')
      } finally {
        left = true
      }
    }

    const sent = sendReply({ status: 200, headers: {}, body: body(), done: async () => void steps.push('done') }, open)
    await new Promise((resolve) => setImmediate(resolve))
    emit('error')
    await sent

    expect(left).toBe(true)
    expect(steps).not.toContain('write b')
    expect(steps.at(-1)).toBe('done')
  })
})

describe('a cookie of a reply', () => {
  const reply: Reply = { status: 200, headers: { 'set-cookie': 'a=1', 'x-a': 'b' }, body: '' }

  it('goes where Lambda looks for it, streamed or not', async () => {
    const preludes: unknown[] = []
    const stream = { write: () => true, end: () => {}, on: () => {}, once: () => {}, off: () => {} }

    await sendReply(reply, (prelude) => {
      preludes.push(prelude)
      return stream
    })
    const { statusCode, headers, cookies } = await toResult(reply)

    const expected = { statusCode: 200, headers: { 'x-a': 'b' }, cookies: ['a=1'] }
    expect(preludes).toEqual([expected])
    expect({ statusCode, headers, cookies }).toEqual(expected)
  })
})

describe('toResult', () => {
  it('gives text as text and everything else in base64', async () => {
    const json = await toResult({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"a":"é"}' })
    const bytes = await toResult({
      status: 200,
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array([0, 255]),
    })

    expect(json).toMatchObject({ statusCode: 200, body: '{"a":"é"}', isBase64Encoded: false })
    expect(bytes).toMatchObject({ body: 'AP8=', isBase64Encoded: true })
  })

  it('says so where the answer is larger than Lambda passes on', async () => {
    const body = 'x'.repeat(5_000_000)

    const result = await toResult({ status: 200, headers: { 'content-type': 'application/json' }, body })

    expect(result.statusCode).toBe(413)
    expect(result.body).toMatch(/5000000 bytes.*fewer rows/)
  })
})
