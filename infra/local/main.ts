import { readFileSync } from 'node:fs'
import { loadConfig, printProblem } from '../../lib/config/load.ts'
import { secretValue } from '../../lib/config/secrets.ts'
import type { Config } from '../../lib/core/config.ts'
import type { Log } from '../../lib/core/ports.ts'
import { startLocal } from './compose.ts'
import { greeting } from './greeting.ts'
import { masterKeyOf, readSettings, type Settings } from './settings.ts'
import { terminalLine } from './terminal.ts'

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
})

async function main(): Promise<void> {
  const settings = readSettings(process.env)
  const config = configOf(settings)
  const configured = config.masterKey && (await secretValue(config.masterKey, async (name) => settings.env[name]))
  const masterKey = masterKeyOf(configured, settings)
  const { dataDir, port, host, env } = settings
  const server = await startLocal({ config, dataDir, port, host, env, masterKey: masterKey.value, log }).catch(
    (error: unknown) => {
      throw inWords(error, settings)
    },
  )
  console.log(greeting({ url: server.url, config, masterKey }))
  stopOnSignals(server.stop)
}

/** Every problem is printed, warnings too; any error ends it. */
function configOf({ configFile, env }: Settings): Config {
  const { config, problems } = loadConfig(textOf(configFile), { file: configFile, env })
  for (const problem of problems) console.error(printProblem(problem))
  if (config) return config
  throw new Error(`${configFile} has errors: nothing was started.`)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new Error(`The config file ${file} cannot be read. Set PURSER_CONFIG to its path, or start in its folder.`)
  }
}

function inWords(error: unknown, { port, host }: Settings): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return new Error(`Port ${port} is in use by another program. Set PORT to a free one.`)
  if (code === 'EADDRNOTAVAIL') return new Error(`HOST ${host} is no address of this machine.`)
  if (code === 'EACCES') return new Error(`This user may not listen on port ${port}. Set PORT to one above 1023.`)
  return error
}

/** The first signal lets running requests end; a second one does not wait. Nothing is lost either way. */
function stopOnSignals(stop: () => Promise<void>): void {
  let stopping = false
  const onSignal = () => {
    if (stopping) process.exit(1)
    stopping = true
    log('info', 'stopping: running requests may end; once more to stop at once')
    void stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log('error', 'the server did not stop cleanly', { reason: String(error) })
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
}

function log(...line: Parameters<Log>): void {
  const text = terminalLine(new Date(), ...line)
  if (text !== undefined) console.error(text)
}
