import { existsSync, readFileSync } from 'node:fs'
import { loadConfig } from '../../lib/config/load.ts'
import type { Config } from '../../lib/core/config.ts'
import type { Options } from './admin-options.ts'
import { httpManagement, localManagement, type Management } from './admin-management.ts'
import { findStack, type Stack } from './admin-stack.ts'
import { type AdminStore, type Environment, openStore } from './admin-store.ts'

/** What a command asks for, opened when it does: a call to a URL needs no table. */
export type World = {
  env: Environment
  store: () => Promise<AdminStore>
  management: () => Promise<Management>
  /** What the deployed stack is made of; undefined where the command works on this machine. */
  stack: () => Promise<Stack | undefined>
  config: () => Config
  close: () => Promise<void>
}

/** Everything behind the commands, by what `--stack`, `--url` and the environment say. */
export function openWorld(options: Options, environment: Environment): World {
  const { stack: name } = options
  const stack = once(async () => (name === undefined ? undefined : findStack(name, environment)))
  const store = once(async () => {
    if (options.url !== undefined)
      throw new Error(
        'This command reads the table itself, which --url cannot do. Remedy: --stack NAME, or leave it out.',
      )
    const table = (await stack.get())?.table
    return openStore(table === undefined ? environment : { ...environment, PURSER_TABLE: table })
  })
  const config = () => configOf(environment)
  const management = async () => {
    if (options.url === undefined) return localManagement(await store.get(), config(), await stack.get())
    const key = options.key ?? environment.PURSER_MASTER_KEY
    if (!key) throw new Error('--url needs the master key. Remedy: --key KEY, or set PURSER_MASTER_KEY.')
    return httpManagement(options.url, key)
  }
  const close = async () => {
    if (store.asked()) await (await store.get().catch(() => undefined))?.close()
  }
  return { env: environment, store: store.get, stack: stack.get, management: once(management).get, config, close }
}

function once<T>(make: () => Promise<T>): { get: () => Promise<T>; asked: () => boolean } {
  let made: Promise<T> | undefined
  return { get: () => (made ??= make()), asked: () => made !== undefined }
}

/** Without a file: the ordinary settings. Where it matters (time zone, limits for new keys), name the file that was deployed. */
const ordinary = 'model_list: [{model_name: any, litellm_params: {model: openai/any}}]'

function configOf(env: Environment): Config {
  const file = env.PURSER_CONFIG ?? 'config.yaml'
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ordinary
  const { config, problems } = loadConfig(text, { file, env })
  if (!config) throw new Error(`${file} has ${problems.length} problems. Remedy: npm run config -- check ${file}`)
  return config
}
