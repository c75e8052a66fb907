import { createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http'

/** One call as it came over the wire: its number (from 0), to whom, and what was asked. */
export type WireCall = { n: number; service: string; target: string; body: string }

/**
 * What becomes of a call. Lost: the connection breaks, with the effect never, now, or when `settleLate` is called.
 * Stalled: the same with a connection that stays open in silence. An object is an answer that the service never gave.
 */
export const silences = ['lost before', 'lost after', 'lost, late', 'stalled before', 'stalled after'] as const
export type Fate = 'pass' | (typeof silences)[number] | { status: number; body: unknown; after?: boolean }

/**
 * A network between a process and the services it calls: a proxy on a real socket in front of each, one count of calls
 * over all. The clients that are tested are the real ones, so what they make of silence is tested with them.
 */
export function startNetwork() {
  let decide: (call: WireCall) => Fate = () => 'pass'
  let count = 0
  const calls: WireCall[] = []
  const late: (() => Promise<unknown>)[] = []
  const closers: (() => Promise<void>)[] = []

  async function carry(service: string, endpoint: string, request: IncomingMessage, response: ServerResponse) {
    const body = await bytesOf(request)
    const call = { n: count++, service, target: targetOf(request, body), body: body.toString() }
    calls.push(call)
    const fate = decide(call)
    const forward = () => forwarded(endpoint, request, body)
    if (typeof fate === 'object') {
      if (fate.after) await forward()
      return void response.writeHead(fate.status, { 'content-type': jsonType }).end(JSON.stringify(fate.body))
    }
    if (fate === 'lost, late') late.push(forward)
    if (fate === 'lost after' || fate === 'stalled after') await forward()
    if (fate === 'pass') {
      const answer = await forward()
      return void response.writeHead(answer.status, answer.headers).end(answer.body)
    }
    if (fate.startsWith('lost')) request.socket.resetAndDestroy()
  }

  return {
    calls,
    /** The address of a proxy in front of a service. */
    async through(service: string, endpoint: string): Promise<string> {
      // What breaks is what a test breaks: an idle connection that the server closed by itself would be one more.
      const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
        carry(service, endpoint, request, response).catch(() => response.destroy())
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      closers.push(async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      })
      const address = server.address()
      return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    },
    /** From now on: counts anew, and asks for each call's fate. */
    under(plan: (call: WireCall) => Fate = () => 'pass'): void {
      decide = plan
      count = 0
      calls.length = 0
    },
    /** What was still under way arrives now. */
    settleLate: async () => {
      for (const effect of late.splice(0)) await effect().catch(() => undefined)
    },
    stop: async () => void (await Promise.all(closers.splice(0).map((close) => close()))),
  }
}

export type Network = ReturnType<typeof startNetwork>

const jsonType = 'application/x-amz-json-1.0'

/** A fate for the calls that match, `times` of them; the others pass. */
export function only(match: (call: WireCall) => boolean, fate: Fate, times = 1): (call: WireCall) => Fate {
  let left = times
  return (call) => (left > 0 && match(call) && left-- > 0 ? fate : 'pass')
}

/** A refusal as AWS words it. */
export const exception = (code: string, status = 400, more: object = {}): Fate => ({
  status,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: `injected: ${code}`, ...more },
})

/** `UpdateItem` of a JSON service, `Publish` of a query service, else the path. */
function targetOf(request: IncomingMessage, body: Buffer): string {
  const named = request.headers['x-amz-target']
  if (typeof named === 'string') return named.split('.').at(-1) ?? named
  return new URLSearchParams(body.toString()).get('Action') ?? request.url ?? '/'
}

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function forwarded(endpoint: string, { method, url, headers }: IncomingMessage, body: Buffer) {
  return new Promise<{ status: number; headers: Record<string, string>; body: Buffer }>((resolve, reject) => {
    const target = new URL(url ?? '/', endpoint)
    const outgoing = send(target, { method, headers }, (incoming) => {
      bytesOf(incoming)
        .then((answer) => {
          const type = incoming.headers['content-type'] ?? jsonType
          resolve({ status: incoming.statusCode ?? 502, headers: { 'content-type': type }, body: answer })
        })
        .catch(reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
