import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'

/** A DynamoDB engine on this machine. */
export type Engine = { endpoint: string; pid: number | undefined; stop: () => Promise<void> }

/** Options of an engine process. */
export type EngineOptions = {
  /** Loopback port; a free one where absent. */
  port?: number
  /** A process group of its own: Ctrl-C in the terminal must not end the engine before the requests that still settle. */
  detached?: boolean
  /** Called where the process ends without having been told to. */
  onExit?: (said: string) => void
}

/** A port that nobody holds: asked of the kernel, never guessed. */
function freePort(): Promise<number> {
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

/**
 * Starts the embedded engine on `file` and resolves once it answers. Rejects with what it printed where it stops instead. A free
 * port may be somebody else's by the time the engine asks for it: then it is started on another one.
 */
export async function startEmbedded(program: string, file: string, options: EngineOptions = {}): Promise<Engine> {
  const start = (port: number) => {
    const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file]
    return startEngine({ command: program, args, port, ready: 'Dynoxide listening on' }, options)
  }
  if (options.port !== undefined) return start(options.port)
  for (let tries = 1; ; tries++)
    try {
      return await start(await freePort())
    } catch (error) {
      if (tries === 5 || !String(error).includes('already in use')) throw error
    }
}

/** Spawns an engine and resolves once it has said that it is ready. It is killed when this process ends by itself. */
export async function startEngine(
  engine: { command: string; args: string[]; port: number; ready: string },
  options: EngineOptions,
): Promise<Engine> {
  const child = spawn(engine.command, engine.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.detached ?? false,
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  const said = await untilReady(child, engine.ready)
  let stopping = false
  child.once('close', () => stopping || options.onExit?.(said()))
  return {
    endpoint: `http://127.0.0.1:${engine.port}`,
    pid: child.pid,
    stop: () => {
      stopping = true
      return stopped(child)
    },
  }
}

/** Resolves to a reader of the last words of the process. */
function untilReady(child: ChildProcess, ready: string): Promise<() => string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000)
      if (said.includes(ready)) resolve(() => said.trim().slice(-500))
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('error', reject)
    // Not `exit`, which may come before the last that it said.
    child.once('close', (code) =>
      reject(new Error(`the DynamoDB engine stopped with ${code}: ${said.trim().slice(0, 500)}`)),
    )
  })
}

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
