import { once } from 'node:events'
import { createServer } from 'node:net'

const [lowest, count] = [20_000, 12_000]
const given = new Set<number>()

/**
 * A port on loopback that nobody listens on, for a program that has to be told one. It is below those that the kernel hands out
 * (32768 and more on Linux): nobody gets it by chance until it is used, and whoever asks there too early cannot be connected to himself.
 */
export async function quietPort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = lowest + Math.floor(Math.random() * count)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
  throw new Error(`no free port from ${lowest} to ${lowest + count}`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
