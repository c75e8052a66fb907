import { connect, createServer, type Socket } from 'node:net'

/**
 * A line between a function and something it talks to, which a test can cut as a server does (`close`: both ends hear of it)
 * or as a firewall does (`silence`: connections that are open stay so, and nothing passes any more). New ones always work.
 */
export async function startLine(targetOf: () => string) {
  const open = new Set<Socket>()
  const silenced = new Set<Socket>()
  const server = createServer((near) => {
    const target = new URL(targetOf())
    const far = connect(Number(target.port), target.hostname)
    const pass = (from: Socket, to: Socket) => {
      open.add(from)
      from.on('data', (chunk) => silenced.has(from) || to.write(chunk))
      from.on('end', () => silenced.has(from) || to.end())
      from.on('error', () => to.destroy())
      from.on('close', () => open.delete(from))
    }
    pass(near, far)
    pass(far, near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    close: () => {
      for (const socket of open) socket.destroy()
    },
    silence: () => {
      for (const socket of open) silenced.add(socket)
    },
    count: () => open.size,
    stop: () => {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

export type Line = Awaited<ReturnType<typeof startLine>>
