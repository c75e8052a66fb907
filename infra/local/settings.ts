import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'

export type Env = Record<string, string | undefined>

export type Settings = { configFile: string; port: number; host: string; dataDir: string; env: Env }

/**
 * The settings of a local run: the environment, over a `.env` beside the config file where there is one. Throws an error
 * that names the variable where a value makes no sense.
 */
export function readSettings(environment: Env): Settings {
  const configFile = environment.PURSER_CONFIG || 'config.yaml'
  const beside = join(dirname(configFile), '.env')
  const env: Env = { ...(existsSync(beside) ? parseEnv(readFileSync(beside, 'utf8')) : {}), ...environment }
  const port = Number(env.PORT || 4000)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`PORT is '${env.PORT}', which is no port: use a number from 0 to 65535 (0: any free one).`)
  return { configFile, port, host: env.HOST || '127.0.0.1', dataDir: env.PURSER_DATA_DIR || '.purser', env }
}

/** A master key, and what to say of where it comes from. */
export type MasterKey = { value: string; from: string }

/** PURSER_MASTER_KEY, else the config's, else one that is made at the first start and kept in the data directory for its owner's eyes. */
export function masterKeyOf(configured: string | undefined, { env, dataDir }: Settings): MasterKey {
  if (env.PURSER_MASTER_KEY) return { value: env.PURSER_MASTER_KEY, from: 'from PURSER_MASTER_KEY' }
  if (configured) return { value: configured, from: 'from general_settings.master_key' }
  const file = join(dataDir, 'master-key')
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    writeFileSync(file, `sk-${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  }
  const value = readFileSync(file, 'utf8').trim()
  return { value, from: `${value}   (made for you, kept in ${file}; PURSER_MASTER_KEY overrides it)` }
}
