import { randomBytes } from 'node:crypto'
import { openLocal } from '../../infra/local/compose.ts'
import { secretValue } from '../config/secrets.ts'
import type { Config } from '../core/config.ts'
import type { Log } from '../core/ports.ts'
import type { Opened } from './opened.ts'
import type { Env } from './options.ts'

export type DataDirWorld = { config: Config; env: Env; log: Log; dataDir: string }

/** Everything that `npm start` runs, but for the port. Throws one line that says what to do where the folder cannot be had. */
export async function openDataDir({ config, env, log, dataDir }: DataDirWorld): Promise<Opened> {
  const configured = config.masterKey && (await secretValue(config.masterKey, async (name) => env[name]))
  // Nobody outside this process has to know it, so one that is made anew each time will do.
  const masterKey = env.PURSER_MASTER_KEY || configured || `sk-${randomBytes(32).toString('base64url')}`
  const account = await openLocal({ config, dataDir, env: { ...env }, masterKey, log })
  return { ...account, masterKey, open: false }
}
