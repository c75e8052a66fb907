import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gatewayPorts } from '../aws/gateway-ports.ts'
import { fileNotes } from '../aws/notes.ts'
import { withEnvironment } from '../aws/secrets.ts'
import { secretValue } from '../config/secrets.ts'
import type { Config } from '../core/config.ts'
import type { Log, Secrets } from '../core/ports.ts'
import { gatewayFlow } from '../flows/gateway.ts'
import type { Opened } from './opened.ts'
import type { DeployedTable, Env } from './options.ts'

export type TableWorld = { config: Config; env: Env; log: Log; table: DeployedTable }

/**
 * The data plane on a deployed stack. What a killed process was at is not told by its successor, as it is on Lambda: its holds stay
 * counted until they expire, and then stand in the ledger under their names.
 */
export async function openTable({ config, env, log, table }: TableWorld): Promise<Opened> {
  const { name, bus, secret } = table
  const notesDir = mkdtempSync(join(tmpdir(), 'purser-notes-'))
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION
  const given = { ...env, ...(region && { AWS_REGION: region }), TABLE: name, BUS: bus, SECRET: secret ?? '-' }
  const stack = gatewayPorts({ env: given, config, publishBeforeEnd: true })
  const secrets = environmentFirst(given, config, secret === undefined ? undefined : stack.secrets)
  const configured = config.masterKey && (await secretValue(config.masterKey, (name) => secrets.get(name)))
  const masterKey = env.PURSER_MASTER_KEY || configured || `sk-${randomBytes(32).toString('base64url')}`
  const ports = { ...stack, secrets, log, notes: fileNotes(notesDir) }
  return {
    flow: gatewayFlow({ ...config, masterKey: { value: masterKey } }, ports),
    masterKey,
    open: false,
    settled: async () => undefined,
    stop: async () => rmSync(notesDir, { recursive: true, force: true }),
  }
}

/** This process's own keys win: they are what its operator has set nearest to it. */
function environmentFirst(env: Env, config: Config, stored: Secrets | undefined): Secrets {
  const own = withEnvironment(
    { AWS_REGION_NAME: { value: env.AWS_REGION ?? '' }, ...config.environment },
    { get: async (name) => env[name] },
  )
  return { get: async (name, fresh) => (await own.get(name)) ?? stored?.get(name, fresh) }
}
