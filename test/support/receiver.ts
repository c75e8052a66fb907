import { createServer, type IncomingHttpHeaders } from 'node:http'
import { tryParse } from '../../lib/core/json.ts'

export type Received = { path: string; headers: IncomingHttpHeaders; body: unknown; text: string }

/** Somebody's webhook on a real socket: remembers what came, and answers what the test says. */
export async function startReceiver() {
  const received: Received[] = []
  let status: (path: string) => number = () => 200
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (piece: string) => (text += piece))
    request.on('end', () => {
      const path = request.url ?? ''
      received.push({ path, headers: request.headers, body: tryParse(text), text })
      const answer = status(path)
      if (answer === 0) response.destroy()
      else response.writeHead(answer, answer === 302 ? { location: '/elsewhere' } : {}).end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    received,
    at: (path: string) => received.filter((one) => one.path === path),
    /** What it answers from now on; 0 breaks the connection after it has read. */
    answers: (next: (path: string) => number) => void (status = next),
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
