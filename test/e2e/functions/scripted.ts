import { createHash } from 'node:crypto'
import { streamed } from '../../../lib/aws/lambda.ts'
import { type Call, type Flow, jsonReply, type Reply } from '../../../lib/core/http.ts'

// A function whose replies are what a path asks for: what the platform makes of each is the test. It stands behind the same
// handler as the gateway.

const piece = 65_536

/** Bytes that no text encoding survives, the same at every run. */
const patterned = (length: number, from = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (((from + index) * 2_654_435_761) >>> 13) & 255)

async function* stream(bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += piece) {
    yield patterned(Math.min(piece, bytes - at), at)
    if (at % 2 ** 20 === 0) process.stdout.write(`{"produced":${at + piece}}\n`)
  }
}

async function* failing(after: number): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < after; count++) yield Buffer.from(`piece ${count}\n`)
  throw new Error('the source failed')
}

const settled = (reply: Reply): Reply => ({
  ...reply,
  done: async () => void process.stdout.write('{"settled":true}\n'),
})

const paths: Record<string, (call: Call) => Reply> = {
  '/echo': ({ method, query, headers, body }) =>
    jsonReply(200, {
      method,
      query,
      headers,
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('hex'),
    }),
  '/empty': ({ query }) => ({
    status: Number(query.status),
    headers: { 'x-kept': 'yes', ...located(query) },
    body: '',
  }),
  '/audio': () => ({ status: 200, headers: { 'content-type': 'audio/mpeg' }, body: patterned(300_000) }),
  '/stream': ({ query }) =>
    settled({ status: 200, headers: { 'content-type': 'audio/mpeg' }, body: stream(Number(query.bytes)) }),
  '/cookie': () => jsonReply(200, {}, { 'set-cookie': 'session=a%20b; Path=/; HttpOnly', 'x-kept': 'yes' }),
  '/fail': ({ query }) =>
    settled({ status: 200, headers: { 'content-type': 'text/plain' }, body: failing(Number(query.after)) }),
  '/throw': () => {
    throw new Error('the flow threw')
  },
}

const located = (query: Record<string, string>): Record<string, string> =>
  query.location === undefined ? {} : { location: query.location }

const flow: Flow = async (call) => paths[call.path]?.(call) ?? jsonReply(404, {})

export const handler = streamed(flow, {
  log: (level, message) => void process.stdout.write(`${JSON.stringify({ level, message })}\n`),
  now: () => Date.now(),
})
