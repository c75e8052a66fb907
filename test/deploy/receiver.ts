import { createServer, type IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** Where alerts or spans go, on loopback: POST is taken at any path, GET lists what was posted. */
export async function startReceiver() {
  const posted: string[] = []
  const server = createServer((request, response) => {
    if (request.method === 'GET') return void response.end(JSON.stringify(posted))
    void bytesOf(request).then((bytes) => {
      posted.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString())
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
