import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'

/** A DynamoDB engine on this machine. */
export type Engine = { endpoint: string; pid: number | undefined; stop(): Promise<void> }

/** A port that nobody holds: asked of the kernel, never guessed. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** The embedded engine's program, or undefined where it does not exist for this platform. */
export function embeddedEngine(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide')
  } catch {
    return undefined
  }
}

/** Starts the embedded engine on `file` and resolves once it answers. Rejects with what it printed where it stops instead. */
export async function startEmbedded(program: string, file: string): Promise<Engine> {
  const port = await freePort()
  const child = spawn(program, ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await untilReady(child)
  return { endpoint: `http://127.0.0.1:${port}`, pid: child.pid, stop: () => stopped(child) }
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('Dynoxide listening on')) resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(new Error(`the DynamoDB engine stopped with ${code}: ${said.trim().slice(0, 500)}`)),
    )
  })
}

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
