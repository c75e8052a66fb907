import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { JsonObject } from '../../lib/core/json.ts'
import { objectOf, tryParse } from '../../lib/core/json.ts'

export type Asked = {
  method: string
  /** With its query. */
  path: string
  headers: Record<string, string | string[] | undefined>
  bytes: Buffer
  text: string
  json: JsonObject
}

/** `cut`: the connection breaks after these bytes. `chunks`: sent one by one. */
export type Answer = {
  status?: number
  type?: string
  headers?: Record<string, string>
  body?: string | Uint8Array | JsonObject
  chunks?: (string | Uint8Array)[]
  cut?: true
}

/** A provider of one endpoint on a loopback socket: it answers as it is told to, and remembers what it was asked. */
export async function startHost(answer: (asked: Asked) => Answer) {
  const asked: Asked[] = []

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const text = bytes.toString()
    const { method = '', url = '', headers } = request
    const one = { method, path: url, headers, bytes, text, json: objectOf(tryParse(text)) }
    asked.push(one)
    const { status = 200, type = 'application/json', body = '', chunks: pieces, cut, headers: more } = answer(one)
    response.writeHead(status, { 'content-type': type, ...more })
    const whole = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    for (const piece of pieces ?? [whole]) {
      response.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    if (cut) response.destroy()
    else response.end()
  }

  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    last: () => asked.at(-1),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type Host = Awaited<ReturnType<typeof startHost>>
